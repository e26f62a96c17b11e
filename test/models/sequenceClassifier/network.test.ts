import { expect, test } from "vitest";
import type { Executor } from "../../../lib/executor/executor.js";
import { nativeExecutor } from "../../../lib/executor/native.js";
import { ReferenceExecutor } from "../../../lib/executor/reference/executor.js";
import { differentiate } from "../../../lib/graph/differentiate.js";
import { Graph } from "../../../lib/graph/graph.js";
import * as ops from "../../../lib/graph/ops/index.js";
import type { Tensor } from "../../../lib/graph/tensor.js";
import type { SequenceClassifierConfig } from "../../../lib/models/sequenceClassifier/network.js";
import { SequenceClassifierNetwork } from "../../../lib/models/sequenceClassifier/network.js";
import { Pooling, poolings } from "../../../lib/models/sequenceClassifier/pooling.js";
import { RecurrentStack } from "../../../lib/nn/recurrent.js";
import { randomSource } from "../../../lib/random/source.js";
import { numbers } from "../../graph/case.js";
import { expectSlopes, storeOf } from "../slopes.js";

const sizes = { vocabularySize: 7, classes: 3, hiddenSize: 4, embeddingSize: 3 };
const variants: Record<string, Partial<SequenceClassifierConfig>> = {
  ...Object.fromEntries(poolings.map((pooling) => [pooling, { pooling }])),
  "last of one direction, two layers, LSTM": { pooling: "last", bidirectional: false, layers: 2, cell: "lstm" },
  "mean over residual connections": {
    pooling: "mean",
    bidirectional: false,
    connections: "residual",
    embeddingSize: 4,
  },
  "mean over dense connections": { pooling: "mean", connections: "dense" },
  "max over dense connections": { pooling: "max", connections: "dense" },
  "attention over dense connections": { pooling: "attention", layers: 2, connections: "dense" },
  "several labels": { multiLabel: true, pooling: "mean" },
  minGRU: { cell: "mingru", pooling: "max" },
};

const [T, B] = [4, 2];
const batch = { ids: Int32Array.of(1, 2, 3, 4, 5, 0, 6, 0), lengths: Int32Array.of(4, 2) };

test.each(Object.keys(variants))(
  "%s: the loss has a gradient for every parameter, as finite differences say",
  async (name) => {
    const network = new SequenceClassifierNetwork({ ...sizes, ...variants[name] });
    const graph = new Graph();
    const { features } = network.features(graph.feed("ids", "i32", [T, B]), graph.feed("lengths", "i32", [B]));
    const { losses } = network.losses(graph, features);
    const targets = network.config.multiLabel ? Float32Array.of(1, 0, 1, 0, 0, 0) : Int32Array.of(2, 0);
    await expectSlopes(graph, ops.sum(losses), network, { ...batch, targets });
  },
);

test("with several labels the slope of a logit of 0 is 1/2 - y", async () => {
  const network = new SequenceClassifierNetwork({ ...sizes, multiLabel: true });
  const graph = new Graph();
  const { features } = network.features(graph.feed("ids", "i32", [T, B]), graph.feed("lengths", "i32", [B]));
  const { losses, count } = network.losses(graph, features);
  graph.output("count", count);
  const bias = network.parameters.find(({ name }) => name === "output.bias")?.in(graph) as Tensor;
  graph.output("slopes", differentiate(ops.sum(losses), [bias])[0] as Tensor);
  const executor = new ReferenceExecutor({ precision: "float64" });
  const store = await storeOf(executor, network, (_, size) => new Float64Array(size));
  const feeds = { ...batch, targets: Float32Array.of(1, 0, 1, 0, 0, 1) };
  const { outputs } = await executor.compile(graph.program(), store).run(feeds);
  expect([...(outputs.slopes as Float64Array)]).toEqual([0, 1, -1]);
  expect(outputs.count?.[0]).toBe(B);
});

test("the first vectors of tokens have the deviation 0.1, and others where an initializer says so", () => {
  const deviationOf = (config: Partial<SequenceClassifierConfig>) => {
    const { parameters } = new SequenceClassifierNetwork({ ...sizes, ...config });
    const values = parameters[0]?.initializer([500, 8], randomSource(1, "vectors")) ?? [];
    return Math.sqrt(Array.from(values).reduce((sum, x) => sum + x * x, 0) / 4000);
  };
  expect(deviationOf({})).toBeCloseTo(0.1, 2);
  expect(deviationOf({ initializer: "normal:0.02" })).toBeCloseTo(0.02, 2);
  expect(deviationOf({ initializer: "normal:0.02" })).toBeLessThan(0.03);
});

/** Probabilities of rows of a batch, and its attention. */
async function probabilities(
  executor: Executor,
  network: SequenceClassifierNetwork,
  rows: { ids: Int32Array; lengths: Int32Array },
) {
  const [B, T] = [rows.lengths.length, rows.ids.length / rows.lengths.length];
  const graph = new Graph();
  const { features, weights } = network.features(graph.feed("ids", "i32", [T, B]), graph.feed("lengths", "i32", [B]));
  graph.output("probabilities", network.probabilities(features));
  if (weights) graph.output("weights", weights);
  const store = await storeOf(executor, network, (i, size) => numbers(size, i + 1));
  return (await executor.compile(graph.program(), store).run(rows)).outputs;
}

test.each(Object.keys(variants))("%s: padding and what stands in it change no probability", async (name) => {
  const network = new SequenceClassifierNetwork({ ...sizes, ...variants[name] });
  const executor = new ReferenceExecutor({ precision: "float64" });
  const { probabilities: together } = await probabilities(executor, network, batch);
  const { probabilities: other } = await probabilities(executor, network, {
    ...batch,
    ids: Int32Array.of(1, 2, 3, 4, 5, 6, 6, 3),
  });
  const alone = [
    await probabilities(executor, network, { ids: Int32Array.of(1, 3, 5, 6), lengths: Int32Array.of(4) }),
    await probabilities(executor, network, { ids: Int32Array.of(2, 4), lengths: Int32Array.of(2) }),
  ].flatMap((outputs) => [...(outputs.probabilities as Float64Array)]);
  expect(other).toEqual(together);
  for (const [i, p] of alone.entries()) expect(together?.[i], `${i}`).toBeCloseTo(p, 12);
});

test.each(Object.keys(variants))("%s: the native executor gives the reference's probabilities", async (name) => {
  const network = new SequenceClassifierNetwork({ ...sizes, ...variants[name] });
  const reference = await probabilities(new ReferenceExecutor({ precision: "float64" }), network, batch);
  const native = await probabilities(nativeExecutor(), network, batch);
  for (const [output, values] of Object.entries(reference)) {
    for (const [i, value] of values.entries()) expect(native[output]?.[i], `${output}[${i}]`).toBeCloseTo(value, 5);
  }
});

test("each pooling is what its equation says, over the steps that there are", async () => {
  const [T, B, I, H] = [5, 3, 2, 3];
  const lengths = [5, 1, 3];
  for (const kind of poolings) {
    const stack = new RecurrentStack("rnn", { cell: "lstm", inputSize: I, hiddenSize: H, bidirectional: true });
    const pooling = new Pooling("pooling", { kind, stack });
    const graph = new Graph();
    const given = graph.feed("lengths", "i32", [B]);
    const read = stack.apply(graph.feed("x", "f32", [T, B, I]), { lengths: given });
    const { pooled, weights } = pooling.apply(read, given);
    graph.output("y", read.y);
    graph.output("pooled", pooled);
    if (weights) graph.output("weights", weights);
    const executor = new ReferenceExecutor({ precision: "float64" });
    const parameters = [...stack.parameters, ...pooling.parameters];
    const store = await storeOf(executor, { parameters }, (i, size) => numbers(size, i + 1));
    const feeds = { x: numbers(T * B * I, 9), lengths: Int32Array.from(lengths) };
    const { outputs } = await executor.compile(graph.program(), store).run(feeds);
    const [F, y] = [2 * H, outputs.y as Float64Array];
    const at = (t: number, b: number, f: number) => y[(t * B + b) * F + f] as number;
    const values = async (name: string) => (await store.read(`pooling.${name}`)) as Float64Array;
    for (const [b, length] of lengths.entries()) {
      const steps = Array.from({ length }, (_, t) => t);
      let share = steps.map(() => 1 / length);
      if (kind === "attention") {
        const [W, bias, v] = [await values("projection.weight"), await values("projection.bias"), await values("v")];
        const features = Array.from({ length: F }, (_, f) => f);
        const scores = steps.map((t) =>
          features.reduce((score, k) => {
            const u = features.reduce((sum, f) => sum + (W[k * F + f] as number) * at(t, b, f), bias[k] as number);
            return score + (v[k] as number) * Math.tanh(u);
          }, 0),
        );
        const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
        share = scores.map((score) => Math.exp(score) / total);
        for (const t of steps)
          expect(outputs.weights?.[b * T + t], `weight ${b} ${t}`).toBeCloseTo(share[t] as number, 12);
      }
      for (let f = 0; f < F; f++) {
        const column = steps.map((t) => at(t, b, f));
        const expected = {
          max: Math.max(...column),
          mean: column.reduce((sum, value) => sum + value, 0) / length,
          attention: column.reduce((sum, value, t) => sum + value * (share[t] as number), 0),
          // Forward ends at the last step, backward at the first.
          last: column[f < H ? length - 1 : 0] as number,
        }[kind];
        expect(outputs.pooled?.[b * F + f], `${kind} ${b} ${f}`).toBeCloseTo(expected, 12);
      }
    }
  }
});
