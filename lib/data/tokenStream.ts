import { OptionError } from "../errors.js";
import type { OptionsOf, Rule } from "../options.js";
import { checkOption, completeOptions, double, table, value, whole } from "../options.js";
import type { Tokenizer } from "./tokenizer.js";

/** A long sequence of token ids that can be read anywhere: in memory or on disk. */
export interface TokenStream {
  /** Number of tokens. */
  readonly length: number;
  /** Unicode characters of the (normalised) text that the tokens stand for; 0 if nobody knows. For bits per character. */
  readonly characters: number;
  /** The tokenizer that made the tokens, where that is known: a model refuses tokens of another vocabulary than its own. */
  readonly tokenizer?: Tokenizer;
  /** Numbers, from 1, of the lines of a text that the stream consists of, where it leaves others out: for messages. */
  readonly lines?: ArrayLike<number>;
  /** Tokens start..end-1. Not to be written to. */
  read(start: number, end: number): Int32Array | Promise<Int32Array>;
  /** Frees what the stream holds. Slices of a stream share it. */
  close(): Promise<void>;
}

/** A stream of tokens, as an argument. */
export const tokenStream: Rule<TokenStream> = value(
  "a stream of tokens: of corpus.tokenize() or memoryStream()",
  (stream) => {
    const { length, read } = (stream ?? {}) as Partial<TokenStream>;
    return Number.isSafeInteger(length) && typeof read === "function";
  },
);

const idsRule = value<Int32Array>("an Int32Array", (ids) => ids instanceof Int32Array);

/** Tokens in memory. @param tokenizer what made them, where that is known. */
export function memoryStream(ids: Int32Array, characters: number, tokenizer?: Tokenizer): TokenStream {
  checkOption("memoryStream", "ids", ids, idsRule);
  checkOption("memoryStream", "characters", characters, whole({ maximum: Number.MAX_SAFE_INTEGER }));
  return {
    length: ids.length,
    characters,
    ...(tokenizer ? { tokenizer } : {}),
    read: (start, end) => ids.subarray(start, end),
    close: async () => {},
  };
}

/** Which characters belong to which tokens, at some places of a stream; between them in proportion. */
export class CharacterIndex {
  readonly #tokens: number[] = [0];
  readonly #characters: number[] = [0];

  /** At this many tokens there are this many characters. To be called in rising order. */
  add(tokens: number, characters: number): void {
    this.#tokens.push(tokens);
    this.#characters.push(characters);
  }

  /** The index of the same stream without some tokens, in rising order, each of which is one character. */
  without(tokens: readonly number[]): CharacterIndex {
    const index = new CharacterIndex();
    let left = 0;
    for (const [i, token] of this.#tokens.entries()) {
      while (left < tokens.length && (tokens[left] as number) < token) left++;
      index.add(token - left, (this.#characters[i] as number) - left);
    }
    return index;
  }

  /** Characters before a token: exact at the known places and wherever every token is one character. */
  before(token: number): number {
    let [low, high] = [0, this.#tokens.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#tokens[middle] as number) <= token) low = middle;
      else high = middle;
    }
    const [t0, t1] = [this.#tokens[low] as number, this.#tokens[high] as number];
    const [c0, c1] = [this.#characters[low] as number, this.#characters[high] as number];
    if (t1 === t0) return c1;
    return Math.round(c0 + ((c1 - c0) * (token - t0)) / (t1 - t0));
  }
}

/** Part of a stream. It shares the stream, so closing one closes all. */
export function sliceStream(
  stream: TokenStream,
  range: { start: number; end: number },
  index?: CharacterIndex,
): TokenStream {
  const { start, end } = range;
  if (!(Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start <= end && end <= stream.length)) {
    throw new OptionError(`sliceStream: expected 0 <= start <= end <= ${stream.length}, got ${start} and ${end}.`);
  }
  const share = stream.length === 0 ? 0 : (end - start) / stream.length;
  return {
    length: end - start,
    characters: index ? index.before(end) - index.before(start) : Math.round(stream.characters * share),
    ...(stream.tokenizer ? { tokenizer: stream.tokenizer } : {}),
    read: (from, to) => stream.read(start + from, start + to),
    close: () => stream.close(),
  };
}

const share = (initial: number) => ({ ...double({ minimum: 0, below: 1 }), initial });

export const splitRules = table("split", {
  /** Share to validate on. Default 0.1. */
  validation: share(0.1),
  /** Share to test on; it comes last. Default 0. */
  test: share(0),
});

/** Parts held out from the end of a text, as shares between 0 and 1. @interface */
export type SplitShares = OptionsOf<typeof splitRules>;

/** Sizes of the three parts of `length` tokens. The training part is rounded down, as nanoGPT does. */
export function splitPoints(length: number, shares: SplitShares): [train: number, validation: number] {
  const { validation, test } = completeOptions("split", shares, splitRules);
  if (validation + test >= 1) {
    throw new OptionError(`split: validation ${validation} and test ${test} leave nothing to train on.`);
  }
  // 1 - 0.1 - 0 is not 0.9 to the last bit: round away what binary fractions add.
  const upTo = (share: number) => Math.floor(Math.round(length * share * 1e6) / 1e6);
  return [upTo(1 - validation - test), upTo(1 - test)];
}
