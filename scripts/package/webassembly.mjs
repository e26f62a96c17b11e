// In a folder in which the package is installed: the page's example, examples/browser, with the module of WebAssembly that came along.
import { readFile } from "node:fs/promises";
import { characterModel } from "./node_modules/ostinato/examples/browser/characters.mjs";

const text = "the quick brown fox jumps over the lazy dog and packs my box with five dozen liquor jugs\n".repeat(20);
const module = await readFile("node_modules/ostinato/prebuilds/ostinato.wasm");
const { losses, write } = await characterModel(module, text, { steps: 60 });
const written = await write("the quick ", 10);
if (!(losses.at(-1) < losses[0] / 2)) throw new Error(`losses: ${losses.join(" ")}`);
if (written !== "the quick brown fox ") throw new Error(`wrote "${written}", expected "the quick brown fox "`);
