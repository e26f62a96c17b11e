import type { Tokenizer, TokenStream } from "../../data/index.js";
import { OptionError, withArticle } from "../../errors.js";
import type { Values } from "../../executor/executor.js";
import { oneVocabulary } from "../../formats/index.js";
import type { Graph } from "../../graph/graph.js";
import type { OptionsOf } from "../../options.js";
import { callback, checkOption, completeOptions, list, optional, real, table, value } from "../../options.js";
import type { RecordedLoss } from "../../train/trainable.js";
import type { ModelKind, ModelParts } from "../modelKind.js";
import type { LoadOptions } from "../savedModel.js";
import { loadModelOf, modelOf } from "../savedModel.js";
import type { LanguageModelForm } from "../textModel/data.js";
import type { TextMeasure, TextProbability } from "../textModel/textMeasure.js";
import { readingRules } from "../textModel/textMeasure.js";
import { anyText, recordTextLoss, TextModel } from "../textModel/textModel.js";
import { fingerprint } from "../tokenizerIdentity.js";
import type { MixtureConfig } from "./network.js";
import { MixtureNetwork, mixtureRules, prefixOf } from "./network.js";
import { likeliestWeights } from "./weights.js";

const ofRules = table("Mixture.of", {
  /** The weight of each model, none below 0, together 1. Default: all the same. */
  weights: optional(list(real({ minimum: 0, maximum: 1 }))),
});

/** Options of `Mixture.of`. @interface */
export type MixtureOptions = OptionsOf<typeof ofRules>;

const fitRules = table("Mixture.fit", {
  ...readingRules,
  /** Called when a model has read the text, with the share of all that is done. Default: none. */
  onProgress: callback<(share: number) => void>(),
});

/** Options of `Mixture.fit`. @interface */
export type MixtureFitOptions = OptionsOf<typeof fitRules>;

const models = list(value<TextModel>("a model of text", (model) => model instanceof TextModel));

/** Result of `Mixture.compare`. */
export interface MixtureComparison {
  /** Each token that is predicted. */
  tokens: {
    token: string;
    /** Log-probability in nats: the mixture's. */
    logProbability: number;
    /** That of each model alone; -Infinity where it holds the token impossible. */
    parts: number[];
  }[];
  /** Log-probability of the whole text in nats. */
  total: number;
  /** That of each model alone. */
  totals: number[];
}

/** Result of fitting the weights of a mixture. */
export interface MixtureFit {
  /** The weight of each model. */
  weights: number[];
  /** The perplexity of each model alone on the text that the weights are fitted on. */
  perplexities: number[];
  /** That of the mixture. */
  perplexity: number;
}

/**
 * Models of text with one vocabulary whose probabilities are interpolated (Jelinek & Mercer 1980), such as a network and n-grams
 * (Mikolov et al. 2010): a model of text itself, which holds the weights of all.
 *
 * ```ts
 * const both = await Mixture.of([network, ngrams]);
 * const { weights } = await both.fit(heldOut);
 * console.log((await both.evaluate(test)).perplexity);
 * await both.save("both");
 * ```
 */
export class Mixture extends TextModel<MixtureNetwork> {
  static readonly kind: ModelKind<Mixture, Tokenizer, MixtureNetwork> = {
    name: "Mixture",
    options: mixtureRules,
    vocabularies: oneVocabulary(),
    counts: [],
    network: (config) => new MixtureNetwork(config as unknown as MixtureConfig),
    make: (parts) => new Mixture(parts),
  };

  /** Each part alone, measured: no weight changes meanwhile, so that others may go on with the mixture. */
  readonly #parts: readonly TextMeasure[];

  private constructor(parts: ModelParts<Tokenizer, MixtureNetwork>) {
    super(Mixture.kind, parts);
    const { executor, store, parameters, network } = this;
    this.#parts = network.parts.map((part, k) => {
      const recordLoss = (graph: Graph, form: LanguageModelForm) =>
        graph.prefixed(prefixOf(k), () => recordTextLoss(graph, form, part));
      return this.measureOf({ executor, store, parameters, recordLoss });
    });
  }

  /**
   * A mixture of two or more models. It copies their weights: what happens to them afterwards does not change it.
   * @throws OptionError for fewer than two, for other vocabularies, for a model of lines beside one of running text, or for weights that
   *   do not sum to 1.
   */
  static async of(parts: readonly TextModel[], options: MixtureOptions = {}): Promise<Mixture> {
    const who = "Mixture.of";
    checkOption(who, "the models", parts, models);
    const { weights = parts.map(() => 1 / parts.length) } = completeOptions(who, options, ofRules);
    expectWeights(who, weights, parts.length);
    const network = new MixtureNetwork({
      vocabularySize: parts[0]?.tokenizer.size ?? 1,
      parts: parts.map(({ kind, network }) => ({ model: kind.name, config: network.config })),
      sentences: parts[0]?.network.config.sentences ?? false,
    });
    expectAlike(who, parts);
    const [{ tokenizer, executor }] = parts as [TextModel];
    const tensors: Record<string, { values: Values }> = { weights: { values: Float32Array.from(weights) } };
    for (const [k, { parameters, store }] of parts.entries()) {
      for (const { name } of parameters) tensors[`${prefixOf(k)}${name}`] = { values: await store.read(name) };
    }
    return modelOf(Mixture.kind, { network, tokenizer, executor }, tensors);
  }

  /**
   * A mixture from its folder.
   * @throws FileError if a file is missing, truncated, altered, or of another model.
   */
  static load(folder: string, options: LoadOptions = {}): Promise<Mixture> {
    return loadModelOf(Mixture.kind, folder, options);
  }

  /** The weight of each model. */
  async weights(): Promise<number[]> {
    return Array.from(await this.store.read(this.network.weights.name));
  }

  /**
   * Chooses the weights with which a text is likeliest, by expectation-maximisation: a text that none of the models has learnt from.
   * @throws InputError if no token is predicted, or one that every model holds impossible.
   * @throws OptionError for a stream that another tokenizer has made; the signal's reason.
   */
  async fit(text: string | TokenStream, options: MixtureFitOptions = {}): Promise<MixtureFit> {
    const { onProgress, signal, windowLength, ...sizes } = completeOptions("Mixture.fit", options, fitRules);
    const reading = {
      ...sizes,
      ...(windowLength === undefined ? {} : { windowLength }),
      ...(signal ? { signal } : {}),
    };
    const losses: Float64Array[] = [];
    for (const part of this.#parts) {
      losses.push(await this.tokenLosses(text, reading, part));
      onProgress?.(losses.length / (this.#parts.length + 1));
    }
    const weights = Array.from(await likeliestWeights(losses, signal));
    await this.store.write(this.network.weights.name, Float32Array.from(weights));
    const perplexity = (all: Float64Array) => Math.exp(all.reduce((sum, loss) => sum + loss, 0) / all.length);
    const mixed = perplexity(await this.tokenLosses(text, reading));
    onProgress?.(1);
    return { weights, perplexities: losses.map(perplexity), perplexity: mixed };
  }

  /** @throws OptionError in training: the models of a mixture are trained before. */
  override recordLoss(graph: Graph, form: LanguageModelForm): RecordedLoss {
    if (graph.training)
      throw new OptionError("Mixture: train its models one by one, and fit their weights with fit().");
    return super.recordLoss(graph, form);
  }

  /**
   * The log-probability of each token of a text, by the mixture and by each of its models: where one knows more than the others.
   * @throws InputError if no token is predicted, or one that every model holds impossible.
   */
  async compare(text: string): Promise<MixtureComparison> {
    const who = "Mixture.compare";
    const { tokens, total } = await this.logProbability(checkOption(who, "text", text, anyText));
    const ids = this.tokenizer.encode(text);
    const parts: TextProbability[] = [];
    for (const part of this.#parts) parts.push(await part.logProbability(ids, { who, impossible: true }));
    return {
      tokens: tokens.map((token, i) => ({
        ...token,
        parts: parts.map(({ tokens: own }) => own[i]?.logProbability as number),
      })),
      total,
      totals: parts.map(({ total: own }) => own),
    };
  }
}

/** @throws OptionError for weights that are no shares of 1. */
function expectWeights(who: string, weights: readonly number[], count: number): void {
  const sum = weights.reduce((sum, weight) => sum + weight, 0);
  if (weights.length !== count) {
    throw new OptionError(
      `${who}: expected weights to hold one number for each of ${count} models, got ${weights.length}.`,
    );
  }
  if (count > 0 && Math.abs(sum - 1) > 1e-6) {
    throw new OptionError(`${who}: expected weights that sum to 1, and these sum to ${sum}.`);
  }
}

/** How two models of different vocabularies could be trained to have the same. @param number the place of the other one, from 1 on. */
function wayTogether(first: Tokenizer, other: Tokenizer, number: number): string {
  const [one, two] = [first, other].map(({ special }) => special.unknown !== undefined);
  if (one !== two && first.kind === other.kind) {
    return (
      `Model ${one ? 1 : number} has a token for what it does not know, <unk>, and the other has none: train both on the same text with ` +
      `${first.kind === "word" ? "as many words, fewer than there are (maximumSize; --vocabulary)" : "one (unknown: true; --unknown)"}, ` +
      "or give the second the tokenizer of the first."
    );
  }
  return "Train both on the same text, or give the second the tokenizer of the first.";
}

/** @throws OptionError for models that do not read the same tokens in the same way. */
function expectAlike(who: string, parts: readonly TextModel[]): void {
  const [first, ...others] = parts as [TextModel, ...TextModel[]];
  for (const [k, other] of others.entries()) {
    const names = `model 1, ${withArticle(first.kind.name)}, and model ${k + 2}, ${withArticle(other.kind.name)}`;
    if (fingerprint(first.tokenizer) !== fingerprint(other.tokenizer)) {
      throw new OptionError(
        `${who}: ${names}, have different vocabularies (${first.tokenizer.size} and ${other.tokenizer.size} tokens). ` +
          `${wayTogether(first.tokenizer, other.tokenizer, k + 2)}`,
      );
    }
    if (first.network.config.sentences === other.network.config.sentences) continue;
    throw new OptionError(
      `${who}: of ${names}, one reads each line on its own (sentences: true; --sentences) and the other one running text, as an n-gram ` +
        "model does with running: true (--running of train ngram). Train one of them again.",
    );
  }
}
