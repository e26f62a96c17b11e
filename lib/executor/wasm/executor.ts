import { OptionError } from "../../errors.js";
import type { OptionsOf } from "../../options.js";
import { completeOptions, option, optional, table, whole } from "../../options.js";
import { AddonExecutor } from "../addonExecutor.js";
import { wasmAddon } from "./addon.js";
import { WasmModule } from "./module.js";
import { noThreads } from "./threads.js";

/** The options of an executor in WebAssembly. */
export const wasmExecutorRules = table("WasmExecutor", {
  /**
   * Threads to compute with, the caller's included; the others are Workers, which share its memory. Default: OSTINATO_NUM_THREADS, else all
   * cores; one in a page that may not share memory (docs/webassembly.md says which headers allow it).
   */
  threads: option(optional(whole({ minimum: 1, maximum: 256 })), { onResume: "changes" }),
});

/** Options of `WasmExecutor.load`. @interface */
export type WasmExecutorOptions = OptionsOf<typeof wasmExecutorRules>;

/**
 * Runs programs in the C++ runtime compiled to WebAssembly, on the caller's thread and on Workers that help it. A run holds the event loop
 * until it is done; between runs the loop has a turn every 15 ms. Whoever wants a page to answer during long steps loads the executor in a
 * Worker. The helpers end when the executor is collected; they keep no process alive.
 */
export class WasmExecutor extends AddonExecutor {
  readonly #module: WasmModule;

  private constructor(module: WasmModule) {
    super("wasm", wasmAddon(module));
    this.#module = module;
  }

  /** The threads that compute, the caller's included; with `loadNow`, those that were begun. */
  get threads(): number {
    return this.#module.threads;
  }

  /** Whether an error has ended it for good. @internal */
  get stopped(): boolean {
    return this.#module.stopped;
  }

  /**
   * An executor with a memory of its own, at most 4 GB.
   * @param bytes of ostinato.wasm, which is in the package.
   * @throws OstinatoError ERR_OSTINATO_ADDON if the engine cannot run it, or the bytes are something else.
   * @throws OptionError for more threads than one where threads cannot share memory.
   */
  static async load(bytes: Uint8Array | ArrayBuffer, options: WasmExecutorOptions = {}): Promise<WasmExecutor> {
    const threads = threadsOf(options);
    return new WasmExecutor(
      await WasmModule.load(bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes), threads),
    );
  }

  /** The same at once, which takes some 100 ms and which browsers refuse outside of a Worker. The other threads join it when they have started. */
  static loadNow(bytes: Uint8Array, options: WasmExecutorOptions = {}): WasmExecutor {
    return new WasmExecutor(WasmModule.loadNow(bytes, threadsOf(options)));
  }
}

/** The threads that options ask for; undefined if they leave it open. */
function threadsOf(options: WasmExecutorOptions): number | undefined {
  const { threads } = completeOptions("WasmExecutor", options, wasmExecutorRules);
  const obstacle = threads !== undefined && threads > 1 ? noThreads() : undefined;
  if (obstacle)
    throw new OptionError(`WasmExecutor: there is one thread, not ${threads}. ${obstacle}, or leave threads out.`);
  return threads;
}
