import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { WasmExecutor } from "../lib/executor/wasm/executor.js";

const file = fileURLToPath(new URL("../prebuilds/ostinato.wasm", import.meta.url));

/** Why tests of the WebAssembly executor are skipped; null where they run. */
export const wasmMissing: string | null = !process.env.OSTINATO_WASM
  ? "asked for with OSTINATO_WASM=1"
  : existsSync(file)
    ? null
    : "prebuilds/ostinato.wasm is not there: npm run build:wasm";

/** The bytes of prebuilds/ostinato.wasm. */
export function wasmBytes(): Uint8Array {
  return readFileSync(file);
}

const loaded = wasmMissing === null ? await WasmExecutor.load(wasmBytes(), { threads: 3 }) : null;

/** The WebAssembly executor of this test file, on three threads, in a list; an empty one where it is missing. */
export const wasmExecutors: readonly WasmExecutor[] = loaded ? [loaded] : [];
