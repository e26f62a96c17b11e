import { describe, test } from "vitest";
import { differentiate } from "../../lib/graph/differentiate.js";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import type { Tensor } from "../../lib/graph/tensor.js";
import type { CellName } from "../../lib/nn/cellRegistry.js";
import { GRU } from "../../lib/nn/gru.js";
import { LSTM } from "../../lib/nn/lstm.js";
import { RecurrentStack } from "../../lib/nn/recurrent.js";
import { RNN } from "../../lib/nn/rnn.js";
import type { Subject } from "./executors.js";
import { expectClose, subjects, valuesFor } from "./executors.js";
import type { FigureTensor, FigureTensors } from "./figure.js";
import { part, readFigures } from "./figure.js";

interface RecurrentFigure {
  name: string;
  cell: CellName | "tanh" | "relu";
  options: {
    T: number;
    B: number;
    I: number;
    H: number;
    layers: number;
    bidirectional: boolean;
    bias: boolean;
    lengths: number[] | null;
    reset?: "before";
  };
  /** x, h0 and c0 [layers * directions, B, H], and the weights under PyTorch's names. */
  inputs: FigureTensors;
  /** Weights of y, h and c in the loss; those that the loss does not read are missing. */
  upstream: FigureTensors;
  outputs: FigureTensors;
  gradients: FigureTensors;
}

function stackOf({ cell, options: { I, H, layers, bidirectional, bias, reset } }: RecurrentFigure): RecurrentStack {
  const options = { inputSize: I, hiddenSize: H, layers, bidirectional, bias };
  if (cell === "lstm") return new LSTM("rnn", options);
  if (cell === "gru") return new GRU("rnn", { ...options, reset: reset ?? "after" });
  if (cell === "tanh") return new RNN("rnn", options);
  if (cell === "relu") return new RNN("rnn", { ...options, activation: "relu" });
  return new RecurrentStack("rnn", { ...options, cell });
}

/** PyTorch stacks the states of all layers and directions; ours have a name each, in the same order. */
function unstack(stack: RecurrentStack, entry: string, stacked: FigureTensor): Record<string, FigureTensor> {
  const entries = stack.stateEntries.filter(({ kind }) => kind === entry);
  return Object.fromEntries(entries.map(({ name }, i) => [name, part(stacked, i)]));
}

/** Layer normalisation divides differences of nearly equal numbers by their deviation, here of 3 units. */
const conditions: Readonly<Record<string, number>> = { "layer-norm-lstm": 10 };

async function expectParity(figure: RecurrentFigure, { executor: make, ...subject }: Subject): Promise<void> {
  const tolerance = subject.tolerance * (conditions[figure.cell] ?? 1);
  const executor = make();
  const store = executor.createStore();
  const stack = stackOf(figure);
  const { lengths } = figure.options;
  const states = ["h", "c"].filter((entry) => figure.outputs[entry]);
  const given: Record<string, FigureTensor> = {
    x: figure.inputs.x as FigureTensor,
    ...Object.assign({}, ...states.map((entry) => unstack(stack, entry, figure.inputs[`${entry}0`] as FigureTensor))),
  };

  const graph = new Graph();
  const sources = new Map(Object.entries(given).map(([name, { shape }]) => [name, graph.feed(name, "f32", shape)]));
  const state = Object.fromEntries([...sources].filter(([name]) => name !== "x"));
  const { y, last } = stack.apply(sources.get("x") as Tensor, {
    state,
    lengths: lengths ? graph.feed("lengths", "i32", [lengths.length]) : null,
  });
  const outputs: Record<string, Tensor> = { y, ...last };
  const upstream: Record<string, FigureTensor> = Object.assign(
    {},
    ...Object.entries(figure.upstream).map(([name, tensor]) =>
      name === "y" ? { y: tensor } : unstack(stack, name, tensor),
    ),
  );
  const loss = Object.entries(upstream)
    .map(([name, { shape }]) =>
      ops.sum(ops.multiply(outputs[name] as Tensor, graph.feed(`upstream.${name}`, "f32", shape))),
    )
    .reduce(ops.add);

  for (const parameter of stack.parameters) sources.set(parameter.name, parameter.in(graph));
  const gradients = differentiate(loss, [...sources.values()]);
  for (const [name, tensor] of Object.entries(outputs)) graph.output(name, tensor);
  for (const [i, name] of [...sources.keys()].entries()) graph.output(`gradient.${name}`, gradients[i] as Tensor);

  const executable = executor.compile(graph.program(), store);
  for (const { name } of stack.parameters) {
    await store.write(name, valuesFor(executor, figure.inputs[name.slice("rnn.".length)] as FigureTensor));
  }
  const feeds = {
    ...given,
    ...Object.fromEntries(Object.entries(upstream).map(([name, t]) => [`upstream.${name}`, t])),
  };
  const { outputs: results } = await executable.run({
    ...Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, valuesFor(executor, tensor)])),
    ...(lengths ? { lengths: Int32Array.from(lengths) } : {}),
  });

  const expected: Record<string, FigureTensor> = {};
  for (const [name, tensor] of Object.entries(figure.outputs)) {
    Object.assign(expected, name === "y" ? { y: tensor } : unstack(stack, name, tensor));
  }
  for (const [name, tensor] of Object.entries(figure.gradients)) {
    const parts = states.some((entry) => name === `${entry}0`)
      ? unstack(stack, name.slice(0, 1), tensor)
      : { [name]: tensor };
    for (const [key, value] of Object.entries(parts)) expected[`gradient.${stackName(key)}`] = value;
  }
  for (const [name, tensor] of Object.entries(expected)) expectClose(name, results[name], tensor, tolerance);

  function stackName(key: string): string {
    return stack.parameters.some(({ name }) => name === `rnn.${key}`) ? `rnn.${key}` : key;
  }
}

const figures = ["rnn", "lstm", "gru", "cells"].flatMap(
  (name) => readFigures<{ cases: RecurrentFigure[] }>(name).cases,
);

describe.each(subjects)("on $name, a recurrent stack has PyTorch's outputs and gradients:", (subject) => {
  test.each(figures)("$cell, $name", (figure) => expectParity(figure, subject));
});
