import { expect, test } from "vitest";
import type { Values } from "../../lib/executor/executor.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { Graph } from "../../lib/graph/graph.js";
import type { Tensor } from "../../lib/graph/tensor.js";
import { Attention } from "../../lib/nn/attention.js";
import { binaryCrossEntropy } from "../../lib/nn/binaryCrossEntropy.js";
import { Convolution } from "../../lib/nn/convolution.js";
import { Dropout } from "../../lib/nn/dropout.js";
import { Embedding } from "../../lib/nn/embedding.js";
import { activations, FeedForward } from "../../lib/nn/feedForward.js";
import { Highway } from "../../lib/nn/highway.js";
import { LayerNorm } from "../../lib/nn/layerNorm.js";
import type { Parameter } from "../../lib/nn/parameter.js";
import { numbers } from "../graph/case.js";
import { storeOf } from "../models/slopes.js";

const executor = new ReferenceExecutor({ precision: "float64" });

/** The values of a recorded tensor, with `numbers` of its place as every parameter. */
async function valuesOf(
  layer: { parameters: readonly Parameter[] },
  record: (graph: Graph) => Tensor,
  feeds: Readonly<Record<string, Values>>,
  training = false,
): Promise<number[]> {
  const graph = new Graph({ training });
  graph.output("y", record(graph));
  const store = await storeOf(executor, layer, (i, size) => numbers(size, i + 1));
  const program = graph.program();
  const offered: Record<string, Values | number> = { random: Int32Array.of(1, 1), ...graph.defaults, ...feeds };
  const fed = program.feeds.map(({ name }) => [name, offered[name] as Values]);
  return [...((await executor.compile(program, store).run(Object.fromEntries(fed))).outputs.y as Float64Array)];
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) expect(actual[i], `${i}`).toBeCloseTo(value, 10);
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** W x + b, with the weights `numbers` of a parameter's place, from 1. */
function affine(x: readonly number[], O: number, place: number): number[] {
  const [weight, bias] = [numbers(O * x.length, place), numbers(O, place + 1)];
  return Array.from({ length: O }, (_, o) =>
    x.reduce((sum, value, i) => sum + value * (weight[o * x.length + i] as number), bias[o] as number),
  );
}

const [N, F, H] = [2, 3, 5];
const x = numbers(N * F, 50);
const rows = Array.from({ length: N }, (_, n) => [...x.subarray(n * F, (n + 1) * F)]);

test.each(activations)("a feed-forward part with %s is its equation", async (activation) => {
  const layer = new FeedForward("f", { size: F, hiddenSize: H, activation });
  const activated = (row: number[]) => {
    const hidden = affine(row, H, 1);
    if (activation === "relu") return hidden.map((own) => Math.max(own, 0));
    // Hendrycks & Gimpel (2016), in its tanh form.
    const inner = (own: number) => Math.sqrt(2 / Math.PI) * (own + 0.044715 * own ** 3);
    if (activation === "gelu") return hidden.map((own) => (own / 2) * (1 + Math.tanh(inner(own))));
    return affine(row, H, 3).map((own, h) => own * sigmoid(own) * (hidden[h] as number));
  };
  const last = activation === "swiglu" ? 5 : 3;
  const y = await valuesOf(layer, (graph) => layer.apply(graph.feed("x", "f32", [N, F])), { x });
  expectClose(
    y,
    rows.flatMap((row) => affine(activated(row), F, last)),
  );
});

test("a highway layer carries what its gate does not make", async () => {
  const layer = new Highway("h", { size: F });
  const y = await valuesOf(layer, (graph) => layer.apply(graph.feed("x", "f32", [N, F])), { x });
  const expected = rows.flatMap((row) => {
    const [made, gate] = [affine(row, F, 1), affine(row, F, 3)];
    return row.map((own, f) => {
      const t = sigmoid(gate[f] as number);
      return t * Math.max(made[f] as number, 0) + (1 - t) * own;
    });
  });
  expectClose(y, expected);
});

test("layer normalisation divides by the deviation, with epsilon in the variance", async () => {
  for (const epsilon of [1e-5, 0.5]) {
    const layer = new LayerNorm("n", { size: F, epsilon });
    const y = await valuesOf(layer, (graph) => layer.apply(graph.feed("x", "f32", [N, F])), { x });
    const [gain, bias] = [numbers(F, 1), numbers(F, 2)];
    const expected = rows.flatMap((row) => {
      const mean = row.reduce((sum, own) => sum + own, 0) / F;
      const variance = row.reduce((sum, own) => sum + (own - mean) ** 2, 0) / F;
      return row.map(
        (own, f) => ((own - mean) / Math.sqrt(variance + epsilon)) * (gain[f] as number) + Number(bias[f]),
      );
    });
    expectClose(y, expected);
  }
});

test("the cross-entropy of a label that may be there is its definition, also where the exponential overflows", async () => {
  const [scores, labels] = [Float64Array.of(-2, -0.5, 0, 1.5, 2000, -2000), Float64Array.of(0, 1, 1, 0, 1, 1)];
  const feeds = { x: scores, y: labels };
  const losses = await valuesOf(
    { parameters: [] },
    (graph) => binaryCrossEntropy(graph.feed("x", "f32", [6]), graph.feed("y", "f32", [6])),
    feeds,
  );
  const expected = [...scores].map((own, i) => -Math.log(labels[i] ? sigmoid(own) : 1 - sigmoid(own)));
  expectClose(losses, [...expected.slice(0, 5), 2000]);
});

test("a convolution sums the patches of an image, with zeros around it", async () => {
  const [rowsIn, columns, I, O, size] = [3, 4, 2, 3, 2];
  const layer = new Convolution("c", { inputSize: I, outputSize: O, size, stride: 2, padding: 1 });
  const image = numbers(rowsIn * columns * I, 60);
  const feeds = { image };
  const y = await valuesOf(
    layer,
    (graph) => {
      const result = layer.apply(graph.feed("image", "f32", [1, rowsIn, columns, I]));
      expect(result.shape).toEqual([1, 2, 3, O]);
      return result;
    },
    feeds,
  );
  const [weight, bias] = [numbers(O * I * size * size, 1), numbers(O, 2)];
  const at = (r: number, c: number, i: number) =>
    r < 0 || c < 0 || r >= rowsIn || c >= columns ? 0 : (image[(r * columns + c) * I + i] as number);
  const expected: number[] = [];
  for (let r = 0; r < 2; r++) {
    for (let c = 0; c < 3; c++) {
      for (let o = 0; o < O; o++) {
        let sum = bias[o] as number;
        for (let k = 0; k < I * size * size; k++) {
          const [i, dr, dc] = [Math.floor(k / (size * size)), Math.floor(k / size) % size, k % size];
          sum += (weight[o * I * size * size + k] as number) * at(2 * r - 1 + dr, 2 * c - 1 + dc, i);
        }
        expected.push(sum);
      }
    }
  }
  expectClose(y, expected);
  // By default half the size is around it: a stride of 1 keeps the size of the image.
  const same = new Convolution("s", { inputSize: I, outputSize: O });
  expect(same.weight.shape).toEqual([O, I, 3, 3]);
  expect(same.apply(new Graph().feed("image", "f32", [5, rowsIn, columns, I])).shape).toEqual([5, rowsIn, columns, O]);
});

test("dropout of an embedding leaves out rows of its table, wherever their ids stand", async () => {
  const V = 40;
  const layer = new Embedding("e", { vocabularySize: V, embeddingSize: 2, dropout: 0.5 });
  const ids = Int32Array.from({ length: 2 * V }, (_, i) => i % V);
  const drawn = (training: boolean) =>
    valuesOf(layer, (graph) => layer.apply(graph.feed("ids", "i32", [2 * V])), { ids }, training);
  const table = [...numbers(2 * V, 1)];
  expectClose(await drawn(false), [...table, ...table]);
  const y = await drawn(true);
  expect(y.slice(2 * V)).toEqual(y.slice(0, 2 * V));
  const kept = Array.from({ length: V }, (_, v) => y[2 * v] !== 0);
  expect(new Set(kept).size).toBe(2);
  expectClose(
    y.slice(0, 2 * V),
    table.map((own, i) => (kept[Math.floor(i / 2)] ? 2 * own : 0)),
  );
});

test("variational dropout draws one mask for all steps, and other dropout one for each", async () => {
  const [T, size] = [3, 40];
  const steps = async (variational: boolean) => {
    const layer = new Dropout("d", { rate: 0.5, variational });
    const ones = new Float64Array(T * size).fill(1);
    const y = await valuesOf(
      { parameters: [] },
      (graph) => layer.apply(graph.feed("x", "f32", [T, 1, size])),
      { x: ones },
      true,
    );
    expect(new Set(y)).toEqual(new Set([0, 2]));
    return new Set(Array.from({ length: T }, (_, t) => y.slice(t * size, (t + 1) * size).join()));
  };
  expect((await steps(true)).size).toBe(1);
  expect((await steps(false)).size).toBe(T);
});

test("attention reads the positions of a memory that exist, each row its own, and gives their mean by its weights", async () => {
  const [S, B, M] = [3, 2, 4];
  const layer = new Attention("a", { querySize: M, memorySize: M, scorer: "dot" });
  const [query, values] = [numbers(B * M, 7), numbers(S * B * M, 8)];
  const y = await valuesOf(
    layer,
    (graph) => {
      const memory = layer.memory(graph.feed("values", "f32", [S, B, M]), graph.feed("lengths", "i32", [B]));
      return layer.apply(graph.feed("query", "f32", [1, B, M]), memory).context;
    },
    { query, values, lengths: Int32Array.of(3, 2) },
  );
  const vector = (all: Float64Array, n: number) => [...all.subarray(n * M, (n + 1) * M)];
  const expected = [3, 2].flatMap((length, b) => {
    const q = vector(query, b);
    const memory = Array.from({ length }, (_, s) => vector(values, s * B + b));
    const weights = memory.map((m) => Math.exp(m.reduce((sum, own, k) => sum + own * (q[k] as number), 0)));
    const total = weights.reduce((sum, own) => sum + own, 0);
    return q.map((_, k) => memory.reduce((sum, m, s) => sum + ((weights[s] as number) / total) * (m[k] as number), 0));
  });
  expectClose(y, expected);
});
