import type { Tokenizer, TokenStream } from "../../data/index.js";
import { Corpus, countCharacters, memoryStream } from "../../data/index.js";
import { OptionError } from "../../errors.js";
import { executorOf, executorRule } from "../../executor/choice.js";
import type { Executor } from "../../executor/executor.js";
import { oneVocabulary } from "../../formats/index.js";
import { ngramCounts } from "../../graph/ngramLayout.js";
import { abortSignal, checkOption, completeOptions, table, text } from "../../options.js";
import type { ModelKind, ModelParts } from "../modelKind.js";
import type { LoadOptions } from "../savedModel.js";
import { loadModelOf } from "../savedModel.js";
import { anyText, TextModel, textOrStream } from "../textModel/textModel.js";
import { expectTokenizer, fingerprint } from "../tokenizerIdentity.js";
import { unwrittenTokens } from "../unwrittenTokens.js";
import type { NgramModelConfig } from "./network.js";
import { configRules, NgramNetwork } from "./network.js";
import { NgramCounter } from "./ngramCounter.js";
import type { NgramEvaluateOptions, NgramEvaluation, NgramProbability } from "./ngramMeasure.js";
import { NgramMeasure, ngramEvaluateRules } from "./ngramMeasure.js";
import { NgramTableReader } from "./ngramTableReader.js";
import type { NgramPruneOptions } from "./pruning.js";
import { expectPrunable, pruneRules } from "./pruning.js";
import { readArpa } from "./readArpa.js";
import type { SlotCandidate, SlotSearchOptions } from "./slotSearch.js";
import { searchSlots, slotRules } from "./slotSearch.js";
import type { NgramTrainOptions, TrainedNgrams } from "./train.js";
import { trainingText, trainNgrams, trainRules } from "./train.js";
import { writeArpaFile } from "./writeArpa.js";

const arpaRules = table("NgramModel.fromArpa", {
  /** The executor. Default: the native executor; without a binary WebAssembly or the reference, which can read a model and not make one. */
  executor: executorRule,
  /** Signal that stops the reading. Default: none. */
  signal: abortSignal,
});

const filePath = { ...text(), expected: "the path of a file" };

const writeRules = table("NgramModel.writeArpa", {
  /** Signal that stops the writing. Default: none. */
  signal: abortSignal,
});

/**
 * An n-gram model: the probability of a word given the n - 1 before it, from counts (Shannon 1951; Chen & Goodman 1998). Counted
 * and looked up in C++. There is nothing to train step by step: `NgramModel.train` reads a text once.
 *
 * ```ts
 * const model = await NgramModel.train(Corpus.fromFile("train.txt"), { order: 5 });
 * console.log((await model.evaluate(await readFile("test.txt", "utf8"))).perplexity);
 * ```
 */
export class NgramModel extends TextModel<NgramNetwork> {
  static readonly kind: ModelKind<NgramModel, Tokenizer, NgramNetwork> = {
    name: "NgramModel",
    options: configRules,
    vocabularies: oneVocabulary(),
    counts: [],
    mapped: ["ngrams"],
    network: (config) => new NgramNetwork(config as unknown as NgramModelConfig),
    make: (parts) => new NgramModel(parts),
  };

  /** Remarks of the training about what could not be done as asked; none of a model from a folder. */
  notes: readonly string[] = [];
  readonly #scores: NgramMeasure;

  private constructor(parts: ModelParts<Tokenizer, NgramNetwork>) {
    super(NgramModel.kind, parts);
    this.#scores = new NgramMeasure(this, { tokenizer: this.tokenizer, marks: this.marks });
  }

  /**
   * A model of a text: of a corpus, by default over its words, or of tokens.
   * @throws OptionError for options that do not fit together. @throws InputError for a text without a token to predict, or too short for an order that was asked for.
   */
  static async train(content: Corpus | TokenStream, options: NgramTrainOptions = {}): Promise<NgramModel> {
    const who = "NgramModel.train";
    checkOption(who, "the text", content, trainingText);
    const complete = completeOptions(who, options, trainRules);
    const trained = await trainNgrams(content, complete, options.order !== undefined);
    return NgramModel.#from(trained, executorOf(complete.executor));
  }

  /** A model of a text in memory. @throws as `train`. */
  static fromText(content: string, options: NgramTrainOptions = {}): Promise<NgramModel> {
    return NgramModel.train(Corpus.fromText(content), options);
  }

  /**
   * A model from a file in ARPA's form, which SRILM, KenLM and others write, plain or compressed (.gz); its words are the vocabulary.
   * @throws FileError for a file that cannot be read, is cut short or is none: it names the line.
   */
  static async fromArpa(
    file: string,
    options: Pick<LoadOptions, "executor"> & { signal?: AbortSignal } = {},
  ): Promise<NgramModel> {
    const { executor, signal } = completeOptions("NgramModel.fromArpa", options, arpaRules);
    checkOption("NgramModel.fromArpa", "the file", file, filePath);
    return NgramModel.#from(await readArpa(file, signal), executorOf(executor));
  }

  /**
   * A model from its folder. A table of 64 MB or more stays in its file, whose pages are read when they are needed, and whose digest is
   * not compared unless `check` is true. The file may be replaced or removed meanwhile.
   * @throws FileError if a file is missing, truncated, altered, or of another model.
   */
  static load(folder: string, options: LoadOptions = {}): Promise<NgramModel> {
    return loadModelOf(NgramModel.kind, folder, options);
  }

  static async #from({ table, config, tokenizer, notes }: TrainedNgrams, executor: Executor): Promise<NgramModel> {
    const model = new NgramModel({ network: new NgramNetwork(config), tokenizer, executor });
    await model.store.write("ngrams", table);
    model.notes = notes;
    return model;
  }

  /**
   * Measures how well the model predicts a text or a stream of tokens, with and without those that its vocabulary lacks; line by line
   * in a model of sentences, which leaves out empty lines. How many parts are read side by side makes no difference.
   * @throws InputError if no token is predicted. @throws OptionError for a stream that another tokenizer has made.
   */
  override async evaluate(content: string | TokenStream, options: NgramEvaluateOptions = {}): Promise<NgramEvaluation> {
    const complete = completeOptions("evaluate", options, ngramEvaluateRules);
    checkOption("evaluate", "the text", content, textOrStream);
    const stream = typeof content === "string" ? this.#streamOf(content) : this.#own(content);
    return this.#scores.evaluate(stream, complete);
  }

  /**
   * The log-probability of each token of a text, with the order of the n-gram that it comes from. A model of sentences predicts every
   * token of each line and the line ends, and leaves out empty lines; another one all but the first token.
   * @throws InputError if no token is predicted.
   */
  override async logProbability(content: string): Promise<NgramProbability> {
    return this.#scores.logProbability(this.#streamOf(checkOption("logProbability", "text", content, anyText)));
  }

  /**
   * Searches with k slots, step by step, and shows all that it looks at: what beam search does inside of the executor, as a table.
   * @throws InputError for a prompt with a character that the model has never seen.
   */
  async slotSearch(options: SlotSearchOptions = {}): Promise<SlotCandidate[][]> {
    const { prompt, ...sizes } = completeOptions("slotSearch", options, slotRules);
    const prompted = [...this.tokenizer.encode(prompt)];
    const opened = [...this.opening(), ...prompted];
    const start = {
      context: opened.length > 0 ? opened : [this.startToken()],
      prompted,
      end: this.marks?.end ?? null,
      banned: unwrittenTokens(this.tokenizer, this.marks?.end),
      tokenizer: this.tokenizer,
    };
    return searchSlots(this.step, start, sizes);
  }

  /**
   * A model without the n-grams that it does almost as well without (Stolcke 1998), as SRILM prunes; those that others begin or end with
   * stay. It has the executor of this one.
   * @throws OptionError for a model by `backOff`, whose probabilities do not sum to 1.
   */
  async pruned(options: NgramPruneOptions): Promise<NgramModel> {
    const { pruneEntropy, signal } = completeOptions("NgramModel.pruned", options, pruneRules);
    const { config } = this.network;
    expectPrunable("NgramModel.pruned", config.smoothing);
    const counter = new NgramCounter(config.vocabularySize, this.marks, signal);
    const table = await counter.prune((await this.store.read("ngrams")) as Int32Array, pruneEntropy);
    const own = { table, config: { ...config, counts: ngramCounts(table) }, tokenizer: this.tokenizer, notes: [] };
    return NgramModel.#from(own, this.executor);
  }

  /**
   * Writes the model in ARPA's form, compressed where the name ends in .gz: probabilities and weights to eight digits.
   * @throws OptionError for a model of one running text, as the form is of sentences, and for a token that it cannot name.
   * @throws FileError if it cannot be written.
   */
  async writeArpa(file: string, options: { signal?: AbortSignal } = {}): Promise<void> {
    const { signal } = completeOptions("writeArpa", options, writeRules);
    checkOption("writeArpa", "the file", file, filePath);
    if (!this.marks) {
      throw new OptionError("writeArpa: an ARPA file is of sentences, and this model reads one running text.");
    }
    const table = (await this.store.read("ngrams")) as Int32Array;
    const ngrams = new NgramTableReader(table, this.network.config.counts);
    await writeArpaFile(file, ngrams, { tokenizer: this.tokenizer, marks: this.marks, signal });
  }

  #streamOf(content: string): TokenStream {
    return memoryStream(this.tokenizer.encode(content), countCharacters(this.tokenizer.normalize(content)));
  }

  #own(stream: TokenStream): TokenStream {
    if (stream.tokenizer) expectTokenizer("evaluate", fingerprint(stream.tokenizer), this.tokenizer);
    return stream;
  }
}
