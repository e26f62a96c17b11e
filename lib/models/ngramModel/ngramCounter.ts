import { tmpdir } from "node:os";
import { setImmediate } from "node:timers/promises";
import type { SentenceMarks, TokenStream } from "../../data/index.js";
import { FileError, InputError, isErrorCode, OstinatoError } from "../../errors.js";
import type { AddonNgrams } from "../../executor/addon.js";
import { loadAddon } from "../../executor/loadAddon.js";
import { ngramLayout } from "../../graph/ngramLayout.js";

/** Tokens that are handed over before the event loop has a turn, and numbers of a table that are copied. */
const atOnce = 2 ** 19;

/** Tokens of the smallest part of a text that is counted by itself. */
const leastPart = 2 ** 10;

/** Bytes of memory that the counting takes for each token: to sort it, and for an n-gram of each order that begins there. */
function countingBytes(order: number): number {
  return 44 + 32 * order;
}

/** Counts the n-grams of a text in C++, off the event loop, and makes tables of probabilities of them. */
export class NgramCounter {
  readonly #native: AddonNgrams;
  readonly #signal: AbortSignal | undefined;

  /** @param marks of sentences; null for one running text. */
  constructor(V: number, marks: SentenceMarks | null, signal: AbortSignal | undefined) {
    this.#native = named(() => new (loadAddon().Ngrams)(V, marks?.begin ?? -1, marks?.end ?? -1));
    this.#signal = signal;
  }

  /**
   * Adds a text to count. Where it does not fit into the memory, its parts are counted one after the other.
   * @param options.onProgress is called with the share of it that is done.
   */
  async add(
    stream: TokenStream,
    {
      order,
      memory = Number.POSITIVE_INFINITY,
      onProgress,
    }: { order: number; memory?: number | undefined; onProgress?: ((done: number) => void) | undefined },
  ): Promise<void> {
    const limit = Math.max(leastPart, Math.floor(memory / countingBytes(order)));
    let waiting = 0;
    let held = 0;
    await this.#read(stream, Math.min(atOnce, limit), async (ids, end) => {
      named(() => this.#native.add(ids));
      held += ids.length;
      if (held - waiting >= limit && end < stream.length) {
        waiting = await this.#run(() => this.#native.countPart(order, tmpdir()));
        held = waiting;
      }
      onProgress?.(end / stream.length);
    });
  }

  /** Adds a text that is not counted, for the weights of an interpolation. */
  async addHeldOut(stream: TokenStream): Promise<void> {
    await this.#read(stream, atOnce, async (ids) => named(() => this.#native.add(ids, true)));
  }

  async #read(
    stream: TokenStream,
    length: number,
    take: (ids: Int32Array, end: number) => Promise<void>,
  ): Promise<void> {
    for (let at = 0; at < stream.length; at += length) {
      this.#signal?.throwIfAborted();
      const end = Math.min(at + length, stream.length);
      await take(await stream.read(at, end), end);
      await setImmediate();
    }
  }

  /** Adds n-grams: `order` ids of each, natural logarithms of their probabilities and back-off weights. */
  addNgrams(
    order: number,
    { ids, probabilities, backoffs }: { ids: Int32Array; probabilities: Float32Array; backoffs: Float32Array },
  ): void {
    named(() => this.#native.addNgrams(order, ids, probabilities, backoffs));
  }

  /** The table of the n-grams that were added, and the number of each order: contexts and suffixes that were missing are added. */
  async pack(): Promise<{ table: Int32Array; counts: number[] }> {
    const counts = [...(await this.#run(() => this.#native.pack()))];
    return { table: await this.#table(ngramLayout(counts).size), counts };
  }

  /** Counts all orders up to this one. @returns the number of different n-grams of each. */
  async count(order: number): Promise<number[]> {
    return [...(await this.#run(() => this.#native.count(order)))];
  }

  /** Weights of the uniform distribution and of each order, by EM on the held-out text. */
  weights(): Promise<Float64Array> {
    return this.#run(() => this.#native.weights());
  }

  /** The table of a model, pruned if there is a threshold, and remarks about what could not be done as asked. */
  async estimate(
    smoothing: string,
    {
      numbers,
      weights,
      minimum,
      pruneEntropy,
    }: {
      numbers: Float64Array;
      weights: Float64Array;
      minimum: Float64Array;
      pruneEntropy?: number | undefined;
    },
  ): Promise<{ table: Int32Array; notes: string[] }> {
    const { size, notes } = await this.#run(() => this.#native.estimate(smoothing, numbers, weights, minimum));
    const left = pruneEntropy === undefined ? size : await this.#run(() => this.#native.prune(pruneEntropy));
    return { table: await this.#table(left), notes };
  }

  /** A table without the n-grams whose loss raises the perplexity by less than the threshold. */
  async prune(table: Int32Array, threshold: number): Promise<Int32Array> {
    for (let at = 0; at < table.length; at += atOnce) {
      this.#signal?.throwIfAborted();
      named(() => this.#native.append(table.subarray(at, at + atOnce)));
      await setImmediate();
    }
    return this.#table(await this.#run(() => this.#native.prune(threshold)));
  }

  /** A copy of the table, made in parts. */
  async #table(size: number): Promise<Int32Array> {
    const table = new Int32Array(size);
    for (let at = 0; at < size; at += atOnce) {
      if (at > 0) await setImmediate();
      this.#native.read(table.subarray(at, at + atOnce), at);
    }
    return table;
  }

  /** Work that ends early when the signal says so. */
  async #run<T>(work: () => Promise<T>): Promise<T> {
    this.#signal?.throwIfAborted();
    const stop = () => this.#native.stop();
    this.#signal?.addEventListener("abort", stop);
    try {
      return await work();
    } catch (error) {
      this.#signal?.throwIfAborted();
      throw own(error);
    } finally {
      this.#signal?.removeEventListener("abort", stop);
    }
  }
}

function named<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw own(error);
  }
}

/** An error of the addon under its own name. */
function own(error: unknown): unknown {
  if (error instanceof OstinatoError) return error;
  const { message, code } = error as Error & { code?: string };
  if (code === "ERR_OSTINATO_INPUT") return new InputError(`NgramModel: ${message}.`, error);
  if (code === "ERR_OSTINATO_FILE") {
    return new FileError(
      `NgramModel: ${message}. Free some space, set TMPDIR to another disk, or give more memory, so that the counts of parts need no file.`,
      error,
    );
  }
  return isErrorCode(code) ? new OstinatoError(`NgramModel: ${message}.`, { code, cause: error }) : error;
}
