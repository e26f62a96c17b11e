import { InputError, OptionError } from "../errors.js";
import type { Executable, Executor, Store, Values } from "../executor/executor.js";
import { Graph } from "../graph/graph.js";
import * as ops from "../graph/ops/index.js";
import type { Tensor } from "../graph/tensor.js";
import { expectKnownOptions, expectNumber } from "../options.js";
import type { SamplingOptions } from "../search/sampling.js";
import { completeSampling } from "../search/sampling.js";
import type { SearchStep } from "../search/searchStep.js";
import type { LanguageModelNetwork } from "./languageModelNetwork.js";

/** The state of `rows` sequences, by entry: h_l0 [rows,H], c_l0 [rows,H] ... It travels with the caller. */
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
  #searching: Executable | null = null;

  readonly #rows: number;

  /**
   * @param banned tokens that are never drawn, such as <unk>.
   * @param rows sequences that take their steps side by side. Default 1.
   */
  constructor(
    model: { network: LanguageModelNetwork; executor: Executor; store: Store },
    banned: readonly number[],
    rows = 1,
  ) {
    this.#model = model;
    this.#rows = rows;
    this.#mask = banned.length ? new Float32Array(model.network.config.vocabularySize) : null;
    for (const id of banned) this.#mask?.fill(Number.NEGATIVE_INFINITY, id, id + 1);
  }

  /** The state before the first token. */
  start(): SequenceState {
    return Object.fromEntries(
      Object.entries(this.#model.network.recurrent.stateSizes).map(([name, H]) => [
        name,
        new Float32Array(this.#rows * H),
      ]),
    );
  }

  /** Reads a token of one sequence. @returns the log-probability of every token to follow, [V], in nats, and the state. */
  async read(token: number, state: SequenceState): Promise<{ logProbabilities: Float32Array; state: SequenceState }> {
    this.#reading ??= this.#compile((graph, logits) => graph.output("logProbabilities", ops.logSoftmax(logits)));
    const { outputs } = await this.#reading.run({ ids: Int32Array.of(token), ...state });
    return { logProbabilities: outputs.logProbabilities as Float32Array, state: this.#stateOf(outputs) };
  }

  /**
   * Reads a token of each sequence, draws the one to follow, reads that, and so on.
   * @param tokens [rows]
   * @param sampling.position number of the first of these steps, which moves the random numbers on.
   * @param steps tokens to draw for each, in one call of the executor.
   * @returns drawn [steps, rows]
   */
  async write(
    tokens: Int32Array,
    state: SequenceState,
    { sampling, steps }: { sampling: Required<SamplingOptions> & { position: number }; steps: number },
  ): Promise<{ drawn: Int32Array; state: SequenceState }> {
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
      ids: tokens,
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
    return { drawn: collected.next as Int32Array, state: this.#stateOf(outputs) };
  }

  /** The step as search replays it, with a row for each hypothesis. The tokens that are never drawn are its caller's to ban. */
  searchStep(): SearchStep {
    this.#searching ??= this.#compile((graph, logits) => graph.output("logits", logits));
    const names = Object.keys(this.#model.network.recurrent.stateSizes);
    return {
      executable: this.#searching,
      tokens: "ids",
      logits: "logits",
      carry: Object.fromEntries(names.map((name) => [name, `last.${name}`])),
    };
  }

  /** The state of one sequence, for each of this step's rows. */
  repeated(state: SequenceState): SequenceState {
    const repeat = (values: Float32Array) => {
      const all = new Float32Array(this.#rows * values.length);
      for (let row = 0; row < this.#rows; row++) all.set(values, row * values.length);
      return all;
    };
    return Object.fromEntries(Object.entries(state).map(([name, values]) => [name, repeat(values)]));
  }

  /** A program from one token of each sequence and the state to what `record` makes of the logits, and the state. */
  #compile(record: (graph: Graph, logits: Tensor) => void): Executable {
    const { network, executor, store } = this.#model;
    const graph = new Graph();
    const ids = graph.feed("ids", "i32", [1, this.#rows]);
    const sizes = Object.entries(network.recurrent.stateSizes);
    const state = Object.fromEntries(sizes.map(([name, H]) => [name, graph.feed(name, "f32", [this.#rows, H])]));
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

/** Tokens that are drawn in one call of the executor. */
const mostAtOnce = 32;

/**
 * Draws what follows some contexts, side by side: tokens of each row, as they come, at most `maximumTokens` for each.
 * @param contexts one for each of the step's rows, of at least one token.
 */
export async function* draw(
  step: TokenStep,
  contexts: readonly (readonly number[])[],
  options: Required<SamplingOptions> & { maximumTokens: number; signal: AbortSignal | undefined },
): AsyncGenerator<{ row: number; token: number }, void, undefined> {
  const { maximumTokens, signal, ...sampling } = options;
  const rows = contexts.length;
  const longest = contexts.reduce((most, { length }) => Math.max(most, length), 0);
  const tokens = Int32Array.from(contexts, ([first]) => first as number);
  let state = step.start();
  // Tokens that every row has read. The first that is drawn comes at once, later ones some at a time, which costs less.
  for (let read = 0, atOnce = 1; read - longest + 1 < maximumTokens; ) {
    const reading = read + 1 < longest;
    const steps = reading ? 1 : Math.min(atOnce, longest + maximumTokens - 1 - read);
    const result = await step.write(tokens, state, { sampling: { ...sampling, position: read }, steps });
    state = result.state;
    for (let i = 0; i < steps; i++) {
      signal?.throwIfAborted();
      read++;
      for (let row = 0; row < rows; row++) {
        const context = contexts[row] as readonly number[];
        const token = context[read] ?? (result.drawn[i * rows + row] as number);
        tokens[row] = token;
        const drawn = read - context.length + 1;
        if (drawn > 0 && drawn <= maximumTokens) yield { row, token };
      }
    }
    if (!reading) atOnce = Math.min(2 * atOnce, mostAtOnce);
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

export interface GenerateAllOptions extends Omit<GenerateOptions, "prompt"> {
  /** Texts to continue, one for each text to write. Default: the start of a line, `count` times. */
  prompts?: readonly string[];
  /** How many texts to write, without `prompts`. Default 1. */
  count?: number;
}

const generateOptionNames = ["temperature", "topK", "topP", "seed", "maximumTokens", "stop", "signal"] as const;

/** @throws OptionError for an unknown option or a value outside its range. */
export function completeGenerate(options: GenerateOptions) {
  expectKnownOptions("generate", options, [...generateOptionNames, "prompt"]);
  return { ...completeDrawing(options), prompt: options.prompt ?? "" };
}

/** @throws OptionError for an unknown option or a value outside its range. */
export function completeGenerateAll(options: GenerateAllOptions) {
  expectKnownOptions("generateAll", options, [...generateOptionNames, "prompts", "count"]);
  const { prompts, count } = options;
  if (prompts !== undefined && count !== undefined) {
    throw new OptionError("generateAll: prompts and count exclude each other: there is one text for each prompt.");
  }
  if (prompts !== undefined && !(Array.isArray(prompts) && prompts.length > 0)) {
    throw new OptionError("generateAll: expected prompts to be a list of at least one text.");
  }
  const texts = expectNumber("generateAll", "count", count ?? 1, { integer: true, minimum: 1 });
  return { ...completeDrawing(options), prompts: prompts ?? Array.from({ length: texts }, () => "") };
}

function completeDrawing(options: Omit<GenerateOptions, "prompt">) {
  if (options.stop === "") throw new InputError("generate: the stop text is empty; leave it out to write on.");
  return {
    ...completeSampling("generate", options),
    maximumTokens: expectNumber("generate", "maximumTokens", options.maximumTokens ?? 500, {
      integer: true,
      minimum: 1,
    }),
    stop: options.stop,
    signal: options.signal,
  };
}
