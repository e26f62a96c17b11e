import { executorOf, executorRule } from "../executor/choice.js";
import { Graph } from "../graph/graph.js";
import * as ops from "../graph/ops/index.js";
import { initialize } from "../nn/initialize.js";
import { RecurrentStack } from "../nn/recurrent.js";
import type { OptionsOf } from "../options.js";
import { checkOption, completeOptions, seed, table, value, whole } from "../options.js";
import { randomSource } from "../random/source.js";
import type { GradientFlow } from "./gradientFlow.js";
import { expectFlowFits, flowOf, lagsRule, recordFlow } from "./gradientFlow.js";

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
});

const stackRule = value<RecurrentStack>(
  "a RecurrentStack, RNN, LSTM or GRU",
  (stack) => stack instanceof RecurrentStack,
);

/**
 * How far the gradient reaches back in recurrent layers with their initial weights: for normal inputs x, the loss is u · y_T with a random
 * vector u of norm 1, and the norms of its gradient with respect to the states at T, T-1, T-2 ... are averaged (Bengio et al. 1994;
 * Pascanu et al. 2013).
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
  const { lags, sequences: B, seed: start, executor: choice } = completeOptions("gradientFlow", options, rules);
  const T = lags + 1;
  const form = { T, B, entries: stack.stateEntries };
  expectFlowFits(form);
  const { inputSize: I, outputSize: F } = stack;
  const graph = new Graph();
  const x = graph.feed("x", "f32", [T, B, I]);
  const directions = graph.feed("directions", "f32", [B, F]);
  recordFlow(graph, form, {
    state: stack.zeroState(graph, B),
    begun: null,
    step: (t, state) => stack.step(ops.reshape(ops.slice(x, { axis: 0, start: t, end: t + 1 }), [B, I]), state),
    loss: (y) => ops.sum(ops.multiply(y, directions)),
  });
  const executor = executorOf(choice);
  const store = executor.createStore();
  await initialize(store, stack.parameters, { seed: start });
  const { outputs } = await executor.compile(graph.program(), store).run({
    x: normals(T * B * I, start, "gradientFlow x"),
    directions: unitRows(normals(B * F, start, "gradientFlow directions"), F),
  });
  return flowOf(
    outputs,
    form,
    Array.from({ length: B }, () => T),
  );
}

function normals(length: number, start: number, name: string): Float32Array {
  const random = randomSource(start, name);
  return Float32Array.from({ length }, () => random.normal());
}

/** Rows of norm 1 each. */
function unitRows(values: Float32Array, F: number): Float32Array {
  return values.map((value, i) => {
    const row = values.subarray(i - (i % F), i - (i % F) + F);
    return value / Math.hypot(...row);
  });
}
