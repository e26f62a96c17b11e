import { setImmediate } from "node:timers/promises";
import type { Executor, Feeds, Store, Values } from "../executor/executor.js";
import { expectMemory } from "../executor/memory.js";
import { Programs } from "../executor/programs.js";
import { differentiate } from "../graph/differentiate.js";
import type { Graph } from "../graph/graph.js";
import * as ops from "../graph/ops/index.js";
import type { Tensor } from "../graph/tensor.js";
import type { State, StateEntry } from "../nn/stateEntry.js";
import { option, whole } from "../options.js";
import { stateTitle } from "./stateTitle.js";

/** Norms of the gradient of a loss with respect to the states of the steps before it. */
export interface GradientFlow {
  layers: {
    /** "layer 1 hidden". */
    name: string;
    /** "hidden" for h, "cell" for c, and any other entry of the state by its name. */
    kind: string;
    /**
     * [lags+1] the norm of the gradient with respect to this part of the state at each lag, the number of steps from the
     * state to the loss; the mean over sequences. h and c of a step are two variables here: what c does to the h of its
     * own step belongs to h.
     */
    norms: Float64Array;
  }[];
  /** [lags+1] sequences that reach back as far as each lag. */
  sequences: Int32Array;
}

const mostLags = 1000;

/** Steps of one program. Planning its memory takes time that grows with the square of them; more programs cost little. */
const windowSteps = 32;

/** The rule of the farthest lag. */
export const lagsRule = option(whole({ minimum: 1, maximum: mostLags, initial: 50 }), { aka: ["lag", "steps"] });

/** Sequences side by side, one for each row, whose states are looked at. */
export interface FlowForm {
  /** T: steps, the last of which has the loss. */
  readonly T: number;
  readonly B: number;
  readonly entries: readonly StateEntry[];
}

/** A recurrent network over T steps, and a loss of the output of the last. */
export interface FlowNetwork {
  /** The state before the first step: [B,size] for each entry. */
  readonly start: Readonly<Record<string, Values>>;
  /** Steps that each row has: it begins at step T - reach, and its state is 0 before. */
  readonly reach: readonly number[];
  /** Records a step from the state to the next. @param t the step's number within its program. */
  step(graph: Graph, t: number, state: State): { y: Tensor; state: State };
  /** Feeds of the steps from `from` to `to`; called once for each program, in order of time. */
  inputs(from: number, to: number): Feeds;
  /** Records the loss of the output of the last step: a scalar, a sum over rows. */
  loss(y: Tensor): Tensor;
  /** Feeds of the loss. */
  readonly targets: Feeds;
}

/** @throws OptionError for gradients that could not fit into memory. @param inputs numbers that each step reads. */
export function expectFlowFits({ T, B, entries }: FlowForm, inputs: number): void {
  const size = entries.reduce((sum, entry) => sum + entry.size, 0);
  const states = 4 * Math.min(T, windowSteps) + Math.ceil(T / windowSteps);
  const bytes = 4 * (states * B * size + T * B * inputs);
  expectMemory(bytes, `gradientFlow: the states of ${T} steps`, "Take fewer lags or fewer sequences.");
}

/**
 * The gradient of the loss with respect to the state after each step. Windows of steps are run forward once, and only the
 * states between them kept; then backward, the last first, each from the gradient that the one after it gives.
 */
export async function followGradient(
  model: { readonly executor: Executor; readonly store: Store },
  form: FlowForm,
  { network, signal }: { network: FlowNetwork; signal: AbortSignal | undefined },
): Promise<GradientFlow> {
  const { T, B, entries } = form;
  const { reach } = network;
  const programs = new Programs(model);
  const late = reach.some((steps) => steps < T);
  const run = async (window: FlowWindow, feeds: Feeds) => {
    await setImmediate();
    signal?.throwIfAborted();
    const executable = programs.get(`${window.ending} ${window.steps}`, (graph) =>
      recordWindow(graph, form, { network, late, ...window }),
    );
    return (await executable.run(feeds)).outputs;
  };
  const windows = Array.from({ length: Math.ceil(T / windowSteps) }, (_, w) => {
    const from = w * windowSteps;
    return { from, steps: Math.min(T - from, windowSteps), feeds: {} as Feeds };
  });
  let state = network.start;
  for (const window of windows) {
    const { from, steps } = window;
    const begun = late ? { begun: begunAt(form, reach, window) } : {};
    window.feeds = { ...network.inputs(from, from + steps), ...begun, ...state };
    if (from + steps < T) state = entriesOf(await run({ ending: "state", steps }, window.feeds), "after", entries);
  }
  const norms = entries.map(() => new Float64Array(T));
  const sequences = Int32Array.from({ length: T }, (_, lag) => reach.filter((steps) => steps > lag).length);
  let ahead: Feeds = network.targets;
  for (const { from, steps, feeds } of windows.reverse()) {
    const ending = from + steps === T ? "loss" : "gradient";
    const outputs = await run({ ending, steps }, { ...feeds, ...ahead });
    for (let t = 0; t < steps; t++) {
      const lag = T - 1 - from - t;
      for (const [e, { name, size }] of entries.entries()) {
        const values = outputs[`${name} ${t}`] as Values;
        let sum = 0;
        for (let b = 0; b < B; b++) if ((reach[b] as number) > lag) sum += normOf(values, b * size, size);
        (norms[e] as Float64Array)[lag] = sum / (sequences[lag] as number);
      }
    }
    const before = entriesOf(outputs, "before", entries);
    ahead = Object.fromEntries(Object.entries(before).map(([name, values]) => [`ahead.${name}`, values]));
  }
  return { layers: entries.map((entry, e) => ({ ...stateTitle(entry), norms: norms[e] as Float64Array })), sequences };
}

/** Some steps, and what follows them: nothing yet but the state after them, the gradient of that state, or the loss. */
interface FlowWindow {
  steps: number;
  ending: "state" | "gradient" | "loss";
}

/**
 * Records a window: as outputs the state after it, or the gradient with respect to the state after each step, and to the
 * one before the first.
 * @param options.late whether some row begins after the first step.
 */
function recordWindow(
  graph: Graph,
  { B, entries }: FlowForm,
  { network, late, steps, ending }: FlowWindow & { network: FlowNetwork; late: boolean },
): void {
  const begun = late ? graph.feed("begun", "f32", [steps, B, 1]) : null;
  const start = Object.fromEntries(entries.map(({ name, size }) => [name, graph.feed(name, "f32", [B, size])]));
  const states: State[] = [];
  let [before, output]: [State, Tensor | null] = [start, null];
  for (let t = 0; t < steps; t++) {
    const { y, state: after } = network.step(graph, t, before);
    // Copies of all but h, as only some cells record h as a function of the rest.
    const apart = entries.map(({ name, kind }) => {
      const value = after[name] as Tensor;
      return [name, kind === "h" ? value : ops.copy(value)] as const;
    });
    const state: State = Object.fromEntries(apart);
    states.push(state);
    output = y;
    const row = begun && ops.reshape(ops.slice(begun, { axis: 0, start: t, end: t + 1 }), [B, 1]);
    const kept = ([name, value]: [string, Tensor]) => [name, row ? ops.multiply(value, row) : value];
    before = Object.fromEntries(Object.entries(state).map(kept));
  }
  if (ending === "state") {
    for (const { name } of entries) graph.output(`after.${name}`, before[name] as Tensor);
    return;
  }
  // The product with the gradient of the state after the window has the same gradient as the loss itself.
  const products = () =>
    entries.map(({ name, size }) => {
      const ahead = graph.feed(`ahead.${name}`, "f32", [B, size]);
      return ops.sum(ops.multiply(before[name] as Tensor, ahead));
    });
  const loss =
    ending === "loss" ? network.loss(output as Tensor) : products().reduce((sum, part) => ops.add(sum, part));
  const wanted = [
    ...entries.map(({ name }) => [`before.${name}`, start[name] as Tensor] as const),
    ...states.flatMap((state, t) => entries.map(({ name }) => [`${name} ${t}`, state[name] as Tensor] as const)),
  ];
  const gradients = differentiate(
    loss,
    wanted.map(([, tensor]) => tensor),
  );
  for (const [i, [name]] of wanted.entries()) graph.output(name, gradients[i] as Tensor);
}

/** f32 [steps,B,1]: 1 from the step on at which a row begins. */
function begunAt({ T, B }: FlowForm, reach: readonly number[], window: { from: number; steps: number }): Float32Array {
  const begins = (i: number) => window.from + Math.floor(i / B) >= T - (reach[i % B] as number);
  return Float32Array.from({ length: window.steps * B }, (_, i) => Number(begins(i)));
}

/** The outputs that have a prefix, by the entries of the state. */
function entriesOf(outputs: Readonly<Record<string, Values>>, prefix: string, entries: readonly StateEntry[]) {
  return Object.fromEntries(entries.map(({ name }) => [name, outputs[`${prefix}.${name}`] as Values]));
}

/** The norm of a part of some numbers, of whatever size they are. */
function normOf(values: ArrayLike<number>, start: number, length: number): number {
  let sum = 0;
  for (let i = start; i < start + length; i++) sum += (values[i] as number) ** 2;
  return Math.sqrt(sum);
}
