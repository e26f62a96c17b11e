import { OstinatoError } from "../../errors.js";
import type { Instance, Memory } from "./engine.js";
import { wasmEngine } from "./engine.js";
import { memoryFor } from "./memory.js";
import type { ModuleThread } from "./threads.js";
import { defaultThreads, startThread } from "./threads.js";

/** The exports of native/wasm. Numbers are int32; handles and addresses are to be read as uint32 where they become offsets. */
interface Exports {
  readonly __tls_size: { readonly value: number };
  _initialize(): void;
  threadsSet(threads: number): void;
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

/** Bytes of the stack of a thread, as the module's own has (CMakeLists.txt). */
const stackBytes = 1 << 20;

/** Ends the threads of modules that nobody has any more. */
const collected = new FinalizationRegistry<readonly ModuleThread[]>((threads) => {
  for (const thread of threads) thread.end();
});

interface Loaded {
  readonly module: object;
  readonly instance: Instance;
}

function importsOf(memory: Memory): object {
  return { env: { memory }, host: { now: () => performance.now() } };
}

/** An engine and a memory for the module of these bytes, and the bytes for that memory. Without a wish one thread is enough. */
function prepare(bytes: Uint8Array, wish?: number) {
  const engine = wasmEngine();
  const threads = wish ?? defaultThreads();
  try {
    return { engine, threads, ...memoryFor(engine, bytes, { shared: threads > 1 }) };
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw noModule(bytes, cause);
    if (wish === undefined && threads > 1) return prepare(bytes, 1);
    throw coded(
      "ERR_OSTINATO_MEMORY",
      `there is no room for a memory of ${threads > 1 ? "several threads" : "a module"}`,
    );
  }
}

function noWorkers(cause: unknown): OstinatoError {
  return new OstinatoError(`The module's threads did not start: ${(cause as Error).message}.`, {
    code: "ERR_OSTINATO_ADDON",
    cause,
  });
}

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
  readonly #memory: Memory;
  readonly #released = new FinalizationRegistry<() => void>((release) => release());
  readonly #threads: ModuleThread[] = [];
  /** The trap that ended the instance: its memory may be half written. */
  #trap: unknown;

  private constructor(instance: Instance, memory: Memory) {
    this.#exports = instance.exports as Exports;
    this.#memory = memory;
    this.#exports._initialize();
  }

  /**
   * @param threads that compute, the caller's included. Default: as many as there may be.
   * @throws OstinatoError ERR_OSTINATO_ADDON if the engine cannot run it or that many threads, or the bytes are no such module.
   */
  static async load(bytes: Uint8Array, threads?: number): Promise<WasmModule> {
    const prepared = prepare(bytes, threads);
    let loaded: Loaded;
    try {
      loaded = await prepared.engine.instantiate(prepared.bytes, importsOf(prepared.memory));
    } catch (cause) {
      throw noModule(bytes, cause);
    }
    const own = new WasmModule(loaded.instance, prepared.memory);
    try {
      own.#startThreads(loaded.module, prepared.threads);
      await Promise.all(own.#threads.map(({ ready }) => ready));
    } catch (cause) {
      own.#endThreads();
      if (threads !== undefined) throw noWorkers(cause);
    }
    return own;
  }

  /** The same at once, for where that is allowed. Its threads join when they have started. */
  static loadNow(bytes: Uint8Array, threads?: number): WasmModule {
    const prepared = prepare(bytes, threads);
    let loaded: Loaded;
    try {
      const module = new prepared.engine.Module(prepared.bytes);
      loaded = { module, instance: new prepared.engine.Instance(module, importsOf(prepared.memory)) };
    } catch (cause) {
      throw noModule(bytes, cause);
    }
    const own = new WasmModule(loaded.instance, prepared.memory);
    try {
      own.#startThreads(loaded.module, prepared.threads);
    } catch (cause) {
      own.#endThreads();
      if (threads !== undefined) throw noWorkers(cause);
    }
    // One that does not start is one less: those that are there do the work.
    for (const { ready } of own.#threads) ready.catch(() => {});
    return own;
  }

  /** Whether a trap has ended it. */
  get stopped(): boolean {
    return this.#trap !== undefined;
  }

  /** The threads that compute, the caller's included. */
  get threads(): number {
    return this.#threads.length + 1;
  }

  #startThreads(module: object, threads: number): void {
    if (threads === 1) return;
    const variables = this.#exports.__tls_size.value;
    for (let index = 0; index + 1 < threads; index++) {
      const place = this.#allocate(stackBytes + variables);
      // The stack grows down from where the variables begin.
      const stack = place + stackBytes;
      this.#threads.push(startThread({ module, memory: this.#memory, stack, variables: stack, index }));
    }
    collected.register(this, this.#threads);
    this.call(({ threadsSet }) => threadsSet(threads));
  }

  #endThreads(): void {
    const threads = this.#threads.splice(0);
    for (const thread of threads) {
      // One that has not begun fails by this, and nobody waits for it.
      thread.ready.catch(() => {});
      thread.end();
    }
    if (threads.length > 0 && !this.#trap) this.#exports.threadsSet(1);
  }

  /** The address of new memory. */
  #allocate(bytes: number): number {
    const address = this.call(({ allocate }) => allocate(bytes)) >>> 0;
    if (address === 0) throw coded("ERR_OSTINATO_MEMORY", `not enough memory for ${bytes} bytes`);
    return address;
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
      this.#endThreads();
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
    const address = this.#allocate(Math.max(1, numbers.byteLength));
    try {
      this.copyIn(numbers, address);
      return work(address);
    } finally {
      if (!this.#trap) this.#exports.release(address);
    }
  }

  copyIn(numbers: Numbers, address: number): void {
    const Kind = numbers.constructor as Float32ArrayConstructor;
    new Kind(this.#memory.buffer, address >>> 0, numbers.length).set(numbers as Float32Array);
  }

  copyOut(numbers: Numbers, address: number): void {
    const Kind = numbers.constructor as Float32ArrayConstructor;
    (numbers as Float32Array).set(new Kind(this.#memory.buffer, address >>> 0, numbers.length));
  }

  /** A copy of the numbers that the last call left. */
  reply(): Float64Array {
    const numbers = new Float64Array(this.#exports.replyLength());
    if (numbers.length > 0) this.copyOut(numbers, this.#exports.replyAddress());
    return numbers;
  }

  /** The text at an address, up to its 0. */
  text(address: number): string {
    const bytes = new Uint8Array(this.#memory.buffer, address >>> 0);
    return new TextDecoder().decode(bytes.slice(0, bytes.indexOf(0)));
  }

  #failure(): Error {
    const [code = 0, text = 0, op = -1] = new Int32Array(this.#memory.buffer, this.#exports.failure() >>> 0, 3);
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
