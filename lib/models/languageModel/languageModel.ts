import type { SentenceMarks, TokenDecoder, Tokenizer, TokenStream } from "../../data/index.js";
import {
  countCharacters,
  memoryStream,
  sentenceMarks,
  sentenceTokenizer,
  tokenizerFromJSON,
  tokenStream,
} from "../../data/index.js";
import { InputError, OptionError } from "../../errors.js";
import type { Executor, Store } from "../../executor/executor.js";
import { loadModelFolder, saveModelFolder } from "../../formats/index.js";
import type { Graph } from "../../graph/graph.js";
import * as ops from "../../graph/ops/index.js";
import type { CellOptions } from "../../nn/cellRegistry.js";
import type { Parameter } from "../../nn/parameter.js";
import type { Rule, TableFor } from "../../options.js";
import { checkOption, completeOptions, seed, text, value } from "../../options.js";
import type { RecordedLoss, Trainable } from "../../train/trainable.js";
import type { WeightType } from "../../weights.js";
import { completeWithCell } from "../cellConfig.js";
import { executorRule } from "../executorRule.js";
import { layerCounts, ModelWeights } from "../modelWeights.js";
import { tokenizer } from "../tokenizerIdentity.js";
import { unwrittenTokens } from "../unwrittenTokens.js";
import { wholeText } from "../wholeText.js";
import type { Activations } from "./activations.js";
import { activationsOf } from "./activations.js";
import type { BeamTextOptions, BeamTexts } from "./beamTexts.js";
import { completeBeamTexts, searchTexts } from "./beamTexts.js";
import type { LanguageModelForm } from "./data.js";
import { expectOwnData } from "./data.js";
import type { GenerateAllOptions, GenerateOptions } from "./generation.js";
import { completeGenerate, completeGenerateAll, draw } from "./generation.js";
import type { LanguageModelConfig } from "./network.js";
import { configRules, LanguageModelNetwork } from "./network.js";
import type { NextTokens, NextTokensOptions } from "./nextTokens.js";
import { completeNextTokens, likeliest } from "./nextTokens.js";
import { Passage } from "./passage.js";
import type { TextEnd } from "./textEnd.js";
import { endTokenOf } from "./textEnd.js";
import type { EvaluateOptions, Evaluation, TextProbability } from "./textMeasure.js";
import { evaluateRules, TextMeasure } from "./textMeasure.js";
import { TokenStep } from "./tokenStep.js";

export interface LanguageModelOptions extends Omit<LanguageModelConfig, "vocabularySize"> {
  tokenizer: Tokenizer;
  /** Seed for the initial weights. Default 1. */
  seed?: number;
  executor: Executor;
}

const { vocabularySize: _vocabularySize, ...architecture } = configRules;

const createRules = {
  ...architecture,
  tokenizer,
  seed: seed(),
  executor: executorRule,
} satisfies TableFor<Omit<LanguageModelOptions, keyof CellOptions>>;

/** A text to read, which may be empty. */
const anyText = text({ empty: true });

/** The entries of a folder that say what it holds. */
const identity = { model: "LanguageModel", tokenizer: tokenizerFromJSON, counts: layerCounts } as const;

/**
 * A recurrent language model over characters, bytes, words or subwords (Mikolov et al. 2010; Zaremba et al. 2014;
 * Karpathy 2015).
 *
 * ```ts
 * const model = await LanguageModel.load("my-model", { executor: nativeExecutor() });
 * for await (const text of model.generate({ prompt: "Once", temperature: 0.8 })) process.stdout.write(text);
 * ```
 */
export class LanguageModel implements Trainable<LanguageModelForm> {
  readonly network: LanguageModelNetwork;
  /** The tokenizer as it reads and writes texts of this model: to one of sentences, a line end is the end of a sentence. */
  readonly tokenizer: Tokenizer;
  readonly executor: Executor;
  readonly #weights: ModelWeights;
  readonly #measure: TextMeasure;
  #tokenStep: TokenStep | null = null;
  /** What begins and ends a sentence; null where the text is one running text. */
  readonly #marks: SentenceMarks | null;

  private constructor(network: LanguageModelNetwork, tokenizer: Tokenizer, executor: Executor) {
    if (!(network instanceof LanguageModelNetwork)) {
      throw new OptionError(
        "LanguageModel: use await LanguageModel.create(options), or LanguageModel.load(folder, options).",
      );
    }
    const { sentences } = network.config;
    this.network = network;
    this.tokenizer = sentences ? sentenceTokenizer(tokenizer) : tokenizer;
    this.executor = executor;
    this.#marks = sentences ? sentenceMarks(tokenizer) : null;
    this.#measure = new TextMeasure(this, { tokenizer: this.tokenizer, sentences });
    this.#weights = new ModelWeights(identity.model, network.parameters, executor);
  }

  /** A model with new weights. @throws OptionError for options that do not fit together. */
  static async create(options: LanguageModelOptions): Promise<LanguageModel> {
    const { tokenizer, seed, executor } = completeWithCell("LanguageModel", options, {
      table: createRules,
      first: "all",
    });
    const { tokenizer: _tokenizer, seed: _seed, executor: _executor, ...config } = options;
    const network = new LanguageModelNetwork({ ...config, vocabularySize: tokenizer.size });
    const model = new LanguageModel(network, tokenizer, executor);
    await model.#weights.initialise(seed);
    return model;
  }

  /** A model from its folder. @throws FileError if a file is missing, truncated, altered, or of another model. */
  static async load(folder: string, options: { executor: Executor }): Promise<LanguageModel> {
    const networkOf = (config: Record<string, unknown>) =>
      new LanguageModelNetwork(config as unknown as LanguageModelConfig);
    const { executor } = completeOptions("LanguageModel", options, { executor: createRules.executor });
    const loaded = await loadModelFolder(checkOption("LanguageModel", "folder", folder, text()), {
      ...identity,
      parameters: (config) => networkOf(config).parameters,
    });
    const model = new LanguageModel(networkOf(loaded.config), loaded.tokenizer, executor);
    await model.#weights.write(loaded);
    return model;
  }

  get store(): Store {
    return this.#weights.store;
  }

  /** The type that quantize() rounded the matrices to; null: they are float32. */
  get weights(): WeightType | null {
    return this.#weights.type;
  }

  /**
   * Rounds all weight matrices, row by row, to a smaller type, for good: from then on the model can write and measure, not
   * learn. Its files become smaller, and writing one text at a time faster, for that is bound by reading the weights. What
   * it costs in perplexity is what evaluate() says before and after.
   * @throws InputError if a weight is not finite.
   * @throws OptionError if the model is rounded to another type already.
   */
  quantize(type: WeightType): Promise<void> {
    return this.#weights.quantize(type);
  }

  get parameters(): readonly Parameter[] {
    return this.network.parameters;
  }

  /** Number of weights. */
  get parameterCount(): number {
    return this.#weights.count;
  }

  recordLoss(graph: Graph, form: LanguageModelForm): RecordedLoss {
    if (graph.training) this.#weights.expectTrainable();
    expectOwnData(form, { sentences: this.network.config.sentences, tokenizer: this.tokenizer });
    const { T, B, role, lengths, carried = !lengths } = form;
    const inputs = graph.feed("inputs", "i32", [T, B]);
    const targets = graph.feed("targets", "i32", [T, B]);
    const variables = carried ? this.network.stateVariables(graph, role, B) : {};
    // Multiplying by 0 begins a text from the first state; by 1 it goes on: one program for both.
    const state = Object.entries(variables).map(([name, v]) => [name, ops.multiply(v, graph.scalar("carry"))] as const);
    const { features, last } = this.network.features(inputs, {
      ...(lengths ? { lengths: graph.feed("lengths", "i32", [B]) } : {}),
      ...(carried ? { state: Object.fromEntries(state) } : {}),
    });
    const { losses, count } = this.network.output.crossEntropy(ops.asRows(features), ops.reshape(targets, [T * B]));
    return {
      losses: ops.reshape(losses, [T, B]),
      count,
      carried: Object.entries(variables).map(([name, variable]) => ({
        variable,
        value: last[name] as typeof variable,
      })),
    };
  }

  /**
   * How well the model predicts a text or a stream of tokens, read from beginning to end with the state carried; by a
   * model of sentences, line by line, each from its beginning to its end, empty lines left out.
   * @throws InputError if no token is predicted: of fewer than two tokens, or one in a model of sentences.
   * @throws OptionError for a stream that another tokenizer has made.
   */
  async evaluate(given: string | TokenStream, options: EvaluateOptions = {}): Promise<Evaluation> {
    const complete = completeOptions("evaluate", options, evaluateRules);
    const text = checkOption("evaluate", "the text", given, textOrStream);
    const stream =
      typeof text === "string"
        ? memoryStream(this.tokenizer.encode(text), countCharacters(this.tokenizer.normalize(text)))
        : text;
    return this.#measure.evaluate(stream, complete);
  }

  /**
   * The log-probability of each token of a text that is predicted, and of all together: of those after the first; by a
   * model of sentences, of every token of each line and of the line ends, empty lines left out.
   * @throws InputError if no token is predicted.
   */
  async logProbability(given: string): Promise<TextProbability> {
    return this.#measure.logProbability(this.tokenizer.encode(checkOption("logProbability", "text", given, anyText)));
  }

  /**
   * The tokens that are likeliest to follow a prompt, with their probabilities: of the model's own distribution, in which
   * <unk> is a token as others are.
   *
   * ```ts
   * const { tokens } = await model.nextTokens("The quick brown", { top: 3 });
   * for (const { text, probability } of tokens) console.log(text, probability.toFixed(3));
   * ```
   * @param given text to continue; "" for the start of a line.
   * @throws InputError for a prompt with a character that the model has never seen.
   */
  async nextTokens(given: string, options: NextTokensOptions = {}): Promise<NextTokens> {
    const { top } = completeNextTokens(options);
    const { prompted, context } = this.#begin(checkOption("nextTokens", "prompt", given, anyText));
    const state = await this.#step.readAll(context.slice(0, -1));
    const { logProbabilities } = await this.#step.read(context.at(-1) as number, state);
    return {
      tokens: likeliest(logProbabilities, { top, tokenizer: this.tokenizer, prompt: prompted }),
      unknown: this.#measure.countUnknown(prompted),
    };
  }

  /**
   * Writes text, piece by piece: an async iterator that can be stopped by leaving the loop.
   * @throws InputError for a prompt with a character that the model has never seen.
   */
  async *generate(options: GenerateOptions = {}): AsyncGenerator<string, void, undefined> {
    const { prompt, end, stop, ...drawing } = completeGenerate(options);
    const { context, decoder } = this.#begin(prompt);
    const passage = new Passage(decoder, { end: this.#endOf("generate", end), stop });
    for await (const { token } of draw(this.#step, [context], drawing)) {
      const text = passage.push(token);
      if (text !== "") yield text;
      if (passage.ended) return;
    }
    const rest = passage.finish();
    if (rest !== "") yield rest;
  }

  /**
   * Writes many texts side by side, which takes far less time for each than one after the other. Texts of one call differ
   * by their place in it; the same seed and place write the same text.
   * @returns the texts, without their prompts.
   * @throws InputError for a prompt with a character that the model has never seen.
   */
  async generateAll(options: GenerateAllOptions = {}): Promise<string[]> {
    const { prompts, end: ending, stop, ...drawing } = completeGenerateAll(options);
    const end = this.#endOf("generateAll", ending);
    const begun = prompts.map((prompt) => this.#begin(prompt));
    const rows = begun.map(({ decoder }) => ({ passage: new Passage(decoder, { end, stop }), text: "" }));
    const contexts = begun.map(({ context }) => context);
    let open = rows.length;
    for await (const { row, token } of draw(this.#step, contexts, drawing)) {
      const own = rows[row] as (typeof rows)[number];
      if (own.passage.ended) continue;
      own.text += own.passage.push(token);
      if (own.passage.ended && --open === 0) break;
    }
    return rows.map(({ passage, text }) => text + passage.finish());
  }

  /**
   * Searches for the likeliest texts that follow a prompt, instead of drawing one: beam search inside the executor. Likely texts of a
   * language model are often dull; noRepeatNgram keeps them from going in circles.
   * @throws InputError for a prompt with a character that the model has never seen.
   * @throws OptionError for options that contradict each other.
   */
  async beamSearch(options: BeamTextOptions = {}): Promise<BeamTexts> {
    const known = { tokenizer: this.tokenizer, sentences: this.#marks !== null };
    const { prompt, ...complete } = completeBeamTexts(known, options);
    const { prompted, context } = this.#begin(prompt);
    const decode = (tokens: readonly number[]) => {
      const { decoder } = this.#begin(prompt);
      return tokens.map((token) => decoder.push(token)).join("") + decoder.end();
    };
    const given = { context, banned: unwrittenTokens(this.tokenizer, this.#marks?.end), tokenizer: this.tokenizer };
    return {
      ...(await searchTexts(this.#step, given, { ...complete, decode })),
      unknown: this.#measure.countUnknown(prompted),
    };
  }

  /**
   * The state of every recurrent unit after each token of a text.
   * @throws InputError for an empty text; OptionError for one whose activations do not fit into memory.
   */
  async activations(given: string): Promise<Activations> {
    const ids = this.tokenizer.encode(checkOption("activations", "text", given, anyText));
    if (ids.length === 0) throw new InputError("activations: the text is empty.");
    return activationsOf(this.#step, { opening: this.#opening(), ids, tokenizer: this.tokenizer });
  }

  /**
   * Writes the model into a folder: config.json, model.safetensors, and the vocabulary.
   * @param options.overwrite replace another model that is there, with its training. Default false.
   * @throws FileError if the folder holds another model, is being trained, or cannot be written; a model that is there stays whole.
   */
  async save(folder: string, options: { overwrite?: boolean } = {}): Promise<void> {
    const { network, tokenizer, weights } = this;
    const tensors = await this.#weights.read();
    const content = { model: identity.model, config: network.config, tensors, weights, tokenizer };
    await saveModelFolder(folder, content, options);
  }

  /** Reads back the weights that save() wrote. @throws FileError if the folder is damaged, or holds another model. */
  async restore(folder: string): Promise<void> {
    const same = { model: identity.model, config: this.network.config, tokenizer: this.tokenizer };
    await this.#weights.write(await loadModelFolder(folder, { ...identity, same, parameters: () => this.parameters }));
  }

  /** The model as a step; made when it is first needed, which training never does. */
  get #step(): TokenStep {
    this.#tokenStep ??= new TokenStep(this, {
      banned: unwrittenTokens(this.tokenizer, this.#marks?.end),
      marks: this.#marks,
      automaton: wholeText(this.tokenizer),
    });
    return this.#tokenStep;
  }

  /** What is read before the first token is drawn, and a decoder that has seen the prompt. */
  #begin(prompt: string): { prompted: Int32Array; context: number[]; decoder: TokenDecoder } {
    const prompted = this.tokenizer.encode(prompt);
    const context = [...this.#opening(), ...prompted];
    if (context.length === 0) context.push(this.#startToken());
    const decoder = this.tokenizer.decoder();
    for (const token of prompted) decoder.push(token);
    return { prompted, context, decoder };
  }

  /** The token that ends a text that is drawn; null for none. */
  #endOf(who: string, end: TextEnd | undefined): number | null {
    return endTokenOf(who, this.tokenizer, end ?? (this.#marks ? "line" : "never"));
  }

  /** The tokens that a model of sentences reads before the first one. */
  #opening(): number[] {
    return this.#marks ? [this.#marks.begin] : [];
  }

  /** The token that a text begins after: the end of a sentence or line. */
  #startToken(): number {
    const { beginOfSentence, endOfSentence } = this.tokenizer.special;
    return this.tokenizer.id("\n") ?? beginOfSentence ?? endOfSentence ?? 0;
  }
}

/** A text, or the tokens of one. */
const textOrStream: Rule<string | TokenStream> = value(`a text, or ${tokenStream.expected}`, (given) => {
  return typeof given === "string" || tokenStream.fits(given);
});
