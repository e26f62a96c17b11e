import type { Executor } from "../executor/executor.js";
import { expectMemory } from "../executor/memory.js";
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
     * [lags+1] the norm of the gradient with respect to this part of the state, so many steps before the loss; the mean over sequences.
     * h and c of a step are two variables here: what c does to the h of its own step belongs to h.
     */
    norms: Float64Array;
  }[];
  /** [lags+1] sequences that reach so far back. */
  sequences: Int32Array;
}

/** Steps are recorded one by one, so that there is an end to them. */
const mostLags = 1000;

/** The rule of the farthest lag. */
export const lagsRule = option(whole({ minimum: 1, maximum: mostLags, initial: 50 }), { aka: ["lag", "steps"] });

/** Sequences side by side whose states are looked at: one for each row. */
export interface FlowForm {
  /** T: steps, the last of which has the loss. */
  readonly T: number;
  readonly B: number;
  readonly entries: readonly StateEntry[];
}

/** A step of a recurrent network: from the state to the next, and its output [B,F]. */
export type FlowStep = (t: number, state: State) => { y: Tensor; state: State };

/**
 * Records T steps and the gradient of a loss of the last with respect to the state after each, as outputs that `flowOf` reads.
 * @param options.begun f32 [T,B,1], 1 from the step on at which a row begins: its state is 0 before. null: all begin at once.
 * @param options.loss from the output of the last step to a scalar: a sum over rows.
 */
export function recordFlow(
  graph: Graph,
  { T, B, entries }: FlowForm,
  options: { state: State; begun: Tensor | null; step: FlowStep; loss: (y: Tensor) => Tensor },
): void {
  const { begun, step, loss } = options;
  const states: State[] = [];
  let [before, output] = [options.state, null as Tensor | null];
  for (let t = 0; t < T; t++) {
    const { y, state: after } = step(t, before);
    // Copies of what is not h, as only some cells record h as a function of it.
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
  const all = states.flatMap((state) => entries.map(({ name }) => state[name] as Tensor));
  for (const [i, gradient] of differentiate(loss(output as Tensor), all).entries()) graph.output(`${i}`, gradient);
}

/** @throws OptionError for gradients that could not fit into memory. */
export function expectFlowFits({ T, B, entries }: FlowForm): void {
  const size = entries.reduce((sum, entry) => sum + entry.size, 0);
  expectMemory(16 * T * B * size, `gradients: those of ${T} steps`, "Take fewer lags or fewer sequences.");
}

/** The norms in the outputs of a program of `recordFlow`. @param reach steps that each row has. */
export function flowOf(
  outputs: Awaited<ReturnType<ReturnType<Executor["compile"]>["run"]>>["outputs"],
  { T, B, entries }: FlowForm,
  reach: readonly number[],
): GradientFlow {
  const sequences = Int32Array.from({ length: T }, (_, lag) => reach.filter((steps) => steps > lag).length);
  const layers = entries.map((entry, e) => ({
    ...stateTitle(entry),
    norms: Float64Array.from({ length: T }, (_, lag) => {
      const values = outputs[(T - 1 - lag) * entries.length + e] as Float32Array;
      let sum = 0;
      for (let b = 0; b < B; b++) if ((reach[b] as number) > lag) sum += normOf(values, b * entry.size, entry.size);
      return sum / (sequences[lag] as number);
    }),
  }));
  return { layers, sequences };
}

/** The norm of a part of some numbers, of whatever size they are. */
function normOf(values: ArrayLike<number>, start: number, length: number): number {
  let sum = 0;
  for (let i = start; i < start + length; i++) sum += (values[i] as number) ** 2;
  return Math.sqrt(sum);
}
