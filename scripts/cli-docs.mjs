// Writes docs/cli.md from the --help of every command; with --check it fails when the page is out of date.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

process.env.COLUMNS = "110";
process.env.NO_COLOR = "1";
const root = fileURLToPath(new URL("..", import.meta.url));
// In this order, as dist/packed/main.js has them.
const kinds = await import("../dist/cli/kinds/index.js");
const { programOf } = await import("../dist/cli/program.js");

/** The text that --help prints. */
function helpOf(command) {
  let text = "";
  const writeOut = (part) => {
    text += part;
  };
  command.configureOutput({ writeOut }).outputHelp();
  return text.trimEnd();
}

/** A command under its name, then those below it, as its own help lists them. */
function sectionsOf(command, names) {
  const section = `${["## ostinato", ...names].join(" ")}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\`\n`;
  return [section, ...command.commands.flatMap((below) => sectionsOf(below, [...names, below.name()]))];
}

const exits =
  "Exit codes: 0 done, 1 the work failed, 2 the command line is wrong, 130 and 143 stopped by Ctrl-C and SIGTERM.\n";
const sections = sectionsOf(
  programOf(Object.values(kinds), () => {}),
  [],
).join("\n");
const page = `# The command line\n\nMade by \`node scripts/cli-docs.mjs\` from the program itself.\n\n${exits}\n${sections}`;
const file = `${root}docs/cli.md`;
if (!process.argv.includes("--check")) writeFileSync(file, page);
else if (readFileSync(file, "utf8") !== page) {
  process.stderr.write("docs/cli.md is out of date: run node scripts/cli-docs.mjs\n");
  process.exit(1);
}
