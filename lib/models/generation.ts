import { expectKnownOptions, expectNumber, InputError } from "../errors.js";
import type { Executable, Executor, Feeds, Store } from "../executor/executor.js";
import { Graph } from "../graph/graph.js";
import * as ops from "../graph/ops/index.js";
import type { Tensor } from "../graph/tensor.js";
import type { LanguageModelNetwork } from "./languageModelNetwork.js";

export interface SamplingOptions {
  /** 0 takes the most probable token; above 1 is more daring. Default 1. */
  temperature?: number;
  /** Only the k most probable tokens; 0 for all. Default 0. */
  topK?: number;
  /** Only the most probable tokens that together reach this probability; 1 for all. Default 1. */
  topP?: number;
  /** The same seed writes the same text. Default: a new one each time. */
  seed?: number;
}

/** The sampling options with their defaults. @throws OptionError for a value outside its range. */
export function completeSampling(options: SamplingOptions): Required<SamplingOptions> {
  const who = "generate";
  return {
    temperature: expectNumber(who, "temperature", options.temperature ?? 1, { minimum: 0 }),
    topK: expectNumber(who, "topK", options.topK ?? 0, { integer: true, minimum: 0 }),
    topP: expectNumber(who, "topP", options.topP ?? 1, { above: 0, maximum: 1 }),
    seed: expectNumber(who, "seed", options.seed ?? Math.floor(Math.random() * 2 ** 31), { integer: true, minimum: 0 }),
  };
}

/** What one step of a sequence reports. */
export interface Stepped {
  /** The token drawn to follow. */
  next: number;
  /** Log-probability of every token to follow, [V], in nats. */
  logProbabilities: Float32Array;
  /** The state after the step, by entry: h_l0 [H], c_l0 [H] ... */
  state: Record<string, Float32Array>;
}

/**
 * A language model as a step: (token, state) -> (distribution, next token, state), one program replayed. The state
 * travels with the caller, so many walks over one model do not disturb each other.
 */
export class TokenStep {
  readonly #executable: Executable;
  readonly #network: LanguageModelNetwork;
  /** Added to the logits: -infinity for tokens that must not be drawn. Null when all may. */
  readonly #mask: Float32Array | null;

  /** @param banned tokens that are never drawn, such as <unk>. */
  constructor(model: { network: LanguageModelNetwork; executor: Executor; store: Store }, banned: readonly number[]) {
    this.#network = model.network;
    const { vocabularySize } = model.network.config;
    const graph = new Graph();
    const ids = graph.feed("ids", "i32", [1, 1]);
    const sizes = Object.entries(model.network.recurrent.stateSizes);
    const state = Object.fromEntries(sizes.map(([name, H]) => [name, graph.feed(name, "f32", [1, H])]));
    const { logits, last } = model.network.nextLogits(ids, state);
    const { ids: next } = ops.sample({
      logits: banned.length ? ops.add(logits, graph.feed("mask", "f32", [vocabularySize])) : logits,
      temperature: graph.scalar("temperature"),
      topK: graph.feed("topK", "i32", []),
      topP: graph.scalar("topP"),
      random: graph.random(),
    });
    graph.output("next", next);
    graph.output("logProbabilities", ops.logSoftmax(logits));
    for (const [name, tensor] of Object.entries(last) as [string, Tensor][]) graph.output(`last.${name}`, tensor);
    this.#executable = model.executor.compile(graph.program(), model.store);
    this.#mask = banned.length ? new Float32Array(vocabularySize) : null;
    for (const id of banned) this.#mask?.fill(Number.NEGATIVE_INFINITY, id, id + 1);
  }

  /** The state before the first token. */
  start(): Record<string, Float32Array> {
    return Object.fromEntries(
      Object.entries(this.#network.recurrent.stateSizes).map(([name, H]) => [name, new Float32Array(H)]),
    );
  }

  /** @param position number of this step, which moves the random numbers on. */
  async run(
    token: number,
    state: Record<string, Float32Array>,
    sampling: Required<SamplingOptions> & { position: number },
  ): Promise<Stepped> {
    const feeds: Record<string, Feeds[string]> = {
      ids: Int32Array.of(token),
      temperature: sampling.temperature,
      topK: Int32Array.of(sampling.topK),
      topP: sampling.topP,
      random: Int32Array.of(sampling.seed, sampling.position),
      ...(this.#mask ? { mask: this.#mask } : {}),
      ...state,
    };
    const { outputs } = await this.#executable.run(feeds);
    return {
      next: outputs.next?.[0] as number,
      logProbabilities: outputs.logProbabilities as Float32Array,
      state: Object.fromEntries(Object.keys(state).map((name) => [name, outputs[`last.${name}`] as Float32Array])),
    };
  }
}

export interface GenerateOptions extends SamplingOptions {
  /** Text to continue. Default: the start of a line. */
  prompt?: string;
  /** Tokens to write at most. Default 500. */
  maximumTokens?: number;
  /** Stop before this text, which is not written. */
  stop?: string;
  signal?: AbortSignal;
}

/** @throws OptionError for an unknown option or a value outside its range. */
export function completeGenerate(options: GenerateOptions) {
  const known = ["temperature", "topK", "topP", "seed", "prompt", "maximumTokens", "stop", "signal"] as const;
  expectKnownOptions("generate", options, known);
  if (options.stop === "") throw new InputError("generate: the stop text is empty; leave it out to write on.");
  return {
    ...completeSampling(options),
    prompt: options.prompt ?? "",
    maximumTokens: expectNumber("generate", "maximumTokens", options.maximumTokens ?? 500, {
      integer: true,
      minimum: 1,
    }),
    stop: options.stop,
    signal: options.signal,
  };
}
