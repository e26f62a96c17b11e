import { InputError, OptionError } from "../errors.js";
import { expectKnownOptions, expectNumber } from "../options.js";
import { randomSource } from "../random/source.js";
import { shuffle, sortBy } from "./order.js";
import type { Tokenizer } from "./tokenizer.js";
import type { TokenStream } from "./tokenStream.js";

export interface SentenceBatchOptions {
  /** B: sentences in a batch; the last batch may have fewer. */
  batchSize: number;
  /** The token that ends a sentence in the stream. It is predicted as the sentence's last token. */
  end: number;
  /** The token that is read before the first one. Default: `end`, as a sentence begins where another has ended. */
  begin?: number;
  /** Sentences of equal length, rounded up to a multiple of this, share a batch: few shapes, little padding. Default 8. */
  multiple?: number;
  /** Order of the sentences within similar length, and of the batches, anew in each epoch; null for no shuffling. Default 1. */
  seed?: number | null;
}

/** Whole sentences, padded to the same length. */
export interface SentenceBatch {
  readonly T: number;
  readonly B: number;
  /** [T,B] begin, w1 ... wn; 0 as padding. */
  readonly inputs: Int32Array;
  /** [T,B] w1 ... wn, end; -1 as padding. */
  readonly targets: Int32Array;
  /** [B] steps of each sentence: n + 1. */
  readonly lengths: Int32Array;
  /** Targets that are not -1. */
  readonly tokens: number;
  /** Number of this batch in the epoch, from 0. */
  readonly index: number;
}

/**
 * The tokens that begin and end a sentence in a text of lines: the line end, which words write as <eos>; the special tokens
 * of a tokenizer without one.
 */
export function sentenceMarks(tokenizer: Tokenizer): { begin: number; end: number } {
  const lineEnd = tokenizer.id("\n");
  if (lineEnd !== undefined) return { begin: lineEnd, end: lineEnd };
  const end = tokenizer.special.endOfSentence;
  if (end === undefined) {
    throw new OptionError(
      "Sentences need a token that ends them: the vocabulary has neither an end-of-sentence token nor the line end. " +
        "Make the vocabulary from a text of more than one line.",
    );
  }
  return { begin: tokenizer.special.beginOfSentence ?? end, end };
}

/** Tokens looked at together when the sentences are searched for. */
const scanLength = 2 ** 16;

/**
 * Whole sentences (lines) as padded batches, for full back-propagation through time. The stream stays where it is, in
 * memory or on disk; only where sentences begin is kept in memory (8 bytes each). Empty sentences are left out.
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
  /** Characters of the stream; 0 if unknown. */
  readonly characters: number;
  readonly #stream: TokenStream;
  readonly #options: Required<SentenceBatchOptions>;
  readonly #starts: Float64Array;
  /** Tokens of each sentence without its end. */
  readonly #lengths: Int32Array;

  private constructor(stream: TokenStream, options: Required<SentenceBatchOptions>, spans: Spans) {
    this.#stream = stream;
    this.#options = options;
    this.#starts = Float64Array.from(spans.starts);
    this.#lengths = Int32Array.from(spans.lengths);
    this.sentences = spans.starts.length;
    this.length = Math.ceil(this.sentences / options.batchSize);
    this.tokens = spans.lengths.reduce((sum, n) => sum + n + 1, 0);
    this.characters = stream.characters;
  }

  /** Finds the sentences of a stream. @throws InputError if there are none. */
  static async from(stream: TokenStream, options: SentenceBatchOptions): Promise<SentenceBatches> {
    const who = "SentenceBatches";
    expectKnownOptions(who, options, ["batchSize", "end", "begin", "multiple", "seed"]);
    const { batchSize, end, begin = end, multiple = 8, seed = 1 } = options;
    expectNumber(who, "batchSize", batchSize, { integer: true, minimum: 1 });
    expectNumber(who, "end", end, { integer: true, minimum: 0 });
    expectNumber(who, "multiple", multiple, { integer: true, minimum: 1 });
    if (seed !== null) expectNumber(who, "seed", seed, { integer: true, minimum: 0 });
    const spans = await findSentences(stream, end);
    if (spans.starts.length === 0)
      throw new InputError(`The text has ${stream.length} tokens, but no sentence among them.`);
    return new SentenceBatches(stream, { batchSize, end, begin, multiple, seed }, spans);
  }

  /**
   * The batches of an epoch, from batch `from` on. The same seed and epoch give the same batches.
   */
  async *batches(epoch: number, from = 0): AsyncGenerator<SentenceBatch, void, undefined> {
    expectNumber("SentenceBatches", "from", from, { integer: true, minimum: 0, maximum: this.length });
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
    const { seed } = this.#options;
    const random = seed === null ? null : randomSource(seed, `sentences of epoch ${epoch}`);
    if (random) shuffle(sentences, random);
    const sorted = sortBy(sentences, (i) => this.#paddedLength(this.#lengths[i] as number));
    if (random) shuffle(batches, random);
    return { sentences: sorted, batches };
  }

  #paddedLength(words: number): number {
    const { multiple } = this.#options;
    return Math.ceil((words + 1) / multiple) * multiple;
  }

  async #batch(sentences: Uint32Array, index: number): Promise<SentenceBatch> {
    const { begin, end } = this.#options;
    const B = sentences.length;
    const lengths = Int32Array.from(sentences, (i) => (this.#lengths[i] as number) + 1);
    const T = this.#paddedLength(lengths.reduce((a, b) => Math.max(a, b)) - 1);
    const inputs = new Int32Array(T * B);
    const targets = new Int32Array(T * B).fill(-1);
    const texts = await Promise.all(Array.from(sentences, (i) => this.#sentence(i)));
    for (const [b, words] of texts.entries()) {
      inputs[b] = begin;
      for (let t = 0; t < words.length; t++) {
        targets[t * B + b] = words[t] as number;
        inputs[(t + 1) * B + b] = words[t] as number;
      }
      targets[words.length * B + b] = end;
    }
    return { T, B, inputs, targets, lengths, tokens: lengths.reduce((a, b) => a + b), index };
  }

  #sentence(i: number): Int32Array | Promise<Int32Array> {
    const start = this.#starts[i] as number;
    return this.#stream.read(start, start + (this.#lengths[i] as number));
  }
}

interface Spans {
  starts: number[];
  lengths: number[];
}

/** A text that does not end with `end` still has a last sentence. */
async function findSentences(stream: TokenStream, end: number): Promise<Spans> {
  const spans: Spans = { starts: [], lengths: [] };
  let start = 0;
  const close = (at: number) => {
    if (at > start) {
      spans.starts.push(start);
      spans.lengths.push(at - start);
    }
    start = at + 1;
  };
  for (let from = 0; from < stream.length; from += scanLength) {
    const tokens = await stream.read(from, Math.min(from + scanLength, stream.length));
    for (let at = tokens.indexOf(end); at >= 0; at = tokens.indexOf(end, at + 1)) close(from + at);
  }
  close(stream.length);
  return spans;
}
