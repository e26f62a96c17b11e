import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { OstinatoError } from "../errors.js";
import type { WasmExecutorOptions } from "./wasm/executor.js";
import { WasmExecutor } from "./wasm/executor.js";

/**
 * An executor on the module of this package.
 * @throws OstinatoError ERR_OSTINATO_ADDON if there is none, or the engine cannot run it.
 */
export function loadWasm(options: WasmExecutorOptions = {}): WasmExecutor {
  const file = join(dirname(fileURLToPath(import.meta.url)), "../../prebuilds/ostinato.wasm");
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw new OstinatoError(
      `There is no ${file}: the published package has it, and "npm run build:wasm" makes it in a checkout (needs CMake, ` +
        "the headers of Google Highway, and zig, which it fetches).",
      { code: "ERR_OSTINATO_ADDON", cause },
    );
  }
  return WasmExecutor.loadNow(bytes, options);
}
