// Writes docs/cli.md from the --help of every command; with --check it fails when the page is out of date.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

function helpOf(command) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [`${root}dist/cli/main.js`, ...command, "--help"], {
    encoding: "utf8",
    env: { ...process.env, COLUMNS: "110", NO_COLOR: "1" },
  });
  // A program that cannot start has no help, and the page would lose all of it.
  if (status !== 0) throw new Error(`ostinato ${command.join(" ")} --help failed: ${stderr}`);
  return stdout.trimEnd();
}

/** A command and those below it, as its own help lists them. */
function withCommands(command) {
  const [, list = ""] = helpOf(command).split("\nCommands:\n");
  const names = [...list.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => name).filter((name) => name !== "help");
  return [command, ...names.flatMap((name) => withCommands([...command, name]))];
}

const section = (command) => `${["## ostinato", ...command].join(" ")}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\`\n`;
const exits =
  "Exit codes: 0 done, 1 the work failed, 2 the command line is wrong, 130 and 143 stopped by Ctrl-C and SIGTERM.\n";
const sections = withCommands([]).map(section).join("\n");
const page = `# The command line\n\nMade by \`node scripts/cli-docs.mjs\` from the program itself.\n\n${exits}\n${sections}`;
const file = `${root}docs/cli.md`;
if (!process.argv.includes("--check")) writeFileSync(file, page);
else if (readFileSync(file, "utf8") !== page) {
  process.stderr.write("docs/cli.md is out of date: run node scripts/cli-docs.mjs\n");
  process.exit(1);
}
