import type { CountedWords, TokenStream } from "../../data/index.js";
import { streamDigest, tokenStream, WordTokenizer } from "../../data/index.js";
import { InputError } from "../../errors.js";
import type { Completed, OptionsOf } from "../../options.js";
import {
  checkOption,
  completeOptions,
  flag,
  option,
  optional,
  real,
  seed,
  table,
  value,
  whole,
  word,
} from "../../options.js";
import type { TrainingData } from "../../train/data.js";
import type { Batch } from "../../train/trainable.js";
import { expectTokenizer, fingerprint } from "../tokenizerIdentity.js";
import { blockFor } from "./block.js";
import type { WordTree } from "./huffman.js";
import { wordTree } from "./huffman.js";
import type { Word2VecNetwork } from "./network.js";
import type { AliasTable } from "./noise.js";
import { keepProbabilities, noiseTable } from "./noise.js";
import { predictedWords } from "./pairs.js";

/** Sizes that the program of a batch depends on: tokens of a text with its tree, or words to predict by softmax. */
export type Word2VecForm =
  | { readonly objective: "negative" | "hierarchical"; T: number; block: number; nodes: number; longest: number }
  | { readonly objective: "softmax"; C: number; B: number };

/** The options of texts to learn word vectors from. */
export const contextRules = table("ContextData", {
  /** The model that learns. */
  model: value<{ readonly tokenizer: CountedWords; readonly network: Word2VecNetwork }>("a Word2Vec model", (model) => {
    const { network, tokenizer } = (model ?? {}) as Partial<{ tokenizer: CountedWords; network: Word2VecNetwork }>;
    return network?.config?.architecture !== undefined && tokenizer?.kind === "counted words";
  }),
  /** Tokens of the text that are read at once. Default: 10000; 64 with objective "softmax". */
  batchSize: option(optional(whole({ minimum: 1 })), { aka: ["batch_words", "batch"] }),
  /**
   * Share of the text above which a word is read less often, by chance: t in `keepProbabilities`. 0 reads all words. Default 0.001.
   */
  sample: option(real({ minimum: 0, initial: 1e-3 }), { aka: ["t", "subsample", "threshold"] }),
  /** Power of the counts in the noise distribution. Default 0.75. */
  noisePower: option(real({ minimum: -32, maximum: 32, initial: 0.75 }), { aka: ["ns_exponent"] }),
  /** Let windows reach over the ends of lines, for a text whose lines are not sentences. Default false. */
  acrossLines: flag(),
  /** Seed for what is drawn. Default 1. */
  seed: seed(),
  /** Use of the data: "train", or "validate" for what a Trainer measures on. Default train. */
  role: option(word(["train", "validate"], "train"), { flag: null }),
});

/** Options of ContextData. @interface */
export type ContextDataOptions = OptionsOf<typeof contextRules>;

const usualBatch = { text: 10_000, softmax: 64 };

/** A text as batches for a Word2Vec model: each word is predicted by those around it. */
export class ContextData implements TrainingData<Word2VecForm> {
  readonly length: number;
  readonly identity: string;
  readonly role: "train" | "validate";
  readonly #stream: TokenStream;
  readonly #options: Completed<typeof contextRules>;
  readonly #batchSize: number;
  readonly #keep: Float32Array;
  readonly #block: number;
  readonly #end: number;
  /** The noise or the tree by which words are told apart; null with softmax. */
  readonly #others: (AliasTable | WordTree) | null;

  /**
   * @throws OptionError for a stream of another tokenizer than the model's.
   * @throws InputError for a text without words of the vocabulary.
   */
  constructor(stream: TokenStream, options: ContextDataOptions) {
    const complete = completeOptions("ContextData", options, contextRules);
    const { model, sample, noisePower, acrossLines, seed, role } = complete;
    const { tokenizer, network } = model;
    checkOption("ContextData", "stream", stream, tokenStream);
    const made = stream.tokenizer instanceof WordTokenizer ? fingerprint(stream.tokenizer) : "another kind";
    expectTokenizer("ContextData", stream.tokenizer && made, tokenizer.words);
    const counts = tokenizer.wordCounts();
    if (tokenizer.wordIds().length === 0) {
      throw new InputError(
        "ContextData: no word has a vector, as none occurs often enough. Lower the count that a word needs (minimumCount; --minimum-count " +
          "on the command line), or take a longer text.",
      );
    }
    if (counts.every((count) => count === 0)) {
      throw new InputError(
        "ContextData: nothing is known of how often the words of this model occur, as its vectors come from a file. Create a model " +
          "of the text, and give it the vectors: model.useVectors(vectors).",
      );
    }
    if (stream.length === 0) throw new InputError("ContextData: the text has no words to learn from.");
    const { objective } = network.config;
    this.#batchSize = complete.batchSize ?? (objective === "softmax" ? usualBatch.softmax : usualBatch.text);
    this.#stream = stream;
    this.#options = complete;
    this.#keep = keepProbabilities(counts, sample);
    this.#end = tokenizer.words.special.endOfSentence;
    this.#others =
      objective === "softmax" ? null : objective === "hierarchical" ? wordTree(counts) : noiseTable(counts, noisePower);
    this.#block = blockOf(network.config, { counts, keep: this.#keep, noisePower });
    this.role = role;
    this.length = Math.ceil(stream.length / this.#batchSize);
    const lines = acrossLines ? ", across lines" : "";
    this.identity =
      `${stream.length} tokens in batches of ${this.#batchSize}, sample ${sample}, noise power ${noisePower}${lines}, ` +
      `seed ${seed}`;
  }

  digest(): Promise<string> {
    return streamDigest(this.#stream);
  }

  async *batches(epoch: number, from = 0): AsyncGenerator<Batch<Word2VecForm>, void, undefined> {
    let pairs = from > 0;
    for (let index = from; index < this.length; index++) {
      const start = index * this.#batchSize;
      const ids = await this.#stream.read(start, Math.min(start + this.#batchSize, this.#stream.length));
      // The last batch is filled up with ends of sentences, so that all have one program.
      const tokens = new Int32Array(this.#batchSize).fill(-1);
      const { acrossLines } = this.#options;
      for (const [i, id] of ids.entries()) tokens[i] = id === this.#end && !acrossLines ? -1 : id;
      pairs ||= this.#hasPair(tokens);
      if (!pairs && index === this.length - 1) {
        throw new InputError(
          "ContextData: no line has two words that have a vector, so that there is nothing to predict a word by. Let windows reach over " +
            "the ends of lines (acrossLines: true; --across-lines), lower the count that a word needs (minimumCount; --minimum-count), or " +
            "take a longer text.",
        );
      }
      yield this.#others === null
        ? this.#pairs(tokens, ids.length, { epoch, index })
        : this.#text(tokens, ids.length, { others: this.#others, index });
    }
  }

  /** Whether a line has two words that have a vector: words without one are left out before there are windows. */
  #hasPair(tokens: Int32Array): boolean {
    let words = 0;
    for (const id of tokens) {
      if (id < 0) words = 0;
      else if (this.#keep[id] !== 0 && ++words === 2) return true;
    }
    return false;
  }

  #text(
    tokens: Int32Array,
    count: number,
    { others, index }: { others: AliasTable | WordTree; index: number },
  ): Batch<Word2VecForm> {
    const sizes = { T: tokens.length, block: this.#block };
    const form: Word2VecForm =
      "paths" in others
        ? { objective: "hierarchical", ...sizes, nodes: others.paths.length, longest: others.longest }
        : { objective: "negative", ...sizes, nodes: 0, longest: 0 };
    // A Trainer draws by its own seed and step; a measurement always draws the same.
    const random = Int32Array.of(this.#options.seed, index);
    return { form, feeds: { ...others, tokens, keep: this.#keep, random } as Batch["feeds"], tokens: count };
  }

  #pairs(tokens: Int32Array, count: number, { epoch, index }: { epoch: number; index: number }): Batch<Word2VecForm> {
    const { seed, model } = this.#options;
    const step = epoch * this.length + index;
    const words = predictedWords(tokens, { ...model.network.config, keep: this.#keep, random: [seed, step] });
    const { C, B, contexts, weights, targets } = words;
    return { form: { objective: "softmax", C, B }, feeds: { contexts, weights, targets }, tokens: count };
  }
}

/** Words of a block: see blockFor. */
function blockOf(
  { objective, architecture, negatives, window }: Word2VecNetwork["config"],
  { counts, keep, noisePower }: { counts: Float64Array; keep: Float32Array; noisePower: number },
): number {
  const largestShare = (weights: Float64Array) => {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return weights.reduce((most, weight) => Math.max(most, weight), 0) / total;
  };
  const read = largestShare(counts.map((count, id) => count * (keep[id] as number)));
  const drawn = negatives * largestShare(counts.map((count) => (count > 0 ? count ** noisePower : 0)));
  // The root of a tree is asked for every word.
  const share = objective === "hierarchical" ? 1 : read + drawn;
  return blockFor({ share, pairs: architecture === "cbow" ? 1 : window + 1 });
}
