import { OptionError } from "../errors.js";
import type { OptionsOf } from "../options.js";
import { checkOption, completeOptions, flag, nullable, optional, seed, table, whole, word } from "../options.js";
import { randomSource } from "../random/source.js";
import type { PlacedLength } from "./contextLimit.js";
import { shuffle, sortBy } from "./order.js";
import type { Sentences } from "./sentenceSpans.js";
import { findSentences, linePlace, longRules } from "./sentenceSpans.js";
import type { TokenStream } from "./tokenStream.js";
import { tokenStream } from "./tokenStream.js";

/** Options of SentenceBatches. @interface */
export type SentenceBatchOptions = OptionsOf<typeof rules>;

/** Whole sentences, padded to the same length. */
export interface SentenceBatch {
  readonly T: number;
  readonly B: number;
  /** [T,B] begin, w1 ... wn; 0 as padding. */
  readonly inputs: Int32Array;
  /** [T,B] w1 ... wn, end; -1 as padding. */
  readonly targets: Int32Array;
  /** [B] steps of each sentence: n + 1, or n where it was cut. */
  readonly lengths: Int32Array;
  /** [B] where each sentence's first token stands in the stream. */
  readonly starts: Float64Array;
  /** Targets that are not -1. */
  readonly tokens: number;
  /** Number of this batch in the epoch, from 0. */
  readonly index: number;
}

const rules = table("SentenceBatches", {
  /** B: sentences in a batch; the last batch may have fewer. */
  batchSize: whole({ minimum: 1 }),
  /** The token that ends a sentence in the stream. It is predicted as the sentence's last token. */
  end: whole(),
  /** The token that is read before the first one. Default: `end`, as a sentence begins where another has ended. */
  begin: optional(whole()),
  /**
   * Sentences of equal length, rounded up to a multiple of this, share a batch: few shapes, little padding. None is padded beyond the
   * longest. Default 8.
   */
  multiple: whole({ minimum: 1, initial: 8 }),
  /** Tokens that a sentence may have, its end left out. Default: any number. */
  maximumLength: optional(whole({ minimum: 1 })),
  /** Most tokens that a model reads of a sentence, its end included. Default: any number. */
  longest: optional(whole({ minimum: 1 })),
  /**
   * Rule for a longer sentence: "refuse" it with an error, "cut" it, so that its first tokens are predicted and its
   * end is not, or "skip" it. Default "refuse".
   */
  long: word(longRules, "refuse"),
  /** Seed for the order of the batches and of the sentences in them, new in each epoch; null for no shuffling. Default 1. */
  seed: nullable(seed()),
  /** Take the sentences in the order of the text, whatever their length. Default false. */
  inOrder: flag(),
});

interface CompleteOptions {
  batchSize: number;
  begin: number;
  end: number;
  multiple: number;
  seed: number | null;
  inOrder: boolean;
}

/**
 * Whole sentences (lines) as padded batches, for full back-propagation through time. The stream stays where it is, in
 * memory or on disk; only where sentences begin is kept in memory (16 bytes each). Empty sentences are left out.
 *
 * ```ts
 * const batches = await SentenceBatches.from(stream, { ...sentenceMarks(tokenizer), batchSize: 32 });
 * ```
 */
export class SentenceBatches {
  /** Batches in one epoch. */
  readonly length: number;
  /** Sentences in one epoch. */
  readonly sentences: number;
  /** Tokens that one epoch predicts, the ends included. */
  readonly tokens: number;
  /** Characters that the predicted tokens stand for, where some are left out in proportion; 0 if unknown. */
  readonly characters: number;
  /** Sentences that were too long, and cut. */
  readonly cut: number;
  /** Sentences that were too long, and left out. */
  readonly skipped: number;
  /** The longest sentence. */
  readonly longest: PlacedLength;
  readonly #stream: TokenStream;
  readonly #options: CompleteOptions;
  readonly #starts: Float64Array;
  /** Tokens of each sentence without its end. */
  readonly #lengths: Int32Array;
  /** Tokens that each predicts. */
  readonly #steps: Int32Array;
  /** Tokens that the longest predicts. */
  readonly #mostSteps: number;

  private constructor(stream: TokenStream, options: CompleteOptions, sentences: Sentences) {
    if (!sentences) {
      throw new OptionError(
        "SentenceBatches: the stream is read first: use await SentenceBatches.from(stream, options).",
      );
    }
    this.#stream = stream;
    this.#options = options;
    this.#starts = Float64Array.from(sentences.starts);
    this.#lengths = Int32Array.from(sentences.lengths);
    this.#steps = Int32Array.from(sentences.steps);
    this.sentences = sentences.starts.length;
    this.length = Math.ceil(this.sentences / options.batchSize);
    this.tokens = sentences.steps.reduce((sum, n) => sum + n, 0);
    this.cut = sentences.steps.reduce((sum, n, i) => sum + Number(n === sentences.lengths[i]), 0);
    this.skipped = sentences.skipped;
    this.#mostSteps = this.#steps.reduce((most, steps) => Math.max(most, steps), 0);
    const longest = this.#steps.indexOf(this.#mostSteps);
    const length = this.#lengths[longest] as number;
    const place = linePlace(sentences.lines[longest] as number);
    this.longest = { place, length, ends: length < this.#mostSteps };
    // The end of an empty line is a character too, which nobody predicts.
    const characters = Math.max(0, stream.characters - sentences.blanks.length);
    this.characters = Math.round((characters * this.tokens) / sentences.tokens);
  }

  /**
   * Finds the sentences of a stream.
   * @param who whose options they are, for messages. @param remedy whatever helps where one is longer than `longest`.
   * @throws InputError if there are none, or one is too long: it names the line.
   */
  static async from(
    stream: TokenStream,
    options: SentenceBatchOptions,
    who = "SentenceBatches",
    remedy?: string,
  ): Promise<SentenceBatches> {
    checkOption(who, "stream", stream, tokenStream);
    const { maximumLength, longest, long, begin, end, ...rest } = completeOptions(who, options, rules);
    const sentences = await findSentences(stream, { end, maximumLength, longest, long, remedy });
    return new SentenceBatches(stream, { ...rest, end, begin: begin ?? end }, sentences);
  }

  /**
   * The batches of an epoch, from batch `from` on. The same seed and epoch give the same batches.
   */
  async *batches(epoch: number, from = 0): AsyncGenerator<SentenceBatch, void, undefined> {
    checkOption("SentenceBatches", "from", from, whole({ maximum: this.length }));
    const { batchSize } = this.#options;
    const { sentences, batches } = this.#order(epoch);
    for (let index = from; index < this.length; index++) {
      const first = (batches[index] as number) * batchSize;
      yield await this.#batch(sentences.subarray(first, first + batchSize), index);
    }
  }

  /** The sentences sorted by padded length, shuffled within each, and the order of the batches cut from that. */
  #order(epoch: number): { sentences: Uint32Array; batches: Uint32Array } {
    const sentences = Uint32Array.from({ length: this.sentences }, (_, i) => i);
    const batches = Uint32Array.from({ length: this.length }, (_, i) => i);
    const { seed, inOrder } = this.#options;
    if (inOrder) return { sentences, batches };
    const random = seed === null ? null : randomSource(seed, `sentences of epoch ${epoch}`);
    if (random) shuffle(sentences, random);
    const sorted = sortBy(sentences, (i) => this.#padded(this.#steps[i] as number));
    if (random) shuffle(batches, random);
    return { sentences: sorted, batches };
  }

  #padded(steps: number): number {
    const { multiple } = this.#options;
    return Math.min(Math.ceil(steps / multiple) * multiple, this.#mostSteps);
  }

  async #batch(sentences: Uint32Array, index: number): Promise<SentenceBatch> {
    const { begin, end } = this.#options;
    const B = sentences.length;
    const lengths = Int32Array.from(sentences, (i) => this.#steps[i] as number);
    const T = this.#padded(lengths.reduce((a, b) => Math.max(a, b)));
    const inputs = new Int32Array(T * B);
    const targets = new Int32Array(T * B).fill(-1);
    const texts = await Promise.all(Array.from(sentences, (i) => this.#sentence(i)));
    for (const [b, words] of texts.entries()) {
      const steps = lengths[b] as number;
      inputs[b] = begin;
      for (let t = 0; t < words.length; t++) {
        targets[t * B + b] = words[t] as number;
        if (t + 1 < steps) inputs[(t + 1) * B + b] = words[t] as number;
      }
      if (steps > words.length) targets[words.length * B + b] = end;
    }
    const starts = Float64Array.from(sentences, (i) => this.#starts[i] as number);
    return { T, B, inputs, targets, lengths, starts, tokens: lengths.reduce((a, b) => a + b), index };
  }

  #sentence(i: number): Int32Array | Promise<Int32Array> {
    const start = this.#starts[i] as number;
    return this.#stream.read(start, start + (this.#lengths[i] as number));
  }
}
