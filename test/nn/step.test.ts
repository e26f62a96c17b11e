import { expect, test } from "vitest";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { differentiate } from "../../lib/graph/differentiate.js";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import { elementsOf } from "../../lib/graph/program.js";
import type { RecurrentStack, State } from "../../lib/nn/index.js";
import { GRU, LSTM, RNN } from "../../lib/nn/index.js";
import { numbers } from "../graph/case.js";

const [T, B, I, H] = [4, 3, 5, 5];
const sizes = { inputSize: I, hiddenSize: H, layers: 2 };

/** Outputs, last state and gradients of a stack over a sequence: in one op a layer, or step by step. */
async function outputsOf(
  stack: RecurrentStack,
  { stepwise, training = false }: { stepwise: boolean; training?: boolean },
) {
  const graph = new Graph({ training });
  const x = graph.feed("x", "f32", [T, B, I]);
  const state = stack.zeroState(graph, B);
  const scanned = () => {
    const masks = stack.dropoutMasks(graph, T, B);
    const { outputs, last } = ops.scan({ inputs: { x, ...masks }, state }, ({ x: row, ...rows }, before) => {
      const { y, state: after } = stack.step(row as never, before as State, rows);
      return { state: after, outputs: { y } };
    });
    return { y: outputs.y as never, last };
  };
  const { y, last } = stepwise ? scanned() : stack.apply(x, { state });
  const variables = stack.parameters.map((parameter) => parameter.in(graph));
  graph.output("y", y);
  for (const [name, tensor] of Object.entries(last)) graph.output(name, tensor);
  for (const [i, d] of differentiate(ops.sum(ops.square(y)), [x, ...variables]).entries()) graph.output(`d${i}`, d);
  const executor = new ReferenceExecutor({ precision: "float64" });
  const store = executor.createStore();
  const program = graph.program();
  const executable = executor.compile(program, store);
  for (const [i, { name, shape }] of stack.parameters.entries()) await store.write(name, numbers(elementsOf(shape), i));
  const offered = { x: numbers(T * B * I, 99), random: Int32Array.of(1, 2), ...graph.defaults };
  const feeds = Object.fromEntries(
    program.feeds.map(({ name }) => [name, offered[name as keyof typeof offered] as never]),
  );
  return { outputs: (await executable.run(feeds)).outputs, program };
}

const stacks: Record<string, RecurrentStack> = {
  "RNN, tanh": new RNN("rnn", sizes),
  "RNN, relu": new RNN("rnn", { ...sizes, activation: "relu" }),
  LSTM: new LSTM("rnn", sizes),
  "LSTM, residual": new LSTM("rnn", { ...sizes, connections: "residual" }),
  "LSTM, dense, without bias": new LSTM("rnn", { ...sizes, connections: "dense", bias: false }),
  "GRU, reset after": new GRU("rnn", sizes),
  "GRU, reset before": new GRU("rnn", { ...sizes, reset: "before" }),
};

test.each(Object.keys(stacks))("%s: step by step it is what it is over the whole sequence", async (name) => {
  const stack = stacks[name] as RecurrentStack;
  const [whole, steps] = [await outputsOf(stack, { stepwise: false }), await outputsOf(stack, { stepwise: true })];
  for (const [output, values] of Object.entries(whole.outputs)) {
    values.forEach((value, i) => {
      expect(steps.outputs[output]?.[i], `${output}[${i}]`).toBeCloseTo(value, 9);
    });
  }
});

test("what meets nothing of a step is computed once, before the loop", async () => {
  const { program } = await outputsOf(stacks["GRU, reset before"] as RecurrentStack, { stepwise: true });
  const first = program.loops[0] as (typeof program.loops)[number];
  // The halves of the recurrent weights and of their biases, in two layers.
  const slices = program.ops.slice(0, first.begin).filter(({ name }) => name === "slice");
  expect(slices.length).toBe(8);
});

test.each([false, true])(
  "dropout between the layers, variational %s: the masks of the whole sequence",
  async (variational) => {
    const stack = new RNN("rnn", { inputSize: I, hiddenSize: H, layers: 2, dropout: 0.5, variational });
    const [whole, steps] = [
      await outputsOf(stack, { stepwise: false, training: true }),
      await outputsOf(stack, { stepwise: true, training: true }),
    ];
    for (const [output, values] of Object.entries(whole.outputs)) {
      values.forEach((value, i) => {
        expect(steps.outputs[output]?.[i], `${output}[${i}]`).toBeCloseTo(value, 9);
      });
    }
  },
);

test("dropout that would be the same in all steps by accident is refused", () => {
  const graph = new Graph({ training: true });
  const stack = new RNN("rnn", { inputSize: I, hiddenSize: H, layers: 2, dropout: 0.5 });
  const x = graph.feed("x", "f32", [B, I]);
  expect(() => stack.step(x, stack.zeroState(graph, B))).toThrow(/rnn: a step with dropout needs rows of dropoutMasks/);
});

test("a bidirectional stack has no step", () => {
  const graph = new Graph();
  const stack = new GRU("rnn", { inputSize: I, hiddenSize: H, bidirectional: true });
  const x = graph.feed("x", "f32", [B, I]);
  expect(() => stack.step(x, stack.zeroState(graph, B))).toThrow(/rnn: a bidirectional stack cannot go step by step/);
});

test("a step without its state, or with another shape, is refused", () => {
  const graph = new Graph();
  const stack = new LSTM("rnn", { inputSize: I, hiddenSize: H });
  const state = stack.zeroState(graph, B);
  const x = graph.feed("x", "f32", [B, I]);
  expect(() => stack.step(x, { h_l0: state.h_l0 as never })).toThrow(/rnn: the state has no c_l0/);
  expect(() => stack.step(graph.feed("y", "f32", [2, B, I]), state)).toThrow(/rnn: expected x of shape \[B,5\]/);
  expect(() => stack.step(graph.feed("z", "f32", [B + 1, I]), state)).toThrow(/rnn: expected h_l0 of shape \[B=4,5\]/);
});
