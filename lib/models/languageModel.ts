import type { Tokenizer, TokenStream } from "../data/index.js";
import { countCharacters, memoryStream, sentenceMarks, tokenizerFromJSON } from "../data/index.js";
import { InputError } from "../errors.js";
import type { Executor, Store } from "../executor/executor.js";
import { loadModelFolder, saveModelFolder } from "../formats/index.js";
import type { Graph } from "../graph/graph.js";
import * as ops from "../graph/ops/index.js";
import type { Parameter } from "../nn/parameter.js";
import { expectNumber } from "../options.js";
import { EvaluationStep } from "../train/evaluation.js";
import type { RecordedLoss, Trainable } from "../train/trainable.js";
import type { WeightType } from "../weights.js";
import type { BeamTextOptions, BeamTexts } from "./beamTexts.js";
import { completeBeamTexts, searchTexts } from "./beamTexts.js";
import type { GenerateAllOptions, GenerateOptions } from "./generation.js";
import { completeGenerate, completeGenerateAll, draw, TokenStep } from "./generation.js";
import type { LanguageModelForm } from "./languageModelData.js";
import { SentenceData, WindowData } from "./languageModelData.js";
import type { LanguageModelConfig } from "./languageModelNetwork.js";
import { LanguageModelNetwork } from "./languageModelNetwork.js";
import { ModelWeights } from "./modelWeights.js";
import { layerCounts } from "./networks.js";

export interface LanguageModelOptions extends Omit<LanguageModelConfig, "vocabularySize"> {
  tokenizer: Tokenizer;
  /** Of the first weights. Default 1. */
  seed?: number;
  executor: Executor;
}

/** How well a model predicts a text. */
export interface Evaluation {
  /** Tokens predicted. */
  tokens: number;
  /** Mean negative log-probability of a token, in nats. */
  nats: number;
  /** exp(nats). */
  perplexity: number;
  /** Bits per character of the text, whatever the tokens are; where the number of characters is known. */
  bitsPerCharacter?: number;
}

/** The walk of every recurrent unit over a text. */
export interface Activations {
  /** The tokens of the text, printable. */
  tokens: string[];
  layers: {
    /** "layer 1 hidden". */
    name: string;
    kind: "hidden" | "cell";
    units: number;
    /** [tokens, units]: after reading each token. */
    values: Float32Array;
  }[];
  /** Bits of surprise of each token, given those before it; 0 for the first. */
  surprise: Float32Array;
}

/** What its folder says that it holds. */
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
  readonly tokenizer: Tokenizer;
  readonly executor: Executor;
  readonly #weights: ModelWeights;
  #evaluations: Promise<unknown> = Promise.resolve();
  readonly #evaluation = new EvaluationStep(this);
  /** By the number of sequences side by side. */
  readonly #steps = new Map<number, TokenStep>();

  private constructor(network: LanguageModelNetwork, tokenizer: Tokenizer, executor: Executor) {
    this.network = network;
    this.tokenizer = tokenizer;
    this.executor = executor;
    this.#weights = new ModelWeights(identity.model, network.parameters, executor);
  }

  /** A model with new weights. @throws OptionError for options that do not fit together. */
  static async create(options: LanguageModelOptions): Promise<LanguageModel> {
    const { tokenizer, seed = 1, executor, ...config } = options;
    expectNumber("LanguageModel", "seed", seed, { integer: true, minimum: 0 });
    const network = new LanguageModelNetwork({ ...config, vocabularySize: tokenizer.size });
    const model = new LanguageModel(network, tokenizer, executor);
    await model.#weights.initialise(seed);
    return model;
  }

  /** A model from its folder. @throws FileError if a file is missing, truncated, altered, or of another model. */
  static async load(folder: string, options: { executor: Executor }): Promise<LanguageModel> {
    const networkOf = (config: Record<string, unknown>) =>
      new LanguageModelNetwork(config as unknown as LanguageModelConfig);
    const loaded = await loadModelFolder(folder, {
      ...identity,
      parameters: (config) => networkOf(config).parameters,
    });
    const model = new LanguageModel(networkOf(loaded.config), loaded.tokenizer, options?.executor);
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

  recordLoss(graph: Graph, { T, B, role, lengths }: LanguageModelForm): RecordedLoss {
    if (graph.training) this.#weights.expectTrainable();
    const inputs = graph.feed("inputs", "i32", [T, B]);
    const targets = graph.feed("targets", "i32", [T, B]);
    const variables = lengths ? {} : this.network.stateVariables(graph, role, B);
    // Multiplying by 0 starts a text anew; by 1 it goes on: one program for both.
    const state = Object.entries(variables).map(([name, v]) => [name, ops.multiply(v, graph.scalar("carry"))] as const);
    const { features, last } = this.network.features(inputs, {
      ...(lengths ? { lengths: graph.feed("lengths", "i32", [B]) } : { state: Object.fromEntries(state) }),
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
   * model of sentences, line by line.
   * @param options.batchSize the text is cut into so many parts that are read side by side; lines: how many. Default 1.
   * @throws InputError if there are fewer than two tokens.
   */
  async evaluate(
    text: string | TokenStream,
    {
      batchSize = 1,
      windowLength = 64,
      signal,
    }: { batchSize?: number; windowLength?: number; signal?: AbortSignal } = {},
  ): Promise<Evaluation> {
    expectNumber("evaluate", "batchSize", batchSize, { integer: true, minimum: 1 });
    expectNumber("evaluate", "windowLength", windowLength, { integer: true, minimum: 1 });
    const stream =
      typeof text === "string"
        ? memoryStream(this.tokenizer.encode(text), countCharacters(this.tokenizer.normalize(text)))
        : text;
    if (stream.length < 2) throw new InputError(`evaluate: expected at least 2 tokens, got ${stream.length}.`);
    const { tokenizer } = this;
    const data = this.network.config.sentences
      ? await SentenceData.of(stream, { tokenizer, batchSize, role: "evaluate" })
      : new WindowData(stream, {
          batchSize: Math.min(batchSize, stream.length - 1),
          windowLength,
          role: "evaluate",
        });
    const { total, tokens } = await this.#measure(data, signal ? { signal } : {});
    const nats = total / tokens;
    return {
      tokens,
      nats,
      perplexity: Math.exp(nats),
      ...(data.characters > 0 ? { bitsPerCharacter: total / Math.LN2 / data.characters } : {}),
    };
  }

  /**
   * The log-probability in nats of each token of a text after the first, and of all together; by a model of sentences,
   * also of the first.
   */
  async logProbability(text: string): Promise<{ total: number; tokens: { token: string; logProbability: number }[] }> {
    const ids = Int32Array.of(...this.#opening(), ...this.tokenizer.encode(text));
    if (ids.length < 2) throw new InputError(`logProbability: expected at least 2 tokens, got ${ids.length}.`);
    const data = new WindowData(memoryStream(ids, 0), { batchSize: 1, windowLength: 64, role: "evaluate" });
    const losses: number[] = [];
    await this.#measure(data, { each: (batch) => losses.push(...batch) });
    return {
      total: -losses.reduce((sum, loss) => sum + loss, 0),
      tokens: losses.map((loss, i) => ({ token: this.tokenizer.token(ids[i + 1] as number), logProbability: -loss })),
    };
  }

  /**
   * Writes text, piece by piece: an async iterator that can be stopped by leaving the loop.
   * @throws InputError for a prompt with a character that the model has never seen.
   */
  async *generate(options: GenerateOptions = {}): AsyncGenerator<string, void, undefined> {
    const { prompt, stop, ...drawing } = completeGenerate(options);
    const { context, decoder } = this.#begin(prompt);
    const pieces = stopBefore(stop);
    for await (const { token } of draw(this.#tokenStep(), [context], drawing)) {
      const { text, stopped } = pieces.push(decoder.push(token));
      if (text !== "") yield text;
      if (stopped) return;
    }
    const rest = pieces.push(decoder.end());
    const text = rest.stopped ? rest.text : rest.text + pieces.end();
    if (text !== "") yield text;
  }

  /**
   * Writes many texts side by side, which takes far less time for each than one after the other. Texts of one call differ
   * by their place in it; the same seed and place write the same text.
   * @returns the texts, without their prompts.
   * @throws InputError for a prompt with a character that the model has never seen.
   */
  async generateAll(options: GenerateAllOptions = {}): Promise<string[]> {
    const { prompts, stop, ...drawing } = completeGenerateAll(options);
    const rows = prompts.map((prompt) => ({
      ...this.#begin(prompt),
      pieces: stopBefore(stop),
      text: "",
      stopped: false,
    }));
    const contexts = rows.map(({ context }) => context);
    let open = rows.length;
    for await (const { row, token } of draw(this.#tokenStep(rows.length), contexts, drawing)) {
      const own = rows[row] as (typeof rows)[number];
      if (own.stopped) continue;
      const { text, stopped } = own.pieces.push(own.decoder.push(token));
      own.text += text;
      own.stopped = stopped;
      if (stopped && --open === 0) break;
    }
    return rows.map(({ text, stopped, pieces, decoder }) => {
      if (stopped) return text;
      const last = pieces.push(decoder.end());
      return text + (last.stopped ? last.text : last.text + pieces.end());
    });
  }

  /**
   * Searches for the likeliest texts behind a prompt, instead of drawing one: beam search inside the executor. Likely texts of a
   * language model are often dull; noRepeatNgram keeps them from going in circles.
   * @throws InputError for a prompt with a character that the model has never seen.
   * @throws OptionError for options that contradict each other.
   */
  async beamSearch(options: BeamTextOptions = {}): Promise<BeamTexts> {
    const { prompt, ...complete } = completeBeamTexts(this.tokenizer, options);
    const { context } = this.#begin(prompt);
    const decode = (tokens: readonly number[]) => {
      const { decoder } = this.#begin(prompt);
      return tokens.map((token) => decoder.push(token)).join("") + decoder.end();
    };
    // What does not fit is refused before a step of so many rows is compiled.
    const beams = expectNumber("beamSearch", "beams", complete.search.beams, { integer: true, minimum: 1 });
    const steps = { reading: this.#tokenStep(), searching: this.#tokenStep(beams) };
    const known = { context, banned: this.#banned(), tokenizer: this.tokenizer };
    return searchTexts(steps, known, { ...complete, decode });
  }

  /** What is read before the first token is drawn, and a decoder that has seen the prompt. */
  #begin(prompt: string): { context: number[]; decoder: ReturnType<Tokenizer["decoder"]> } {
    const prompted = this.tokenizer.encode(prompt);
    const context = [...this.#opening(), ...prompted];
    if (context.length === 0) context.push(this.#startToken());
    const decoder = this.tokenizer.decoder();
    for (const token of prompted) decoder.push(token);
    return { context, decoder };
  }

  /** The state of every recurrent unit after each token of a text. */
  async activations(text: string): Promise<Activations> {
    const ids = this.tokenizer.encode(text);
    if (ids.length === 0) throw new InputError("activations: the text is empty.");
    const step = this.#tokenStep();
    const entries = Object.entries(this.network.recurrent.stateSizes);
    const layers = entries.map(([name, units]) => ({
      name: stateTitle(name),
      kind: name.startsWith("c") ? ("cell" as const) : ("hidden" as const),
      units,
      values: new Float32Array(ids.length * units),
    }));
    const surprise = new Float32Array(ids.length);
    let state = step.start();
    for (const [t, id] of ids.entries()) {
      const result = await step.read(id, state);
      state = result.state;
      for (const [i, [name, units]] of entries.entries()) layers[i]?.values.set(state[name] as Float32Array, t * units);
      const following = ids[t + 1];
      if (following !== undefined) surprise[t + 1] = -(result.logProbabilities[following] as number) / Math.LN2;
    }
    return { tokens: Array.from(ids, (id) => this.tokenizer.token(id)), layers, surprise };
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

  /** Evaluations take turns: they share the variables that carry the state. */
  #measure(
    data: WindowData | SentenceData,
    options: { signal?: AbortSignal; each?: (losses: Float32Array | Float64Array) => void },
  ): Promise<{ total: number; tokens: number }> {
    const turn = this.#evaluations.then(async () => {
      let total = 0;
      let tokens = 0;
      for await (const batch of data.batches(0)) {
        options.signal?.throwIfAborted();
        const result = await this.#evaluation.run(batch);
        total += result.total;
        tokens += result.tokens;
        options.each?.(result.losses.subarray(0, batch.tokens));
      }
      return { total, tokens };
    });
    this.#evaluations = turn.catch(() => {});
    return turn;
  }

  #tokenStep(rows = 1): TokenStep {
    const step = this.#steps.get(rows) ?? new TokenStep(this, this.#banned(), rows);
    this.#steps.set(rows, step);
    return step;
  }

  /** Tokens that are never drawn. */
  #banned(): number[] {
    const { unknown, beginOfSentence, padding } = this.tokenizer.special;
    return [unknown, beginOfSentence, padding].filter((id) => id !== undefined);
  }

  /** What a model of sentences reads before the first token. */
  #opening(): number[] {
    return this.network.config.sentences ? [sentenceMarks(this.tokenizer).begin] : [];
  }

  /** What a text begins after: the end of a sentence or line. */
  #startToken(): number {
    const { beginOfSentence, endOfSentence } = this.tokenizer.special;
    return this.tokenizer.id("\n") ?? beginOfSentence ?? endOfSentence ?? 0;
  }
}

/** "h_l0" -> "layer 1 hidden". */
function stateTitle(entry: string): string {
  const [, kind, layer, direction] = /^([hc])_l(\d+)(_reverse)?$/.exec(entry) ?? [];
  return `layer ${Number(layer) + 1} ${kind === "c" ? "cell" : "hidden"}${direction ? " (backward)" : ""}`;
}

/** Holds back the end of the text while it might be the beginning of the stop text. */
function stopBefore(stop: string | undefined) {
  let held = "";
  return {
    push(piece: string): { text: string; stopped: boolean } {
      if (stop === undefined) return { text: piece, stopped: false };
      held += piece;
      const at = held.indexOf(stop);
      if (at >= 0) return { text: held.slice(0, at), stopped: true };
      let keep = Math.min(stop.length - 1, held.length);
      while (keep > 0 && !stop.startsWith(held.slice(held.length - keep))) keep--;
      const text = held.slice(0, held.length - keep);
      held = held.slice(held.length - keep);
      return { text, stopped: false };
    },
    end: () => held,
  };
}
