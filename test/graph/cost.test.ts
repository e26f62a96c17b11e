import { expect, test } from "vitest";
import { costOf } from "../../lib/graph/cost.js";
import { differentiate, Graph, ops } from "../../lib/graph/index.js";

/** Costs of a program's ops by their names. */
function costsOf(record: (graph: Graph) => void) {
  const graph = new Graph();
  record(graph);
  const program = graph.program();
  return Object.fromEntries(program.ops.map((op) => [op.name, costOf(program, op)]));
}

test("each value that an op reads or writes counts once, four bytes an element; a view costs nothing", () => {
  const costs = costsOf((graph) => {
    const x = graph.feed("x", "f32", [5, 3]);
    const w = graph.variable({ name: "w", dtype: "f32", shape: [4, 3] });
    const y = ops.linear(x, w);
    graph.output("y", ops.tanh(ops.reshape(y, [20])));
  });
  expect(costs.linear).toEqual({ flops: 2 * 5 * 3 * 4, bytes: 4 * (15 + 12 + 20) });
  expect(costs.tanh).toEqual({ flops: 0, bytes: 4 * (20 + 20) });
  expect(costs.reshape).toEqual({ flops: 0, bytes: 0 });
});

test("scores that are never written cost the products of their gradient too, once for x and once for the weights", () => {
  const [N, F, V] = [5, 3, 7];
  const costs = costsOf((graph) => {
    const x = graph.feed("x", "f32", [N, F]);
    const weight = graph.variable({ name: "weight", dtype: "f32", shape: [V, F] });
    const { losses } = ops.linearCrossEntropy({ x, weight, targets: graph.feed("targets", "i32", [N]) });
    graph.output("gradient", differentiate(ops.sum(losses), [x])[0] as typeof x);
  });
  expect(costs.linearCrossEntropy?.flops).toBe(2 * N * F * V);
  expect(costs.linearCrossEntropyGradient?.flops).toBe(4 * N * F * V);
});

test("what only a gradient reads costs nothing without one", () => {
  const [T, B, I, H] = [5, 2, 3, 4];
  const costs = (trains: boolean) =>
    costsOf((graph) => {
      const x = graph.feed("x", "f32", [T, B, I]);
      const [h0, c0] = [graph.feed("h0", "f32", [B, H]), graph.feed("c0", "f32", [B, H])];
      const weight_ih = graph.feed("weight_ih", "f32", [4 * H, I]);
      const weight_hh = graph.feed("weight_hh", "f32", [4 * H, H]);
      const { y } = ops.lstm({ x, h0, c0, weight_ih, weight_hh });
      graph.output("y", y);
      if (trains) graph.output("gradient", differentiate(ops.sum(y), [x])[0] as typeof x);
    }).lstm?.bytes as number;
  expect(costs(true) - costs(false)).toBe(4 * (T * B * 4 * H + T * B * H));
});

test("a recurrent op costs the products of each step with x and with the state, or with the state alone where rows of a table are read", () => {
  const [T, B, I, H, V] = [5, 2, 3, 4, 7];
  const costs = (ids: boolean) =>
    costsOf((graph) => {
      const x = ids ? graph.feed("x", "i32", [T, B]) : graph.feed("x", "f32", [T, B, I]);
      const weight_ih = graph.feed("weight_ih", "f32", ids ? [V, 3 * H] : [3 * H, I]);
      const weight_hh = graph.feed("weight_hh", "f32", [3 * H, H]);
      graph.output("y", ops.gru({ x, h0: graph.feed("h0", "f32", [B, H]), weight_ih, weight_hh }).y);
    }).gru?.flops;
  expect(costs(false)).toBe(2 * T * B * (3 * H * I + 3 * H * H));
  expect(costs(true)).toBe(2 * T * B * (3 * H * H));
});
