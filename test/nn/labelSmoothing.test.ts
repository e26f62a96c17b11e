import { expect, test } from "vitest";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { Graph } from "../../lib/graph/graph.js";
import { smoothedCrossEntropy, stepsThatExist } from "../../lib/nn/labelSmoothing.js";
import { Linear } from "../../lib/nn/linear.js";
import { numbers } from "../graph/case.js";
import { storeOf } from "../models/slopes.js";

const [T, B, F, V] = [3, 2, 4, 5];
const executor = new ReferenceExecutor({ precision: "float64" });

/** -log softmax(z)_k for every k. */
function crossEntropies(z: readonly number[]): number[] {
  const log = Math.log(z.reduce((sum, one) => sum + Math.exp(one), 0));
  return z.map((one) => log - one);
}

test.each([true, false])("the smoothed loss is its definition, with a bias: %s", async (bias) => {
  const output = new Linear("output", { inputSize: F, outputSize: V, bias });
  const graph = new Graph();
  const lengths = graph.feed("lengths", "i32", [B]);
  const operands = { x: graph.feed("x", "f32", [T * B, F]), targets: graph.feed("targets", "i32", [T * B]) };
  const smoothing = { share: 0.3, exists: stepsThatExist({ T, B, lengths }) };
  graph.output("losses", smoothedCrossEntropy(output, operands, smoothing).losses);
  const store = await storeOf(executor, output, (i, size) => numbers(size, i + 1));
  const [x, targets] = [numbers(T * B * F, 9), Int32Array.of(0, 4, 2, 1, 3, -1)];
  const feeds = { x, targets, lengths: Int32Array.of(3, 2) };
  const { losses } = (await executor.compile(graph.program(), store).run(feeds)).outputs;
  const [weight, offsets] = [numbers(V * F, 1), bias ? numbers(V, 2) : new Float64Array(V)];
  for (const [n, target] of targets.entries()) {
    const row = x.subarray(n * F, (n + 1) * F);
    const logits = Array.from({ length: V }, (_, k) =>
      row.reduce((sum, one, f) => sum + one * (weight[k * F + f] as number), offsets[k] as number),
    );
    const all = crossEntropies(logits);
    const mean = all.reduce((sum, one) => sum + one, 0) / V;
    expect(losses?.[n]).toBeCloseTo(target < 0 ? 0 : 0.7 * (all[target] as number) + 0.3 * mean, 12);
  }
});
