import { describe, expect, test } from "vitest";
import { differentiate } from "../../lib/graph/differentiate.js";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import type { Tensor } from "../../lib/graph/tensor.js";
import { initialize } from "../../lib/nn/initialize.js";
import { TransformerBlock, transformerRules } from "../../lib/nn/transformerBlock.js";
import { completeOptions } from "../../lib/options.js";
import { subjects } from "./executors.js";
import figures from "./figures/transformerDecoder.json" with { type: "json" };

type Weights = Readonly<Record<string, readonly number[]>>;

/** PyTorch's parameters of an attention under our names; queries, keys and values are one matrix there. */
function attentionOf(weights: Weights, name: string, own: string, F: number): [string, readonly number[]][] {
  const [matrix, bias] = [weights[`${name}.in_proj_weight`] as number[], weights[`${name}.in_proj_bias`] as number[]];
  return [
    [`${own}.query.weight`, matrix.slice(0, F * F)],
    [`${own}.query.bias`, bias.slice(0, F)],
    [`${own}.memory.weight`, matrix.slice(F * F)],
    [`${own}.memory.bias`, bias.slice(F)],
    [`${own}.output.weight`, weights[`${name}.out_proj.weight`] as number[]],
    [`${own}.output.bias`, weights[`${name}.out_proj.bias`] as number[]],
  ];
}

/** Those of a module with a weight and a bias. */
function partOf(weights: Weights, name: string, own: string): [string, readonly number[]][] {
  return ["weight", "bias"].map((part) => [`${own}.${part}`, weights[`${name}.${part}`] as number[]]);
}

describe.each(subjects)("on $name, a block is PyTorch's TransformerDecoderLayer:", ({ executor: make, tolerance }) => {
  test.each(figures)("$normalization-norm, $activation", async (figure) => {
    const { T, S, B, F, H: hiddenSize, lengths, weights } = figure;
    const executor = make();
    const options = { ...figure, size: F, heads: 2, hiddenSize, memorySize: F, causal: true };
    const known = Object.fromEntries(Object.entries(options).filter(([name]) => Object.hasOwn(transformerRules, name)));
    const block = new TransformerBlock("block", completeOptions("block", known as never, transformerRules));
    const store = executor.createStore();
    const values = new Map([
      ...attentionOf(weights, "self_attn", "block.attention", F),
      ...attentionOf(weights, "multihead_attn", "block.memoryAttention", F),
      ...partOf(weights, "linear1", "block.feedForward.hidden"),
      ...partOf(weights, "linear2", "block.feedForward.output"),
      ...partOf(weights, "norm1", "block.attention.norm"),
      ...partOf(weights, "norm2", "block.memoryAttention.norm"),
      ...partOf(weights, "norm3", "block.feedForward.norm"),
    ]);
    await initialize(store, block.parameters);
    for (const { name } of block.parameters)
      await store.write(name, executor.floats.from(values.get(name) as number[]));
    const graph = new Graph();
    const [x, memory] = [graph.feed("x", "f32", [T, B, F]), graph.feed("memory", "f32", [S, B, F])];
    const y = block.apply(x, { lengths: null, memory, memoryLengths: graph.feed("lengths", "i32", [B]) });
    const weighted = ops.sum(ops.multiply(y, graph.feed("weighting", "f32", [T, B, F])));
    const [dx, dmemory] = differentiate(weighted, [x, memory]) as [Tensor, Tensor];
    for (const [name, tensor] of Object.entries({ y, dx, dmemory })) graph.output(name, tensor);
    const { outputs } = await executor.compile(graph.program(), store).run({
      x: executor.floats.from(figure.x),
      memory: executor.floats.from(figure.memory),
      weighting: executor.floats.from(figure.weighting),
      lengths: Int32Array.from(lengths),
    });
    for (const name of ["y", "dx", "dmemory"] as const) {
      const expected = figure[name];
      const largest = Math.max(...expected.map(Math.abs));
      const errors = expected.map((value, i) => Math.abs(value - (outputs[name]?.[i] as number)));
      // Layer normalisation divides by small deviations here, which multiplies the rounding of float32.
      expect(Math.max(...errors) / largest, name).toBeLessThan(20 * tolerance);
    }
  });
});
