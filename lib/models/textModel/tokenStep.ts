import type { SentenceMarks } from "../../data/index.js";
import type { Executable, Executor, Store, Values } from "../../executor/executor.js";
import { Programs } from "../../executor/programs.js";
import type { Graph } from "../../graph/graph.js";
import * as ops from "../../graph/ops/index.js";
import type { Tensor } from "../../graph/tensor.js";
import type { State, StepEntry } from "../../nn/stateEntry.js";
import type { CompleteSampling } from "../../search/sampling.js";
import type { SearchStep } from "../../search/searchStep.js";
import type { TokenAutomaton } from "../../search/tokenAutomaton.js";
import { stateAfter } from "../../search/tokenAutomaton.js";
import { firstState } from "../firstState.js";
import type { TokenNetwork } from "./tokenNetwork.js";
import { keptState } from "./tokenNetwork.js";

/** The state of `rows` sequences, by entry: h_l0 [rows,H], c_l0 [rows,H] ... It travels with the caller. */
export type SequenceState = Readonly<Record<string, Values>>;

/** Tokens of a text below which reading them at once, in a program of its own, does not pay. */
const fewestAtOnce = 8;

/** Lengths to which texts that are read at once are filled up: multiples of this number. */
const lengthStep = 32;

/** Tokens of all texts that one call of the executor reads, but for one text that is longer. */
const mostTokensAtOnce = 4096;

/** A network that reads the beginning of a text at once. */
type QuickReader = TokenNetwork & Required<Pick<TokenNetwork, "stateAfter" | "windowLength">>;

function readsAtOnce(network: TokenNetwork): network is QuickReader {
  return network.stateAfter !== undefined && network.windowLength !== undefined;
}

export interface TokenStepOptions {
  banned: readonly number[];
  marks: SentenceMarks | null;
  automaton: TokenAutomaton | null;
}

/** A token that was read: the log-probability of every token to follow, [V], in nats, and the state. */
export interface Read {
  logProbabilities: Float32Array;
  state: SequenceState;
}

/** The state of sequences that are written: the model's, and that of the automaton, [rows]. */
export interface WritingState {
  readonly sequences: SequenceState;
  readonly texts: Int32Array;
}

/**
 * A language model as a step: (token, state) -> (distribution, state), of one sequence or of rows of them.
 * Many walks over one model do not disturb each other, since each brings its state. In a model of sentences
 * the step after the end of one begins the next: it reads the beginning, from the state of the beginning.
 */
export class TokenStep {
  readonly #model: { network: TokenNetwork; executor: Executor; store: Store };
  readonly #programs: Programs;
  readonly #marks: SentenceMarks | null;
  readonly #automaton: TokenAutomaton | null;
  /**
   * Added to the logits: -infinity for tokens that must not be drawn, [V]; with an automaton [states, V].
   * Null when all may be.
   */
  readonly #mask: Float32Array | null;

  /**
   * @param options.banned tokens that are never drawn, such as <unk>.
   * @param options.marks between which sentences stand that begin afresh; null for one running text.
   * @param options.automaton which tokens may follow each other where they are drawn; null for all.
   */
  constructor(
    model: { network: TokenNetwork; executor: Executor; store: Store },
    { banned, marks, automaton }: TokenStepOptions,
  ) {
    this.#model = model;
    this.#programs = new Programs(model);
    this.#marks = marks;
    this.#automaton = automaton;
    this.#mask = maskOf(model.network.config.vocabularySize, { banned, automaton });
  }

  /** The entries of the state. */
  get entries(): readonly StepEntry[] {
    return this.#model.network.stateEntries;
  }

  /** The state before the first token. @throws OptionError where memory cannot hold it. */
  start(rows = 1): SequenceState {
    return firstState(this.entries, rows);
  }

  /**
   * Reads the beginnings of texts, but for what their state does not depend on: at once, where the network can and it pays.
   * @param texts the tokens of each, which the caller reads on from token number `read` of its own.
   * @throws the signal's reason.
   */
  async begin(
    texts: readonly (readonly number[])[],
    signal?: AbortSignal,
  ): Promise<{ read: Int32Array; state: WritingState }> {
    const { network } = this.#model;
    const sequences = this.start(texts.length);
    const read = Int32Array.from(texts, (tokens) => this.#firstThatMatters(tokens));
    if (readsAtOnce(network)) {
      const beginnings = texts.map((tokens, row) => {
        const from = read[row] as number;
        return { row, tokens: tokens.slice(from, from + network.windowLength) };
      });
      if (beginnings.some(({ tokens }) => tokens.length >= fewestAtOnce)) {
        await this.#readAtOnce(network, beginnings, sequences, signal);
        for (const { row, tokens } of beginnings) read[row] = (read[row] as number) + tokens.length;
      }
    }
    const automaton = this.#automaton;
    const states = texts.map((tokens, row) => {
      if (!automaton) return 0;
      return tokens.slice(0, read[row]).reduce((at, token) => Math.max(0, stateAfter(automaton, at, token)), 0);
    });
    return { read, state: { sequences, texts: Int32Array.from(states) } };
  }

  /**
   * The number of the first token on which the state after all depends: the beginning of the last line in a model of sentences, and where
   * vectors for positions have last begun afresh.
   */
  #firstThatMatters(tokens: readonly number[]): number {
    const marks = this.#marks;
    const line = marks ? tokens.findLastIndex((token) => token === marks.begin || token === marks.end) : 0;
    const from = Math.max(0, line);
    const { positionVectors = 0 } = this.#model.network;
    return positionVectors > 0 ? tokens.length - ((tokens.length - from) % positionVectors) : from;
  }

  /** Writes the state after texts into the first state of their rows. */
  async #readAtOnce(
    network: QuickReader,
    texts: readonly { readonly row: number; readonly tokens: readonly number[] }[],
    state: SequenceState,
    signal?: AbortSignal,
  ): Promise<void> {
    // Those of similar lengths together. The state after none is the first one.
    const full = texts.filter(({ tokens }) => tokens.length > 0).sort((a, b) => b.tokens.length - a.tokens.length);
    for (let at = 0; at < full.length; ) {
      signal?.throwIfAborted();
      // Lengths are rounded up, so that there are few programs.
      const T = Math.min(network.windowLength, Math.ceil((full[at]?.tokens.length ?? 0) / lengthStep) * lengthStep);
      const some = full.slice(at, at + Math.max(1, Math.floor(mostTokensAtOnce / T)));
      const B = some.length;
      at += B;
      const executable = this.#programs.get(`begin ${T} ${B}`, (graph) => {
        const last = graph.feed("last", "i32", [B]);
        const after = network.stateAfter(graph.feed("ids", "i32", [T, B]), last);
        for (const [name, tensor] of Object.entries(after)) graph.output(name, tensor);
      });
      const ids = new Int32Array(T * B);
      for (const [b, { tokens }] of some.entries()) {
        // The end of a line is read as the beginning of the next.
        for (const [t, token] of tokens.entries())
          ids[t * B + b] = token === this.#marks?.end ? this.#marks.begin : token;
      }
      const last = Int32Array.from(some, ({ tokens }) => tokens.length - 1);
      const { outputs } = await executable.run({ ids, last });
      for (const [name, values] of Object.entries(outputs)) {
        const size = values.length / B;
        for (const [b, { row }] of some.entries()) {
          (state[name] as Values).set(values.subarray(b * size, (b + 1) * size), row * size);
        }
      }
    }
  }

  /**
   * Reads a token of one sequence.
   * @returns the log-probability of every token to follow, [V], in nats, and the state.
   */
  async read(token: number, state: SequenceState): Promise<Read> {
    const executable = this.program("read", 1, (graph, logits) =>
      graph.output("logProbabilities", ops.logSoftmax(logits)),
    );
    return (await this.run(executable, token, state)).read;
  }

  /**
   * Reads tokens of one sequence from the beginning.
   * @returns the state after them.
   * @throws the signal's reason.
   */
  async readAll(tokens: readonly number[], signal?: AbortSignal): Promise<SequenceState> {
    const begun = await this.begin([tokens], signal);
    let state = begun.state.sequences;
    for (const token of tokens.slice(begun.read[0])) {
      signal?.throwIfAborted();
      ({ state } = await this.read(token, state));
    }
    return state;
  }

  /**
   * Reads a token of each sequence, draws the one to follow, reads that, and so on.
   * @param tokens [rows]
   * @param sampling.position number of the first of these steps, which moves the random numbers on.
   * @param sampling.ahead [rows], steps by which the random numbers of each are ahead of that one.
   * @param steps tokens to draw for each, in one call of the executor.
   * @returns drawn [steps, rows]
   */
  async write(
    tokens: Int32Array,
    state: WritingState,
    { sampling, steps }: { sampling: CompleteSampling & { position: number; ahead: Int32Array }; steps: number },
  ): Promise<{ drawn: Int32Array; state: WritingState }> {
    const executable = this.program("write", tokens.length, (graph, logits, ids) => {
      const { ids: drawn } = ops.sample({
        logits: this.#mask ? ops.add(logits, this.#recordMask(graph, ids)) : logits,
        temperature: graph.scalar("temperature"),
        topK: graph.feed("topK", "i32", []),
        topP: graph.scalar("topP"),
        random: graph.random(),
        ahead: graph.feed("ahead", "i32", [tokens.length]),
      });
      graph.output("next", drawn);
    });
    const automaton = this.#automaton;
    const feeds = {
      ids: tokens,
      temperature: sampling.temperature,
      topK: Int32Array.of(sampling.topK),
      topP: sampling.topP,
      random: Int32Array.of(sampling.seed, sampling.position),
      ahead: sampling.ahead,
      ...(this.#mask ? { mask: this.#mask } : {}),
      ...(automaton ? { texts: state.texts, classOf: automaton.classOf, nextStates: automaton.next } : {}),
      ...state.sequences,
    };
    const carried = Object.keys(state.sequences).map((name) => [name, `last.${name}`]);
    const { outputs, collected } = await executable.replay(feeds, {
      steps,
      carry: { ids: "next", ...(automaton ? { texts: "last texts" } : {}), ...Object.fromEntries(carried) },
      counters: ["random"],
      collect: ["next"],
    });
    const texts = automaton ? (outputs["last texts"] as Int32Array) : state.texts;
    return { drawn: collected.next as Int32Array, state: { sequences: this.#stateOf(outputs), texts } };
  }

  /**
   * The mask that is added to the logits after reading `ids` [1,rows]: the same for all rows, or by the state
   * of each one's text.
   */
  #recordMask(graph: Graph, ids: Tensor): Tensor {
    const V = this.#model.network.config.vocabularySize;
    if (!this.#automaton) return graph.feed("mask", "f32", [V]);
    const { states, next } = this.#automaton;
    const rows = ids.shape[1] as number;
    const after = ops.follow({
      states: graph.feed("texts", "i32", [rows]),
      ids: ops.reshape(ids, [rows]),
      classOf: graph.feed("classOf", "i32", [V]),
      next: graph.feed("nextStates", "i32", [next.length / states, states]),
    });
    graph.output("last texts", after);
    return ops.embedding(graph.feed("mask", "f32", [states, V]), after);
  }

  /**
   * The step as search replays it. The tokens that are never drawn are its caller's to ban.
   * @param rows hypotheses that are followed side by side.
   */
  searchStep(rows: number): SearchStep {
    const links = (entries: readonly StepEntry[]) =>
      Object.fromEntries(entries.map(({ name }) => [name, `last.${name}`]));
    return {
      executable: this.program("search", rows, (graph, logits) => graph.output("logits", logits)),
      tokens: "ids",
      logits: "logits",
      carry: links(this.entries.filter(({ stays }) => !stays)),
      kept: links(this.entries.filter(({ stays }) => stays)),
    };
  }

  /** The state of one sequence, for each of some rows. A cache, whose rows stay, is where all of them look for it: in the first. */
  repeated(state: SequenceState, rows: number): SequenceState {
    const repeat = ({ name, stays }: StepEntry) => {
      const values = state[name] as Float32Array;
      const all = new (values.constructor as Float32ArrayConstructor)(rows * values.length);
      for (let row = 0; row < (stays ? 1 : rows); row++) all.set(values, row * values.length);
      return all as Values;
    };
    return Object.fromEntries(this.entries.map((entry) => [entry.name, repeat(entry)]));
  }

  /**
   * A program from one token of each sequence and the state to what `record` makes of the logits, and the
   * state.
   * @param walk records the step of the network.
   */
  protected program(
    use: string,
    rows: number,
    record: (graph: Graph, logits: Tensor, ids: Tensor) => void,
    walk: (graph: Graph, ids: Tensor, state: State) => { logits: Tensor; last: State } = (_, ids, state) =>
      this.#model.network.nextLogits(ids, state),
  ): Executable {
    return this.#programs.get(`${use} ${rows}`, (graph) => {
      const ids = graph.feed("ids", "i32", [1, rows]);
      const before = Object.fromEntries(
        this.entries.map(({ name, size, dtype = "f32" }) => [name, graph.feed(name, dtype, [rows, size])]),
      );
      const marks = this.#marks;
      const { input, state } = marks ? this.#restarted(ids, before, marks) : { input: ids, state: before };
      const { logits, last } = walk(graph, input, state);
      record(graph, logits, ids);
      for (const [name, tensor] of Object.entries(last) as [string, Tensor][]) graph.output(`last.${name}`, tensor);
    });
  }

  /** Runs a program that reads a token of one sequence, and gives the log-probabilities besides whatever else. */
  protected async run(
    executable: Executable,
    token: number,
    state: SequenceState,
  ): Promise<{ read: Read; outputs: Readonly<Record<string, Values>> }> {
    // The program multiplies the state by 0 there, which an infinite one survives as NaN.
    const before = token === this.#marks?.end ? this.start() : state;
    const { outputs } = await executable.run({ ids: Int32Array.of(token), ...before });
    const logProbabilities = outputs.logProbabilities as Float32Array;
    return { read: { logProbabilities, state: this.#stateOf(outputs) }, outputs };
  }

  /** A step's token and state, where a sentence that has ended is followed by the beginning of the next. */
  #restarted(ids: Tensor, before: State, marks: SentenceMarks) {
    const { ids: input, keep } = ops.restart(ids, marks);
    return { input, state: keptState(before, keep, this.entries) };
  }

  #stateOf(outputs: Readonly<Record<string, Values>>): SequenceState {
    return Object.fromEntries(this.entries.map(({ name }) => [name, outputs[`last.${name}`] as Values]));
  }
}

/** [V], or [states, V]: -infinity for what must not be drawn. Null when all may be. */
function maskOf(V: number, { banned, automaton }: Pick<TokenStepOptions, "banned" | "automaton">): Float32Array | null {
  if (!automaton && banned.length === 0) return null;
  const states = automaton?.states ?? 1;
  const mask = new Float32Array(states * V);
  for (let state = 0; state < states; state++) {
    for (const id of banned) mask[state * V + id] = Number.NEGATIVE_INFINITY;
    for (let id = 0; automaton && id < V; id++) {
      if (stateAfter(automaton, state, id) < 0) mask[state * V + id] = Number.NEGATIVE_INFINITY;
    }
  }
  return mask;
}
