import { describe, expect, test } from "vitest";
import { differentiate } from "../../lib/graph/differentiate.js";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import { subjects } from "./executors.js";
import figures from "./figures/multiHeadAttention.json" with { type: "json" };

describe.each(subjects)("on $name, attention by several heads is PyTorch's:", ({ executor: make, tolerance }) => {
  test.each(figures)("$T queries, $S positions, $heads heads, lengths $lengths, causal $causal", async (figure) => {
    const { T, S, B, F, heads, causal } = figure;
    const executor = make();
    const graph = new Graph();
    const query = graph.feed("query", "f32", [T, B, F]);
    const memory = graph.feed("memory", "f32", [S, B, 2 * F]);
    const lengths = figure.lengths && graph.feed("lengths", "i32", [B]);
    const context = ops.multiHeadAttention({ query, memory, lengths, heads, causal });
    const weighted = ops.sum(ops.multiply(context, graph.feed("weighting", "f32", [T, B, F])));
    const [dquery, dmemory] = differentiate(weighted, [query, memory]);
    const weights = ops.multiHeadWeights({ query, memory, lengths, heads, causal });
    const results = { context, weights, dquery, dmemory };
    for (const [name, tensor] of Object.entries(results)) graph.output(name, tensor as typeof context);
    const { outputs } = await executor.compile(graph.program(), executor.createStore()).run({
      query: Float32Array.from(figure.query),
      memory: Float32Array.from(figure.memory),
      weighting: Float32Array.from(figure.weighting),
      ...(figure.lengths ? { lengths: Int32Array.from(figure.lengths) } : {}),
    });
    for (const name of Object.keys(results) as (keyof typeof results)[]) {
      const [got, expected] = [outputs[name] as Float32Array, figure[name]];
      if (!expected) continue;
      expect(got).toHaveLength(expected.length);
      const largest = Math.max(...expected.map(Math.abs));
      const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - (got[i] as number))), 0);
      expect(worst / largest, name).toBeLessThan(tolerance);
    }
  });
});
