import { expectKnownOptions, expectNumber, InputError } from "../errors.js";
import type { Executable, Executor, Store, Values } from "../executor/executor.js";
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

/** The state of one sequence, by entry: h_l0 [H], c_l0 [H] ... It travels with the caller. */
export type SequenceState = Readonly<Record<string, Float32Array>>;

/**
 * A language model as a step: (token, state) -> (distribution, state). Many walks over one model do not disturb each
 * other, since each brings its state.
 */
export class TokenStep {
  readonly #model: { network: LanguageModelNetwork; executor: Executor; store: Store };
  /** Added to the logits: -infinity for tokens that must not be drawn. Null when all may. */
  readonly #mask: Float32Array | null;
  #reading: Executable | null = null;
  #writing: Executable | null = null;

  /** @param banned tokens that are never drawn, such as <unk>. */
  constructor(model: { network: LanguageModelNetwork; executor: Executor; store: Store }, banned: readonly number[]) {
    this.#model = model;
    this.#mask = banned.length ? new Float32Array(model.network.config.vocabularySize) : null;
    for (const id of banned) this.#mask?.fill(Number.NEGATIVE_INFINITY, id, id + 1);
  }

  /** The state before the first token. */
  start(): SequenceState {
    return Object.fromEntries(
      Object.entries(this.#model.network.recurrent.stateSizes).map(([name, H]) => [name, new Float32Array(H)]),
    );
  }

  /** Reads a token. @returns the log-probability of every token to follow, [V], in nats, and the state. */
  async read(token: number, state: SequenceState): Promise<{ logProbabilities: Float32Array; state: SequenceState }> {
    this.#reading ??= this.#compile((graph, logits) => graph.output("logProbabilities", ops.logSoftmax(logits)));
    const { outputs } = await this.#reading.run({ ids: Int32Array.of(token), ...state });
    return { logProbabilities: outputs.logProbabilities as Float32Array, state: this.#stateOf(outputs) };
  }

  /**
   * Reads a token, draws the one to follow, reads that, and so on.
   * @param sampling.position number of the first of these steps, which moves the random numbers on.
   * @param steps tokens to draw, in one call of the executor.
   */
  async write(
    token: number,
    state: SequenceState,
    { sampling, steps }: { sampling: Required<SamplingOptions> & { position: number }; steps: number },
  ): Promise<{ tokens: Int32Array; state: SequenceState }> {
    this.#writing ??= this.#compile((graph, logits) => {
      const { ids } = ops.sample({
        logits: this.#mask ? ops.add(logits, graph.feed("mask", "f32", [this.#mask.length])) : logits,
        temperature: graph.scalar("temperature"),
        topK: graph.feed("topK", "i32", []),
        topP: graph.scalar("topP"),
        random: graph.random(),
      });
      graph.output("next", ids);
    });
    const feeds = {
      ids: Int32Array.of(token),
      temperature: sampling.temperature,
      topK: Int32Array.of(sampling.topK),
      topP: sampling.topP,
      random: Int32Array.of(sampling.seed, sampling.position),
      ...(this.#mask ? { mask: this.#mask } : {}),
      ...state,
    };
    const carried = Object.keys(state).map((name) => [name, `last.${name}`]);
    const { outputs, collected } = await this.#writing.replay(feeds, {
      steps,
      carry: { ids: "next", ...Object.fromEntries(carried) },
      counters: ["random"],
      collect: ["next"],
    });
    return { tokens: collected.next as Int32Array, state: this.#stateOf(outputs) };
  }

  /** A program from one token and the state to what `record` makes of the logits, and the state. */
  #compile(record: (graph: Graph, logits: Tensor) => void): Executable {
    const { network, executor, store } = this.#model;
    const graph = new Graph();
    const ids = graph.feed("ids", "i32", [1, 1]);
    const sizes = Object.entries(network.recurrent.stateSizes);
    const state = Object.fromEntries(sizes.map(([name, H]) => [name, graph.feed(name, "f32", [1, H])]));
    const { logits, last } = network.nextLogits(ids, state);
    record(graph, logits);
    for (const [name, tensor] of Object.entries(last) as [string, Tensor][]) graph.output(`last.${name}`, tensor);
    return executor.compile(graph.program(), store);
  }

  #stateOf(outputs: Record<string, Values>): SequenceState {
    const names = Object.keys(this.#model.network.recurrent.stateSizes);
    return Object.fromEntries(names.map((name) => [name, outputs[`last.${name}`] as Float32Array]));
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
