import { setImmediate } from "node:timers/promises";
import { describe, InputError, OptionError } from "../errors.js";
import { abortSignal, checkOption, completeOptions, value } from "../options.js";
import { tokenizerFromJSON } from "./tokenizerFromJSON.js";
import type { TokenStream } from "./tokenStream.js";
import { tokenStream } from "./tokenStream.js";
import { idError } from "./vocabulary.js";
import { WordTokenizer } from "./wordTokenizer.js";

/** Tokens counted between two turns of the event loop. */
const piece = 2 ** 18;

/** The words of a text with the number of times that each occurs: how often words are read, drawn as noise, and coded by a tree. */
export class CountedWords {
  readonly kind = "counted words";

  /**
   * @param counts one for each token of the tokenizer.
   * @throws OptionError for anything but a WordTokenizer; InputError for counts that are none.
   */
  constructor(
    readonly words: WordTokenizer,
    readonly counts: readonly number[],
  ) {
    if (!(words instanceof WordTokenizer)) {
      throw new OptionError(`CountedWords: expected a WordTokenizer, got ${describe(words)}.`);
    }
    const areCounts = Array.isArray(counts) && counts.every((count) => Number.isSafeInteger(count) && count >= 0);
    if (!areCounts || counts.length !== words.size) {
      throw new InputError(`CountedWords: expected ${words.size} counts, got ${describe(counts)}.`);
    }
  }

  /**
   * Counts the tokens of a stream.
   * @throws OptionError if it is none of a WordTokenizer: corpus.tokenize(await WordTokenizer.fromCorpus(corpus)).
   */
  static async from(stream: TokenStream, options: { signal?: AbortSignal } = {}): Promise<CountedWords> {
    const { signal } = completeOptions("CountedWords.from", options, { signal: abortSignal });
    const { tokenizer, length } = checkOption("CountedWords.from", "the stream", stream, tokenStream);
    if (!(tokenizer instanceof WordTokenizer)) {
      throw new OptionError(
        `CountedWords.from: expected the tokens of a WordTokenizer, got ${tokenizer ? `${tokenizer.kind} tokens` : "tokens of no known one"}. ` +
          "Tokenize the text so: corpus.tokenize(await WordTokenizer.fromCorpus(corpus)).",
      );
    }
    const counts = new Float64Array(tokenizer.size);
    for (let start = 0; start < length; start += piece) {
      const ids = await stream.read(start, Math.min(start + piece, length));
      if (!(ids instanceof Int32Array)) {
        throw new InputError(`CountedWords.from: expected the stream to read an Int32Array, got ${describe(ids)}.`);
      }
      for (const id of ids) {
        if (!(id in counts)) throw idError(id, tokenizer.size);
        counts[id] = (counts[id] as number) + 1;
      }
      await setImmediate();
      signal?.throwIfAborted();
    }
    return new CountedWords(tokenizer, [...counts]);
  }

  /** The words that `toJSON` wrote. @throws InputError for anything else. */
  static fromJSON(json: unknown): CountedWords {
    const { kind, words, counts } = (json ?? {}) as Record<string, unknown>;
    if (kind !== "counted words") throw new InputError(`Expected words with their counts, got ${describe(json)}.`);
    return new CountedWords(tokenizerFromJSON(words) as WordTokenizer, counts as number[]);
  }

  get size(): number {
    return this.words.size;
  }

  /** The tokens that are words: neither the end of a line nor what stands for all other words. */
  wordIds(): number[] {
    const { endOfSentence, unknown } = this.words.special;
    return Array.from({ length: this.size }, (_, id) => id).filter((id) => id !== endOfSentence && id !== unknown);
  }

  /** The counts, 0 for tokens that are no words. */
  wordCounts(): Float64Array {
    const counts = new Float64Array(this.size);
    for (const id of this.wordIds()) counts[id] = this.counts[id] as number;
    return counts;
  }

  toJSON(): object {
    return { kind: this.kind, words: this.words.toJSON(), counts: this.counts };
  }
}

/** The rule of an option that is words with their counts. */
export const countedWordsRule = value<CountedWords>(
  "CountedWords: await CountedWords.from(stream)",
  (words) => words instanceof CountedWords,
);
