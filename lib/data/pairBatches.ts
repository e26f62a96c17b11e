import { InputError } from "../errors.js";
import type { OptionsOf } from "../options.js";
import { checkOption, completeOptions, list, nullable, seed, table, value, whole } from "../options.js";
import { randomSource } from "../random/source.js";
import { shapeBatches } from "./order.js";

/** A pair as tokens, without marks. */
export interface TokenPair {
  readonly source: Int32Array;
  readonly target: Int32Array;
}

/** Options of PairBatches. @interface */
export type PairBatchOptions = OptionsOf<typeof rules>;

/** Pairs, padded to the same lengths. */
export interface PairBatch {
  readonly S: number;
  readonly T: number;
  readonly B: number;
  /** [S,B]; 0 as padding. */
  readonly source: Int32Array;
  /** [B] */
  readonly sourceLengths: Int32Array;
  /** [B], the ends included. */
  readonly targetLengths: Int32Array;
  /** [T,B] begin, w1 ... wn; 0 as padding. */
  readonly inputs: Int32Array;
  /** [T,B] w1 ... wn, end; -1 as padding. */
  readonly targets: Int32Array;
  /** Targets that are not -1. */
  readonly tokens: number;
  /** Number of this batch in the epoch, from 0. */
  readonly index: number;
}

const rules = table("PairBatches", {
  /** B: pairs in a batch; the last batch may have fewer. */
  batchSize: whole({ minimum: 1 }),
  /** The token that is read before a target's first one. */
  begin: whole(),
  /** The token that ends a target. */
  end: whole(),
  /**
   * Pairs whose lengths, rounded up to multiples of this, agree share a batch: few shapes, little padding. None is padded beyond the
   * longest. Default 4.
   */
  multiple: whole({ minimum: 1, initial: 4 }),
  /** Seed for the order of the pairs of similar lengths and of the batches, new in each epoch; null for no shuffling. Default 1. */
  seed: nullable(seed()),
});

const tokenPair = value<TokenPair>("a pair { source, target } of Int32Arrays", (pair) => {
  const { source, target } = (pair ?? {}) as Partial<TokenPair>;
  return source instanceof Int32Array && target instanceof Int32Array;
});

/** Pairs of token sequences as padded batches, those of similar lengths together. */
export class PairBatches {
  /** Batches in one epoch. */
  readonly length: number;
  /** Tokens that one epoch predicts, the ends included. */
  readonly tokens: number;
  readonly #pairs: readonly TokenPair[];
  readonly #options: Required<PairBatchOptions>;
  /** Tokens of the longest source, and of the longest target with its end. */
  readonly #longest: { readonly source: number; readonly target: number };

  /** @throws InputError if there are no pairs, or a source is empty. */
  constructor(pairs: readonly TokenPair[], options: PairBatchOptions) {
    const complete = completeOptions("PairBatches", options, rules);
    checkOption("PairBatches", "pairs", pairs, list(tokenPair));
    if (pairs.length === 0) throw new InputError("PairBatches: there are no pairs.");
    const empty = pairs.findIndex(({ source }) => source.length === 0);
    if (empty >= 0) throw new InputError(`PairBatches: the source of pair ${empty} has no tokens.`);
    this.#pairs = pairs;
    this.#options = complete;
    this.#longest = longestOf(pairs);
    this.length = Math.ceil(pairs.length / complete.batchSize);
    this.tokens = pairs.reduce((sum, { target }) => sum + target.length + 1, 0);
  }

  /** The batches of an epoch, from batch `from` on. The same seed and epoch give the same batches. */
  *batches(epoch: number, from = 0): Generator<PairBatch, void, undefined> {
    checkOption("PairBatches", "from", from, whole({ maximum: this.length }));
    const { batchSize, seed } = this.#options;
    const pairOf = (i: number) => this.#pairs[i] as TokenPair;
    const random = seed === null ? null : randomSource(seed, `pairs of epoch ${epoch}`);
    const shapeKey = (i: number) => this.#shapeKey(pairOf(i));
    for (const { items, index } of shapeBatches(this.#pairs.length, { batchSize, shapeKey, random, from })) {
      yield this.#batch(Array.from(items, pairOf), index);
    }
  }

  /** The sizes to which sources, and targets with their ends, of some lengths are padded. */
  #padded({ source, target }: { source: number; target: number }): { S: number; T: number } {
    const { multiple } = this.#options;
    const padded = (length: number, longest: number) => Math.min(Math.ceil(length / multiple) * multiple, longest);
    return { S: padded(source, this.#longest.source), T: padded(target, this.#longest.target) };
  }

  #shapeKey(pair: TokenPair): number {
    const { S, T } = this.#padded(longestOf([pair]));
    return S * 2 ** 20 + T;
  }

  #batch(pairs: readonly TokenPair[], index: number): PairBatch {
    const { begin, end } = this.#options;
    const B = pairs.length;
    const { S, T } = this.#padded(longestOf(pairs));
    const source = new Int32Array(S * B);
    const inputs = new Int32Array(T * B);
    const targets = new Int32Array(T * B).fill(-1);
    for (const [b, pair] of pairs.entries()) {
      for (const [s, token] of pair.source.entries()) source[s * B + b] = token;
      inputs[b] = begin;
      for (const [t, token] of pair.target.entries()) {
        targets[t * B + b] = token;
        inputs[(t + 1) * B + b] = token;
      }
      targets[pair.target.length * B + b] = end;
    }
    const tokens = pairs.reduce((sum, { target }) => sum + target.length + 1, 0);
    return {
      S,
      T,
      B,
      source,
      sourceLengths: Int32Array.from(pairs, (pair) => pair.source.length),
      targetLengths: Int32Array.from(pairs, (pair) => pair.target.length + 1),
      inputs,
      targets,
      tokens,
      index,
    };
  }
}

function longestOf(pairs: readonly TokenPair[]): { source: number; target: number } {
  return {
    source: pairs.reduce((longest, { source }) => Math.max(longest, source.length), 0),
    target: pairs.reduce((longest, { target }) => Math.max(longest, target.length + 1), 0),
  };
}
