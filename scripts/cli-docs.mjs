// Writes docs/cli.md from the --help of every command; with --check it fails when the page is out of date.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const commands = [[], ["train", "lm"], ["generate"], ["evaluate"], ["inspect"], ["info"], ["demo"]];

function help(command) {
  const { stdout } = spawnSync(process.execPath, [`${root}dist/cli/main.js`, ...command, "--help"], {
    encoding: "utf8",
    env: { ...process.env, COLUMNS: "110", NO_COLOR: "1" },
  });
  const title = ["## ostinato", ...command].join(" ");
  return `${title}\n\n\`\`\`text\n${stdout.trimEnd()}\n\`\`\`\n`;
}

const exits =
  "Exit codes: 0 done, 1 the work failed, 2 the command line is wrong, 130 and 143 stopped by Ctrl-C and SIGTERM.\n";
const page = `# The command line\n\nMade by \`node scripts/cli-docs.mjs\` from the program itself.\n\n${exits}\n${commands.map(help).join("\n")}`;
const file = `${root}docs/cli.md`;
if (!process.argv.includes("--check")) writeFileSync(file, page);
else if (readFileSync(file, "utf8") !== page) {
  process.stderr.write("docs/cli.md is out of date: run node scripts/cli-docs.mjs\n");
  process.exit(1);
}
