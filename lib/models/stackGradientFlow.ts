import { executorOf, executorRule } from "../executor/choice.js";
import * as ops from "../graph/ops/index.js";
import { initialize } from "../nn/initialize.js";
import { RecurrentStack } from "../nn/recurrent.js";
import type { OptionsOf } from "../options.js";
import { abortSignal, checkOption, completeOptions, seed, table, value, whole } from "../options.js";
import type { RandomSource } from "../random/source.js";
import { randomSource } from "../random/source.js";
import type { FlowNetwork, GradientFlow } from "./gradientFlow.js";
import { expectFlowFits, followGradient, lagsRule } from "./gradientFlow.js";

/** Options of `gradientFlow`. @interface */
export type GradientFlowOptions = OptionsOf<typeof rules>;

const rules = table("gradientFlow", {
  /** Steps back that the gradient is followed. Default 50. */
  lags: lagsRule,
  /** Random sequences to average over. Default 32. */
  sequences: whole({ minimum: 1, initial: 32 }),
  /** Seed for the initial weights, the inputs and the losses. Default 1. */
  seed: seed(),
  /** Executor that computes it. Default: the native one. */
  executor: executorRule,
  /** Signal that stops the work. Default: none. */
  signal: abortSignal,
});

const stackRule = value<RecurrentStack>(
  "a RecurrentStack, RNN, LSTM or GRU",
  (stack) => stack instanceof RecurrentStack,
);

/**
 * How far the gradient reaches back in recurrent layers with their initial weights: for normal inputs x, the
 * loss is u · y_T with a random vector u of norm 1, and the norms of its gradient with respect to the states
 * at T, T-1, T-2 ... are averaged (Bengio et al. 1994; Pascanu et al. 2013).
 *
 * ```ts
 * const lstm = new LSTM("lstm", { inputSize: 32, hiddenSize: 64 });
 * const { layers } = await gradientFlow(lstm, { lags: 100 });
 * for (const { name, norms } of layers) console.log(name, norms[0], norms[100]);
 * ```
 * @throws OptionError for layers that read in both directions.
 */
export async function gradientFlow(stack: RecurrentStack, options: GradientFlowOptions = {}): Promise<GradientFlow> {
  checkOption("gradientFlow", "the layers", stack, stackRule);
  const { lags, sequences: B, seed: start, executor: choice, signal } = completeOptions("gradientFlow", options, rules);
  const form = { T: lags + 1, B, entries: stack.stateEntries };
  const { inputSize: I, outputSize: F } = stack;
  expectFlowFits(form, I);
  const executor = executorOf(choice);
  const store = executor.createStore();
  await initialize(store, stack.parameters, { seed: start });
  const x = randomSource(start, "gradientFlow x");
  const directions = randomSource(start, "gradientFlow directions");
  const network: FlowNetwork = {
    start: Object.fromEntries(form.entries.map(({ name, size }) => [name, new Float32Array(B * size)])),
    reach: Array.from({ length: B }, () => form.T),
    step: (graph, t, state) => stack.step(graph.feed(`x ${t}`, "f32", [B, I]), state),
    inputs: (from, to) =>
      Object.fromEntries(Array.from({ length: to - from }, (_, t) => [`x ${t}`, normals(B * I, x)] as const)),
    loss: (y) => ops.sum(ops.multiply(y, y.graph.feed("directions", "f32", [B, F]))),
    targets: { directions: unitRows(normals(B * F, directions), F) },
  };
  return followGradient({ executor, store }, form, { network, signal });
}

function normals(length: number, random: RandomSource): Float32Array {
  return Float32Array.from({ length }, () => random.normal());
}

/** Rows of norm 1 each. */
export function unitRows(values: Float32Array, F: number): Float32Array {
  const rows = new Float32Array(values.length);
  for (let from = 0; from < values.length; from += F) {
    let squares = 0;
    for (let f = from; f < from + F; f++) squares += (values[f] as number) ** 2;
    const norm = Math.sqrt(squares);
    for (let f = from; f < from + F; f++) rows[f] = (values[f] as number) / norm;
  }
  return rows;
}
