import { expect, test } from "vitest";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import { elementsOf } from "../../lib/graph/program.js";
import { RecurrentStack } from "../../lib/nn/index.js";
import type { State } from "../../lib/nn/stateEntry.js";
import { numbers } from "../graph/case.js";

const cells = ["mingru", "minlstm"] as const;

test.each(cells)("%s multiplies all steps of a window at once, without a loop", (cell) => {
  const stack = new RecurrentStack("rnn", { cell, inputSize: 4, hiddenSize: 6 });
  const graph = new Graph();
  graph.output("y", stack.apply(graph.feed("x", "f32", [5, 3, 4])).y);
  const names = graph.nodes.map(({ operation }) => operation.name);
  expect(names.filter((name) => name === "vectorScan")).toHaveLength(1);
  expect(names).not.toContain("mask");
  expect(graph.program().loops).toEqual([]);
});

// Few steps are cut from one product, many have a product for each gate.
test.each(cells.flatMap((cell) => [1, 2, 9].map((T) => ({ cell, T }))))(
  "$cell over a window of $T is its steps, whichever way its products are cut",
  async ({ cell, T }) => {
    const [B, I, H] = [1, 4, 3];
    const stack = new RecurrentStack("rnn", { cell, inputSize: I, hiddenSize: H });
    const graph = new Graph();
    const x = graph.feed("x", "f32", [T, B, I]);
    const before = { h_l0: graph.feed("h", "f32", [B, H]) };
    graph.output("whole", stack.apply(x, { state: before }).y);
    const { outputs: steps } = ops.scan({ inputs: { x }, state: before }, ({ x: row }, state) => {
      const { y, state: after } = stack.step(row, state as State);
      return { state: after as typeof state, outputs: { y } };
    });
    graph.output("steps", steps.y);
    const executor = new ReferenceExecutor({ precision: "float64" });
    const store = executor.createStore();
    const executable = executor.compile(graph.program(), store);
    for (const [i, { name, shape }] of stack.parameters.entries()) {
      await store.write(name, numbers(elementsOf(shape), i + 1));
    }
    const { outputs } = await executable.run({ x: numbers(T * B * I, 8), h: numbers(B * H, 9) });
    const wanted = Array.from(outputs.steps as Float64Array);
    expect(Array.from(outputs.whole as Float64Array, (v) => v.toFixed(12))).toEqual(wanted.map((v) => v.toFixed(12)));
  },
);
