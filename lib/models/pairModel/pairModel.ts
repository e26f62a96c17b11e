import type { Pair, TokenizerPair } from "../../data/index.js";
import { beyondContext, expectPairs } from "../../data/index.js";
import { describe, InputError } from "../../errors.js";
import type { Graph } from "../../graph/graph.js";
import type { ExportedGraph } from "../../onnx/index.js";
import { abortSignal, completeOptions } from "../../options.js";
import { searchStep } from "../../search/index.js";
import type { Measures } from "../../train/evaluation.js";
import { EvaluationStep, expectFiniteLoss, Tally } from "../../train/evaluation.js";
import type { RecordedLoss } from "../../train/trainable.js";
import { exportedPair } from "../exportedDecoder.js";
import { inTurns } from "../inTurns.js";
import type { ModelKind, ModelParts } from "../modelKind.js";
import { SavedModel } from "../savedModel.js";
import { byLength } from "../sideBySide.js";
import { expectTokenizerPair } from "../tokenizerIdentity.js";
import { textOf, wholeText } from "../wholeText.js";
import { PairData } from "./pairData.js";
import type { PairForm, PairNetwork } from "./pairNetwork.js";
import { recordPairLoss } from "./pairNetwork.js";
import type { PairScoreOptions, PairScores } from "./pairScores.js";
import { groupPairs, pairScores, searchAndScores } from "./pairScores.js";
import type { TranslateOptions, Translation } from "./translation.js";
import { completeTranslate, translateRules, translationOf, unreadableError } from "./translation.js";
import { TranslationStep } from "./translationStep.js";

/** How well a model predicts targets, given their sources and what comes before. */
export interface PairEvaluation extends Pick<Measures, "loss" | "perplexity"> {
  /** Tokens predicted, the ends included. */
  tokens: number;
}

/** A model from sequence to sequence: what all encoder-decoders over pairs of texts have in common, whatever their layers are. */
export abstract class PairModel<N extends PairNetwork = PairNetwork> extends SavedModel<TokenizerPair, N, PairForm> {
  readonly #evaluation: EvaluationStep<PairForm>;
  /** The trained network in use. @internal */
  protected readonly translationStep: TranslationStep;

  protected constructor(kind: ModelKind, parts: ModelParts<TokenizerPair, N>) {
    super(kind, parts);
    this.#evaluation = new EvaluationStep(this);
    this.translationStep = new TranslationStep(this);
  }

  /** Reading of sources, source i32 [S,B] with lengths i32 [B], and the decoder's step. @internal */
  override exportedGraphs(): readonly ExportedGraph[] {
    const { network } = this;
    return exportedPair({
      decoder: network,
      sizes: ["S", "B"],
      encode: (graph, { S = 1, B = 1 }) =>
        network.encode(graph.feed("source", "i32", [S, B]), graph.feed("lengths", "i32", [B])),
      ...(network.longest === undefined ? {} : { largest: { S: network.longest } }),
      hasLengths: true,
      length: network.longest ?? 1,
    });
  }

  override expectForm(form: unknown, data: object): void {
    super.expectForm(form, data);
    const { longest } = this.network;
    if (longest !== undefined && data instanceof PairData) data.expectWithin(longest);
  }

  recordLoss(graph: Graph, form: PairForm): RecordedLoss {
    this.expectTrainable(graph);
    expectTokenizerPair(this.kind.name, form.tokenizer, this.tokenizer);
    const { losses, count } = recordPairLoss(graph, this.network, form);
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
      role: "evaluate",
      maximumLength: Number.MAX_SAFE_INTEGER,
      ...(this.network.longest === undefined ? {} : { longest: this.network.longest }),
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
    const complete = completeTranslate(this.tokenizer, options, this.network.longest);
    const { batchSize, search, maximumLength, unreadable, firstNumber, onBest, onProgress } = complete;
    const { signal } = search;
    const automaton = wholeText(this.tokenizer.target);
    const read = await this.encodeSources("translate", sources, signal);
    const refused = unreadable === "refuse" && read.length > 0 && !read.some((tokens) => this.#readable(tokens));
    if (refused) throw unreadableError(this.tokenizer);
    const translations = new Array<Translation>(sources.length);
    let done = 0;
    for (const batch of byLength(read, batchSize)) {
      signal?.throwIfAborted();
      const tokens = batch.map((i) => read[i] as Int32Array);
      const maximumLengths = tokens.map(maximumLength);
      const longest = maximumLengths.reduce((most, length) => Math.max(most, length), 0);
      const { step, feeds } = this.translationStep.step(await this.translationStep.read(tokens), search.beams, longest);
      const results = await searchStep(step, feeds, {
        ...search,
        ...(automaton ? { automaton } : {}),
        sentences: batch.length,
        maximumLengths,
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

  /** Sources as tokens. @throws InputError for one without tokens, or of more than the model reads. @internal */
  protected encodeSources(
    who: string,
    sources: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<Int32Array[]> {
    if (!Array.isArray(sources)) throw new InputError(`${who}: expected a list of texts, got ${describe(sources)}.`);
    const encode = (text: string, i: number) => {
      const which = `${who}: text ${i + 1} of ${sources.length}`;
      if (typeof text !== "string") throw new InputError(`${which} is ${describe(text)}, expected a string.`);
      return this.readSource(text, which);
    };
    return inTurns(sources, encode, signal);
  }

  /**
   * A source as tokens.
   * @param which its name in messages. @throws InputError for one without tokens, or of more than the model reads. @internal
   */
  readSource(source: string, which = "the text"): Int32Array {
    const { longest = Number.POSITIVE_INFINITY } = this.network;
    const tokens = this.tokenizer.encodeSource(source);
    const { length } = tokens;
    if (length === 0) throw new InputError(`${which} has no tokens: expected a text.`);
    if (length > longest) throw beyondContext({ place: which, length, ends: false }, longest);
    return tokens;
  }

  #readable(tokens: Int32Array): boolean {
    return tokens.some((token) => token !== this.tokenizer.source.special.unknown);
  }
}
