// Writes docs/errors.md from the table of lib/errors.ts; with --check it fails when the page is out of date.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { errorCodes } from "../dist/errors.js";

const rows = Object.entries(errorCodes).map(
  ([code, { error, raised, remedy }]) => `| \`${code}\` | ${error} | ${raised} | ${remedy} |`,
);
const page = `# Errors

Made by \`node scripts/error-docs.mjs\` from \`lib/errors.ts\`.

Every error that Ostinato raises on purpose is an \`OstinatoError\` with a \`code\` that stays the same from release to release. Messages are
for people and may change: they say what was expected, what came, where, and what to do.

| code | class | raised when | the way out |
|---|---|---|---|
${rows.join("\n")}

A cancelled call rejects with the reason of its \`AbortSignal\`, which is no \`OstinatoError\`. The command line ends with 0 when the work is done,
1 when it failed, 2 when the command line is wrong (\`ERR_OSTINATO_OPTION\`), and 130 or 143 when it was stopped by Ctrl-C or SIGTERM.
`;
const file = fileURLToPath(new URL("../docs/errors.md", import.meta.url));
if (!process.argv.includes("--check")) writeFileSync(file, page);
else if (readFileSync(file, "utf8") !== page) {
  process.stderr.write("docs/errors.md is out of date: run node scripts/error-docs.mjs\n");
  process.exit(1);
}
