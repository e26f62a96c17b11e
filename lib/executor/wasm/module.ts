import { OstinatoError } from "../../errors.js";
import type { Instance } from "./engine.js";
import { wasmEngine } from "./engine.js";

/** The exports of native/wasm. Numbers are int32; handles and addresses are to be read as uint32 where they become offsets. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  _initialize(): void;
  allocate(bytes: number): number;
  release(address: number): void;
  failure(): number;
  replyAddress(): number;
  replyLength(): number;
  operations(): number;
  storeCreate(): number;
  storeRelease(store: number): void;
  storeDeclare(store: number, dtype: number, elements: number): number;
  storeAddress(store: number, index: number, writes: number): number;
  storeCompact(store: number, index: number, rows: number, type: number): number;
  programCreate(store: number, words: number, count: number, keepsTimes: number): number;
  programRelease(program: number): void;
  programBind(program: number, repeatedly: number): number;
  programFeed(program: number, feed: number, elements: number): number;
  programRun(program: number, check: number): number;
  programReplay(
    program: number,
    steps: number,
    links: number,
    linkCount: number,
    counters: number,
    counterCount: number,
    collected: number,
    collectedCount: number,
  ): number;
  programOutput(program: number, output: number): number;
  programOutputElements(program: number, output: number): number;
  programOutputIsInteger(program: number, output: number): number;
  programOutputCount(program: number): number;
  programCollected(program: number, i: number): number;
  programTimes(program: number): void;
  searchCreate(program: number, words: number, count: number): number;
  searchRelease(search: number): void;
  searchInput(search: number, feed: number): number;
  searchAdvance(search: number, steps: number, best: number): number;
  searchResult(search: number): number;
}

/** Imports of a module. */
const imports = { host: { now: () => performance.now() } };

function noModule(bytes: Uint8Array, cause: unknown): OstinatoError {
  return new OstinatoError(
    `The ${bytes.length} bytes are no module of this version of ostinato: expected those of ostinato.wasm, which is in the package. ` +
      (cause as Error).message,
    { code: "ERR_OSTINATO_ADDON", cause },
  );
}

type Numbers = Float32Array | Float64Array | Int32Array;

/** An instance of the module that native/wasm is compiled to: its functions, and copies into and out of its memory. */
export class WasmModule {
  readonly #exports: Exports;
  readonly #released = new FinalizationRegistry<() => void>((release) => release());
  /** The trap that ended the instance: its memory may be half written. */
  #trap: unknown;

  private constructor(exports: Exports) {
    this.#exports = exports;
  }

  /**
   * @throws OstinatoError ERR_OSTINATO_ADDON if the engine cannot run it, or the bytes are no such module.
   */
  static async load(bytes: Uint8Array): Promise<WasmModule> {
    const engine = wasmEngine();
    try {
      return WasmModule.#of((await engine.instantiate(bytes, imports)).instance);
    } catch (cause) {
      throw noModule(bytes, cause);
    }
  }

  /** The same at once, for where that is allowed. */
  static loadNow(bytes: Uint8Array): WasmModule {
    const engine = wasmEngine();
    try {
      return WasmModule.#of(new engine.Instance(new engine.Module(bytes), imports));
    } catch (cause) {
      throw noModule(bytes, cause);
    }
  }

  static #of(instance: Instance): WasmModule {
    const exports = instance.exports as Exports;
    exports._initialize();
    return new WasmModule(exports);
  }

  /**
   * Calls a function of the module.
   * @param failed what it returns after a failure, which is then thrown with its `code`.
   */
  call<R>(work: (exports: Exports) => R, failed?: R): R {
    if (this.#trap) throw this.#broken();
    let result: R;
    try {
      result = work(this.#exports);
    } catch (error) {
      this.#trap = error;
      throw this.#broken();
    }
    if (failed !== undefined && result === failed) throw this.#failure();
    return result;
  }

  /** Releases what a handle stands for when `owner` is collected. `owner` must not be reachable from `release`. */
  releaseWith(owner: object, release: (exports: Exports) => void): void {
    this.#released.register(owner, () => {
      if (!this.#trap) release(this.#exports);
    });
  }

  /** Calls with the address of a copy of these numbers, which is released afterwards. */
  withCopy<R>(numbers: Numbers, work: (address: number) => R): R {
    const address = this.call(({ allocate }) => allocate(Math.max(1, numbers.byteLength))) >>> 0;
    if (address === 0) throw coded("ERR_OSTINATO_MEMORY", `not enough memory for ${numbers.byteLength} bytes`);
    try {
      this.copyIn(numbers, address);
      return work(address);
    } finally {
      if (!this.#trap) this.#exports.release(address);
    }
  }

  copyIn(numbers: Numbers, address: number): void {
    const Kind = numbers.constructor as Float32ArrayConstructor;
    new Kind(this.#exports.memory.buffer, address >>> 0, numbers.length).set(numbers as Float32Array);
  }

  copyOut(numbers: Numbers, address: number): void {
    const Kind = numbers.constructor as Float32ArrayConstructor;
    (numbers as Float32Array).set(new Kind(this.#exports.memory.buffer, address >>> 0, numbers.length));
  }

  /** A copy of the numbers that the last call left. */
  reply(): Float64Array {
    const numbers = new Float64Array(this.#exports.replyLength());
    if (numbers.length > 0) this.copyOut(numbers, this.#exports.replyAddress());
    return numbers;
  }

  /** The text at an address, up to its 0. */
  text(address: number): string {
    const bytes = new Uint8Array(this.#exports.memory.buffer, address >>> 0);
    return new TextDecoder().decode(bytes.slice(0, bytes.indexOf(0)));
  }

  #failure(): Error {
    const [code = 0, text = 0, op = -1] = new Int32Array(this.#exports.memory.buffer, this.#exports.failure() >>> 0, 3);
    return coded(this.text(code), this.text(text), op);
  }

  #broken(): Error {
    const { message } = this.#trap as Error;
    return coded("ERR_OSTINATO_ADDON", `The WebAssembly module has stopped for good (${message}): load it again.`);
  }
}

function coded(code: string, message: string, op = -1): Error {
  return Object.assign(new Error(message), { code }, op >= 0 ? { op } : {});
}
