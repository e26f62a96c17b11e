import type { Pair } from "../../data/index.js";
import { expectPairs, TokenizerPair, tokenizerPairRule } from "../../data/index.js";
import { describe, InputError, OptionError } from "../../errors.js";
import type { Values } from "../../executor/executor.js";
import { bundledVocabularies } from "../../formats/index.js";
import type { Graph } from "../../graph/graph.js";
import { abortSignal, completeOptions, flag, optional } from "../../options.js";
import { searchStep } from "../../search/index.js";
import type { Measures } from "../../train/evaluation.js";
import { EvaluationStep, expectFiniteLoss, Tally } from "../../train/evaluation.js";
import type { RecordedLoss } from "../../train/trainable.js";
import { completeWithCell } from "../cellConfig.js";
import { inTurns } from "../inTurns.js";
import type { ModelKind, ModelParts } from "../modelKind.js";
import type { CreateOptions, LoadOptions } from "../savedModel.js";
import { createModel, loadModelOf, SavedModel } from "../savedModel.js";
import { byLength } from "../sideBySide.js";
import { expectTokenizerPair } from "../tokenizerIdentity.js";
import { textOf, wholeText } from "../wholeText.js";
import type { Seq2SeqConfig } from "./config.js";
import { seq2seqRules } from "./config.js";
import type { Seq2SeqForm } from "./network.js";
import { recordSeq2SeqLoss, Seq2SeqNetwork } from "./network.js";
import { PairData } from "./pairData.js";
import type { PairScoreOptions, PairScores } from "./pairScores.js";
import { groupPairs, pairScores, searchAndScores } from "./pairScores.js";
import type { TranslateOptions, Translation } from "./translation.js";
import { completeTranslate, translateRules, translationOf, unreadableError } from "./translation.js";
import { TranslationStep } from "./translationStep.js";

export interface Seq2SeqOptions
  extends Omit<Seq2SeqConfig, "sourceVocabularySize" | "targetVocabularySize">,
    CreateOptions<TokenizerPair> {}

/** How well a model predicts targets, given their sources and what comes before. */
export interface PairEvaluation extends Pick<Measures, "loss" | "perplexity"> {
  /** Tokens predicted, the ends included. */
  tokens: number;
}

/** The vocabularies of source and target in one file. */
const vocabularies = bundledVocabularies({
  kind: "pair",
  slots: [
    { name: "source", size: "sourceVocabularySize" },
    { name: "target", size: "targetVocabularySize", shared: true },
  ],
  others: { reversed: optional(flag()) },
  rule: tokenizerPairRule,
  read: (json) => TokenizerPair.fromJSON(json),
});

/**
 * An encoder-decoder from sequence to sequence: translation, answers, pronunciations (Sutskever et al. 2014; Cho et al. 2014;
 * with attention: Bahdanau et al. 2015, Luong et al. 2015).
 *
 * ```ts
 * const model = await Seq2Seq.load("english-german");
 * const [translation] = await model.translate(["two dogs run ."]);
 * console.log(translation.text);
 * ```
 */
export class Seq2Seq extends SavedModel<TokenizerPair, Seq2SeqNetwork, Seq2SeqForm> {
  static readonly kind: ModelKind<Seq2Seq, TokenizerPair, Seq2SeqNetwork> = {
    name: "Seq2Seq",
    options: seq2seqRules,
    complete: (options, table) => completeWithCell("Seq2Seq", options, { table, first: "none" }),
    vocabularies,
    counts: ["encoderLayers", "decoderLayers"],
    reads: { data: ["PairData"], form: ["S", "T", "B"] },
    network: (config) => new Seq2SeqNetwork(config as unknown as Seq2SeqConfig),
    make: (parts) => new Seq2Seq(parts),
  };

  readonly #evaluation: EvaluationStep<Seq2SeqForm>;
  readonly #step: TranslationStep;

  private constructor(parts: ModelParts<TokenizerPair, Seq2SeqNetwork>) {
    super(Seq2Seq.kind, parts);
    this.#evaluation = new EvaluationStep(this);
    this.#step = new TranslationStep(this);
  }

  /** A model with new weights. @throws OptionError for options that do not fit together. */
  static async create(options: Seq2SeqOptions): Promise<Seq2Seq> {
    if (options?.sharedEmbedding && options.tokenizer?.source !== options.tokenizer?.target) {
      throw new OptionError("Seq2Seq: sharedEmbedding needs one tokenizer for both sides.");
    }
    return createModel(Seq2Seq.kind, options);
  }

  /** A model from its folder. @throws FileError if a file is missing, truncated, altered, or of another model. */
  static load(folder: string, options: LoadOptions = {}): Promise<Seq2Seq> {
    return loadModelOf(Seq2Seq.kind, folder, options);
  }

  recordLoss(graph: Graph, form: Seq2SeqForm): RecordedLoss {
    this.expectTrainable(graph);
    expectTokenizerPair("Seq2Seq", form.tokenizer, this.tokenizer);
    const { losses, count } = recordSeq2SeqLoss(graph, this.network, form);
    return { losses, count, carried: [] };
  }

  /** How well the model predicts the targets of pairs, given the true tokens before. @throws InputError as PairData.create does. */
  async evaluate(
    pairs: readonly Pair[],
    options: { batchSize?: number; signal?: AbortSignal } = {},
  ): Promise<PairEvaluation> {
    const { signal, batchSize } = completeOptions("evaluate", options, {
      batchSize: translateRules.batchSize,
      signal: abortSignal,
    });
    expectPairs("evaluate", pairs);
    const data = await PairData.create(pairs, {
      tokenizer: this.tokenizer,
      role: "validate",
      maximumLength: Number.MAX_SAFE_INTEGER,
      batchSize,
      ...(signal ? { signal } : {}),
    });
    const tally = new Tally();
    for (const batch of data.batches(0)) {
      signal?.throwIfAborted();
      tally.add(await this.#evaluation.run(batch), batch.unknown);
    }
    expectFiniteLoss("evaluate", tally.total);
    return { tokens: tally.tokens, ...tally.measures() };
  }

  /**
   * Writes the target of each source: by beam search, or sampling. Sources of similar lengths are read side by side.
   * @returns one translation for each source, in their order.
   * @throws InputError for a source with no tokens, with a character that the vocabulary lacks, or if no token of any source is
   *   in the vocabulary; OptionError for options that contradict each other.
   */
  async translate(sources: readonly string[], options: TranslateOptions = {}): Promise<Translation[]> {
    const complete = completeTranslate(this.tokenizer, options);
    const { batchSize, search, maximumLength, unreadable, firstNumber, onBest, onProgress } = complete;
    const { signal } = search;
    const automaton = wholeText(this.tokenizer.target);
    const read = await this.#encodeSources("translate", sources, signal);
    const refused = unreadable === "refuse" && read.length > 0 && !read.some((tokens) => this.#readable(tokens));
    if (refused) throw unreadableError(this.tokenizer);
    const translations = new Array<Translation>(sources.length);
    let done = 0;
    for (const batch of byLength(read, batchSize)) {
      signal?.throwIfAborted();
      const tokens = batch.map((i) => read[i] as Int32Array);
      const { step, feeds } = this.#step.step(await this.#step.read(tokens), search.beams);
      const results = await searchStep(step, feeds, {
        ...search,
        ...(automaton ? { automaton } : {}),
        sentences: batch.length,
        maximumLengths: tokens.map(maximumLength),
        numbers: batch.map((i) => firstNumber + i),
        ...(onBest && {
          onBest: (ids: readonly number[], at: number) =>
            onBest(textOf(this.tokenizer.target, ids), batch[at] as number),
        }),
      });
      for (const [at, i] of batch.entries()) {
        const result = results[at] as (typeof results)[number];
        translations[i] = translationOf(this.tokenizer, tokens[at] as Int32Array, result);
      }
      done += batch.length;
      onProgress?.(done / sources.length);
    }
    return translations;
  }

  /**
   * How well what the model writes matches the targets. Pairs of one source, wherever they stand, are one source with several
   * references.
   * @throws InputError without pairs, and as `translate` does.
   */
  async score(pairs: readonly Pair[], options: PairScoreOptions = {}): Promise<PairScores> {
    expectPairs("score", pairs);
    const [search, scores] = searchAndScores(options);
    const grouped = groupPairs(pairs);
    const translations = await this.translate(grouped.sources, search);
    const texts = translations.map(({ text }) => text);
    return pairScores(texts, grouped, this.tokenizer.target, scores);
  }

  /**
   * The encoder's vector for each text as a whole: its last hidden state (Cho et al. 2014, figure 5; Sutskever et al. 2014,
   * figure 2), [H], or [2H] of two directions.
   */
  async vectors(sources: readonly string[], options: { signal?: AbortSignal } = {}): Promise<Float32Array[]> {
    const { signal } = completeOptions("vectors", options, { signal: abortSignal });
    const read = await this.#encodeSources("vectors", sources, signal);
    const vectors = new Array<Float32Array>(sources.length);
    for (const batch of byLength(read, 64)) {
      signal?.throwIfAborted();
      const { parts, B } = await this.#step.read(batch.map((i) => read[i] as Int32Array));
      const summary = parts.summary as Values;
      const width = summary.length / B;
      for (const [b, i] of batch.entries()) {
        vectors[i] = Float32Array.from(summary.subarray(b * width, (b + 1) * width));
      }
    }
    return vectors;
  }

  #encodeSources(who: string, sources: readonly string[], signal: AbortSignal | undefined): Promise<Int32Array[]> {
    if (!Array.isArray(sources)) throw new InputError(`${who}: expected a list of texts, got ${describe(sources)}.`);
    const encode = (text: string, i: number) => {
      const which = `${who}: text ${i + 1} of ${sources.length}`;
      if (typeof text !== "string") throw new InputError(`${which} is ${describe(text)}, expected a string.`);
      const tokens = this.tokenizer.encodeSource(text);
      if (tokens.length === 0) throw new InputError(`${which} has no tokens: expected a text.`);
      return tokens;
    };
    return inTurns(sources, encode, signal);
  }

  #readable(tokens: Int32Array): boolean {
    return tokens.some((token) => token !== this.tokenizer.source.special.unknown);
  }
}
