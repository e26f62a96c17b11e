import { expect, test } from "vitest";
import { Graph } from "../../lib/graph/graph.js";
import { GRU, initializers, Linear, LSTM, RNN } from "../../lib/nn/index.js";
import { initializer } from "../../lib/nn/initializers.js";
import { randomSource } from "../../lib/random/source.js";

test("parameters have PyTorch's names and shapes", () => {
  const layer = new LSTM("rnn", { inputSize: 3, hiddenSize: 5, layers: 2, bidirectional: true });
  const shapes = Object.fromEntries(layer.parameters.map(({ name, shape }) => [name, shape]));
  expect(Object.keys(shapes).length).toBe(16);
  expect(shapes["rnn.weight_ih_l0"]).toEqual([20, 3]);
  expect(shapes["rnn.weight_ih_l1_reverse"]).toEqual([20, 10]);
  expect(shapes["rnn.weight_hh_l1"]).toEqual([20, 5]);
  expect(shapes["rnn.bias_hh_l0_reverse"]).toEqual([20]);
});

test("connections and directions give the sizes that they should", () => {
  const graph = new Graph();
  const x = graph.feed("x", "f32", [4, 2, 6]);
  const outputs = [
    [new GRU("a", { inputSize: 6, hiddenSize: 5, layers: 2 }), 5],
    [new GRU("b", { inputSize: 6, hiddenSize: 5, layers: 2, bidirectional: true }), 10],
    [new GRU("c", { inputSize: 6, hiddenSize: 6, layers: 3, connections: "residual" }), 6],
    [new RNN("d", { inputSize: 6, hiddenSize: 5, layers: 3, connections: "dense" }), 6 + 3 * 5],
    [new LSTM("e", { inputSize: 6, hiddenSize: 4, layers: 2, connections: "dense", bidirectional: true }), 6 + 2 * 8],
  ] as const;
  for (const [layer, features] of outputs) {
    expect(layer.outputSize).toBe(features);
    expect(layer.apply(x).y.shape).toEqual([4, 2, features]);
  }
});

test("dropout between layers is recorded only while training, and only between layers", () => {
  for (const [training, layers, expected] of [
    [true, 3, 2],
    [true, 1, 0],
    [false, 3, 0],
  ] as const) {
    const graph = new Graph({ training });
    new LSTM("rnn", { inputSize: 6, hiddenSize: 5, layers, dropout: 0.5 }).apply(graph.feed("x", "f32", [4, 2, 6]));
    expect(graph.nodes.filter(({ operation }) => operation.name === "dropout").length).toBe(expected);
    expect(graph.defaults).toEqual(expected > 0 ? { "rnn.dropout": 0.5 } : {});
  }
});

test("the forget gate's bias starts at 1, the other biases at 0", () => {
  const layer = new LSTM("rnn", { inputSize: 3, hiddenSize: 4 });
  const bias = layer.parameters.find(({ name }) => name === "rnn.bias_ih_l0");
  const values = bias?.initializer(bias.shape, randomSource(1, "bias"));
  expect([...(values ?? [])]).toEqual([...Array(4).fill(0), ...Array(4).fill(1), ...Array(8).fill(0)]);
});

test("orthogonal blocks are orthogonal, one for each gate", () => {
  for (const [rows, columns] of [
    [12, 4],
    [4, 4],
    [3, 7],
    [7, 3],
  ] as const) {
    const w = initializers.orthogonal([rows, columns], randomSource(1, "w"));
    const block = rows % columns === 0 ? columns : rows;
    const tall = block > columns;
    for (let start = 0; start < rows; start += block) {
      for (let a = 0; a < Math.min(block, columns); a++) {
        for (let b = 0; b < Math.min(block, columns); b++) {
          let dot = 0;
          for (let k = 0; k < Math.max(block, columns); k++) {
            const at = (v: number) => w[tall ? (start + k) * columns + v : (start + v) * columns + k] as number;
            dot += at(a) * at(b);
          }
          expect(dot).toBeCloseTo(a === b ? 1 : 0, 5);
        }
      }
    }
  }
});

test("initialisers keep within what they promise", () => {
  const draw = (name: string) => initializer(name)([100, 50], randomSource(2, name));
  const largest = (values: Float32Array) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  expect(largest(draw("uniform:0.1"))).toBeLessThanOrEqual(Math.fround(0.1));
  expect(largest(draw("uniform:0.1"))).toBeGreaterThan(0.09);
  expect(largest(draw("xavier"))).toBeLessThanOrEqual(Math.sqrt(6 / 150));
  expect(largest(draw("fan-in"))).toBeLessThanOrEqual(1 / Math.sqrt(50));
  expect(draw("normal:0.5").reduce((sum, x) => sum + x * x, 0) / 5000).toBeCloseTo(0.25, 1);
});

test("a tied output layer has no weight of its own", () => {
  const table = new Linear("a", { inputSize: 3, outputSize: 7 }).weight;
  expect(new Linear("b", { inputSize: 3, outputSize: 7, tied: table }).parameters.map(({ name }) => name)).toEqual([
    "b.bias",
  ]);
});

test("a misspelt option of a layer is refused", () => {
  expect(() => new LSTM("rnn", { inputSize: 3, hiddensize: 4 } as never)).toThrow(
    /rnn: unknown option "hiddensize"; did you mean hiddenSize/,
  );
});
