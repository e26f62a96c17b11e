// Trains the character LSTM of examples/browser in each runtime that is here: this Node, and Deno and Bun where they are on the PATH, or
// at $DENO and $BUN. Needs npm run build:ts and npm run build:wasm. Prints a line for each, and ends with 1 where one fails.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./setup.mjs";

const url = (file) => pathToFileURL(join(root, file)).href;
const folder = mkdtempSync(join(tmpdir(), "ostinato-runtimes-"));
const script = join(folder, "train.mjs");
writeFileSync(
  script,
  `import { readFile } from "node:fs/promises";
import { characterModel } from "${url("examples/browser/characters.mjs")}";
const text = "the quick brown fox jumps over the lazy dog and packs my box with five dozen liquor jugs\\n".repeat(20);
const wasm = await readFile(new URL("${url("prebuilds/ostinato.wasm")}"));
const { losses, charactersPerSecond, write } = await characterModel(wasm, text, { steps: 60 });
const written = await write("the quick ", 10);
if (!(losses.at(-1) < losses[0] / 2) || written !== "the quick brown fox ") throw new Error(losses + " " + written);
console.log(Math.round(charactersPerSecond) + " characters/s");
`,
);
const imports = join(folder, "imports.json");
writeFileSync(imports, JSON.stringify({ imports: { "ostinato/wasm": url("dist/wasm.js") } }));

const runtimes = [
  ["node", process.execPath, [script]],
  ["deno", process.env.DENO ?? "deno", ["run", "--allow-read", `--import-map=${imports}`, script]],
  ["bun", process.env.BUN ?? "bun", [script]],
];

let failed = false;
for (const [name, command, args] of runtimes) {
  const { status, error, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: "utf8" });
  const isAbsent = error?.code === "ENOENT";
  failed ||= status !== 0 && !isAbsent;
  process.stdout.write(
    `${name}: ${isAbsent ? "not here" : status === 0 ? stdout.trim() : `failed\n${stderr ?? error}`}\n`,
  );
}
rmSync(folder, { recursive: true });
process.exit(failed ? 1 : 0);
