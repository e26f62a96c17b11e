import { fileURLToPath } from "node:url";
import { wasmBytes, wasmMissing } from "../wasm.js";

type Browser = typeof import("../../lib/browser.js");

export const browserFile = fileURLToPath(new URL("../../dist/packed/browser.js", import.meta.url));

/** Why tests that compute are skipped; null where they run. */
export const missing = wasmMissing;

/** "ostinato/browser" as it is packed: `npm run build:ts`. */
export const browser: Browser = await import(browserFile);

/** An executor of that module, on one thread as in a page; null where there is no ostinato.wasm. */
export const executor = missing === null ? await browser.WasmExecutor.load(wasmBytes(), { threads: 1 }) : null;
