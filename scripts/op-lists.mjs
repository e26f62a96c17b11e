// Writes the lists that follow from the files of ops: lib/graph/ops/index.ts, what users can record, and
// lib/executor/reference/kernels.ts. With --check it fails when one is out of date.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The files of a folder that are no list, without ".ts", in order. */
function namesIn(folder, others) {
  const names = readdirSync(`${root}${folder}`).map((file) => file.replace(/\.ts$/, ""));
  return names.filter((name) => !others.includes(name)).sort((a, b) => (a < b ? -1 : 1));
}

/** Names that a file exports besides types and the catalogue's entries, which are for executors. */
function functionsOf(file) {
  const text = readFileSync(`${root}lib/graph/ops/${file}.ts`, "utf8");
  const names = [...text.matchAll(/^export (?:function|const) (\w+)(?! = defineOperation)\b/gm)].map(
    ([, name]) => name,
  );
  return names.sort((a, b) => (a < b ? -1 : 1));
}

/** A list between braces, on one line where that has at most 120 columns. */
function braced(before, names, after) {
  const line = `${before}{ ${names.join(", ")} }${after}\n`;
  return line.length <= 121 ? line : `${before}{\n${names.map((name) => `  ${name},\n`).join("")}}${after}\n`;
}

const ops = namesIn("lib/graph/ops", ["index"])
  .filter((file) => functionsOf(file).length > 0)
  .map((file) => braced("export ", functionsOf(file), ` from "./${file}.js";`));
const kernels = namesIn("lib/executor/reference", ["executor", "kernel", "kernels", "lengths", "recurrent"]);

const lists = {
  "lib/graph/ops/index.ts": `// Made by scripts/op-lists.mjs from the files of this folder.
/** The op catalogue: what a Program may contain. Each function records one op in the graph of its operands. */
${ops.join("")}`,
  "lib/executor/reference/kernels.ts": `// Made by scripts/op-lists.mjs from the files of this folder.
${kernels
  .concat("kernel")
  .sort((a, b) => (a < b ? -1 : 1))
  .map((name) =>
    name === "kernel" ? 'import type { Kernel } from "./kernel.js";\n' : `import * as ${name} from "./${name}.js";\n`,
  )
  .join("")}
/** The kernel of every op, by name. Whatever else those files export is no op of the catalogue. */
export const kernels = {
${kernels.map((name) => `  ...${name},\n`).join("")}} as unknown as Readonly<Record<string, Kernel>>;
`,
};
for (const [file, text] of Object.entries(lists)) {
  if (!process.argv.includes("--check")) writeFileSync(`${root}${file}`, text);
  else if (readFileSync(`${root}${file}`, "utf8") !== text) {
    process.stderr.write(`${file} is out of date: run npm run ops\n`);
    process.exitCode = 1;
  }
}
