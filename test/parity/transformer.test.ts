import { describe, expect, test } from "vitest";
import { differentiate } from "../../lib/graph/differentiate.js";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import { initialize } from "../../lib/nn/initialize.js";
import { TransformerBlock, transformerRules } from "../../lib/nn/transformerBlock.js";
import { completeOptions } from "../../lib/options.js";
import { subjects } from "./executors.js";
import figures from "./figures/transformer.json" with { type: "json" };

/** PyTorch's parameters under the names of a block; queries, keys and values are one matrix there. */
function weightsOf(weights: (typeof figures)[number]["weights"], F: number): Record<string, readonly number[]> {
  const { "self_attn.in_proj_weight": matrix, "self_attn.in_proj_bias": bias } = weights;
  return {
    "block.attention.query.weight": matrix.slice(0, F * F),
    "block.attention.query.bias": bias.slice(0, F),
    "block.attention.memory.weight": matrix.slice(F * F),
    "block.attention.memory.bias": bias.slice(F),
    "block.attention.output.weight": weights["self_attn.out_proj.weight"],
    "block.attention.output.bias": weights["self_attn.out_proj.bias"],
    "block.attention.norm.weight": weights["norm1.weight"],
    "block.attention.norm.bias": weights["norm1.bias"],
    "block.feedForward.hidden.weight": weights["linear1.weight"],
    "block.feedForward.hidden.bias": weights["linear1.bias"],
    "block.feedForward.output.weight": weights["linear2.weight"],
    "block.feedForward.output.bias": weights["linear2.bias"],
    "block.feedForward.norm.weight": weights["norm2.weight"],
    "block.feedForward.norm.bias": weights["norm2.bias"],
  };
}

describe.each(subjects)("on $name, a block is PyTorch's TransformerEncoderLayer:", ({ executor: make, tolerance }) => {
  test.each(figures)("$normalization-norm, $activation, causal $causal", async (figure) => {
    const { T, B, F, H: hiddenSize } = figure;
    const executor = make();
    const options = { size: F, heads: 2, hiddenSize, ...figure };
    const known = Object.fromEntries(Object.entries(options).filter(([name]) => Object.hasOwn(transformerRules, name)));
    const block = new TransformerBlock("block", completeOptions("block", known as never, transformerRules));
    const store = executor.createStore();
    const weights = weightsOf(figure.weights, F);
    await initialize(store, block.parameters);
    for (const { name } of block.parameters) await store.write(name, executor.floats.from(weights[name] as number[]));
    const graph = new Graph();
    const x = graph.feed("x", "f32", [T, B, F]);
    const y = block.apply(x, { lengths: null, memory: null, memoryLengths: null });
    const weighted = ops.sum(ops.multiply(y, graph.feed("weighting", "f32", [T, B, F])));
    graph.output("y", y);
    graph.output("dx", differentiate(weighted, [x])[0] as typeof x);
    const { outputs } = await executor.compile(graph.program(), store).run({
      x: executor.floats.from(figure.x),
      weighting: executor.floats.from(figure.weighting),
    });
    for (const name of ["y", "dx"] as const) {
      const expected = figure[name];
      const largest = Math.max(...expected.map(Math.abs));
      const worst = expected.reduce(
        (most, value, i) => Math.max(most, Math.abs(value - (outputs[name]?.[i] as number))),
        0,
      );
      // Layer normalisation divides by small deviations here, which multiplies the rounding of float32.
      expect(worst / largest, name).toBeLessThan(10 * tolerance);
    }
  });
});
