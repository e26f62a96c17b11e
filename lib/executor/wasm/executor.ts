import { AddonExecutor } from "../addonExecutor.js";
import { wasmAddon } from "./addon.js";
import { WasmModule } from "./module.js";

/**
 * Runs programs in the C++ runtime compiled to WebAssembly, on one thread: the caller's. A run holds the event loop until it is done;
 * between runs the loop has a turn every 15 ms. Whoever wants a page to answer during long steps loads the executor in a Worker.
 */
export class WasmExecutor extends AddonExecutor {
  private constructor(module: WasmModule) {
    super("wasm", wasmAddon(module));
  }

  /**
   * An executor with a memory of its own, at most 4 GB.
   * @param bytes of ostinato.wasm, which is in the package.
   * @throws OstinatoError ERR_OSTINATO_ADDON if the engine cannot run it, or the bytes are something else.
   */
  static async load(bytes: Uint8Array | ArrayBuffer): Promise<WasmExecutor> {
    return new WasmExecutor(await WasmModule.load(bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes)));
  }

  /** The same at once, which takes some 100 ms and which browsers refuse outside of a Worker. */
  static loadNow(bytes: Uint8Array): WasmExecutor {
    return new WasmExecutor(WasmModule.loadNow(bytes));
  }
}
