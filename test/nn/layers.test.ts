import { describe, expect, test } from "vitest";
import { OptionError, OstinatoError } from "../../lib/errors.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import { Convolution } from "../../lib/nn/convolution.js";
import { FeedForward } from "../../lib/nn/feedForward.js";
import { Highway } from "../../lib/nn/highway.js";
import {
  Attention,
  Dropout,
  Embedding,
  GRU,
  initialize,
  initializers,
  LayerNorm,
  Linear,
  LSTM,
  Parameter,
  RecurrentStack,
  RNN,
} from "../../lib/nn/index.js";
import { initializer } from "../../lib/nn/initializers.js";
import { MultiHeadAttention } from "../../lib/nn/multiHeadAttention.js";
import { Transformer } from "../../lib/nn/transformer.js";
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

/** The first values of a parameter of a layer, by the end of its name. */
const firstOf = (layer: { readonly parameters: readonly Parameter[] }, name: string) => {
  const own = layer.parameters.find((parameter) => parameter.name.endsWith(name)) as Parameter;
  return [...own.initializer(own.shape, randomSource(1, own.name))];
};

test.each(["lstm", "peephole-lstm"] as const)("%s: the forget gate begins at forgetBias", (cell) => {
  const bias = (options: object) =>
    firstOf(new RecurrentStack("rnn", { cell, inputSize: 3, hiddenSize: 2, ...options }), "bias_ih_l0");
  expect(bias({})).toEqual([0, 0, 1, 1, 0, 0, 0, 0]);
  expect(bias({ forgetBias: 0.5 })).toEqual([0, 0, 0.5, 0.5, 0, 0, 0, 0]);
});

test("layers begin with the values that their docs name", () => {
  const norm = new LayerNorm("norm", { size: 2 });
  expect([firstOf(norm, "weight"), firstOf(norm, "bias")]).toEqual([
    [1, 1],
    [0, 0],
  ]);
  expect(firstOf(new Linear("out", { inputSize: 3, outputSize: 2 }), "bias")).toEqual([0, 0]);
  const highway = new Highway("highway", { size: 2 });
  expect([firstOf(highway, "gate.bias"), firstOf(highway, "transform.bias")]).toEqual([
    [-2, -2],
    [0, 0],
  ]);
  expect(firstOf(new Highway("highway", { size: 2, gateBias: -1 }), "gate.bias")).toEqual([-1, -1]);
  expect(firstOf(new Convolution("c", { inputSize: 1, outputSize: 2 }), "bias")).toEqual([0, 0]);
  const plain = new RNN("rnn", { inputSize: 50, hiddenSize: 40 });
  expect(firstOf(plain, "bias_hh_l0")).toEqual(Array(40).fill(0));
  for (const name of ["weight_ih_l0", "weight_hh_l0"]) {
    const largest = Math.max(...firstOf(plain, name).map(Math.abs)) * Math.sqrt(40);
    expect(largest).toBeLessThanOrEqual(1 + 1e-6);
    expect(largest).toBeGreaterThan(0.98);
  }
  const [one, two] = [initializers.constant(1), initializers.constant(2)];
  const own = new GRU("gru", { inputSize: 1, hiddenSize: 1, initializer: one, recurrentInitializer: two });
  expect([firstOf(own, "weight_ih_l0"), firstOf(own, "weight_hh_l0")]).toEqual([
    [1, 1, 1],
    [2, 2, 2],
  ]);
  const part = new FeedForward("f", { size: 2, hiddenSize: 1, initializer: one, outputInitializer: two });
  expect([firstOf(part, "hidden.weight"), firstOf(part, "output.weight")]).toEqual([
    [1, 1],
    [2, 2],
  ]);
  const heads = new MultiHeadAttention("m", { size: 2, heads: 1, initializer: one, outputInitializer: two });
  const sums = ["query.weight", "memory.weight", "output.weight"].map((name) =>
    firstOf(heads, name).reduce((sum, value) => sum + value, 0),
  );
  expect(sums).toEqual([4, 8, 8]);
  const blocks = new Transformer("t", {
    ...{ size: 2, heads: 1, layers: 2, memorySize: 3, hiddenSize: 3 },
    ...{ initializer: one, outputInitializer: two },
  });
  for (const parameter of blocks.parameters.filter(({ shape }) => shape.length === 2)) {
    const expected = parameter.name.endsWith("output.weight") ? 2 : 1;
    expect(new Set(firstOf(blocks, parameter.name)), parameter.name).toEqual(new Set([expected]));
  }
});

test("sizes that were left out follow from those that were not", () => {
  const shapesOf = (layer: { readonly parameters: readonly Parameter[] }) =>
    Object.fromEntries(layer.parameters.map(({ name, shape }) => [name, shape]));
  expect(shapesOf(new FeedForward("f", { size: 4 }))).toEqual({
    ...{ "f.hidden.weight": [16, 4], "f.hidden.bias": [16], "f.output.weight": [4, 16], "f.output.bias": [4] },
  });
  // Two thirds of 4 x 4, rounded up, for three products.
  expect(shapesOf(new FeedForward("f", { size: 4, activation: "swiglu", bias: false }))).toEqual({
    ...{ "f.hidden.weight": [11, 4], "f.gate.weight": [11, 4], "f.output.weight": [4, 11] },
  });
  expect(shapesOf(new MultiHeadAttention("m", { size: 4, heads: 2, memorySize: 3, bias: false }))).toEqual({
    ...{ "m.query.weight": [4, 4], "m.memory.weight": [8, 3], "m.output.weight": [4, 4] },
  });
  const small = new LSTM("rnn", { inputSize: 3, hiddenSize: 5, lastHiddenSize: 2, layers: 3 });
  const x = new Graph().feed("x", "f32", [4, 2, 3]);
  const { y, layers } = small.apply(x);
  expect([small.outputSize, y.shape, ...layers.map(({ shape }) => shape[2])]).toEqual([2, [4, 2, 2], 5, 5, 2]);
  expect(
    small.stateEntries.map(({ name, kind, layer, direction, size }) => [name, kind, layer, direction, size]),
  ).toEqual([
    ["h_l0", "h", 0, 0, 5],
    ["c_l0", "c", 0, 0, 5],
    ["h_l1", "h", 1, 0, 5],
    ["c_l1", "c", 1, 0, 5],
    ["h_l2", "h", 2, 0, 2],
    ["c_l2", "c", 2, 0, 2],
  ]);
  const both = new GRU("rnn", { inputSize: 3, hiddenSize: 5, bidirectional: true, bias: false });
  expect(both.stateEntries.map(({ name, direction }) => [name, direction])).toEqual([
    ["h_l0", 0],
    ["h_l0_reverse", 1],
  ]);
  expect(both.parameters.map(({ name }) => name)).toEqual([
    ...["rnn.weight_ih_l0", "rnn.weight_hh_l0", "rnn.weight_ih_l0_reverse", "rnn.weight_hh_l0_reverse"],
  ]);
  // Blocks that normalise what they read leave the sum to be normalised at the end; others have done so.
  const last = (options: object) => {
    const { parameters } = new Transformer("t", { size: 4, heads: 2, ...options });
    return parameters.at(-1)?.name;
  };
  expect([last({}), last({ normalization: "post" }), last({ normalization: "post", finalNorm: true })]).toEqual([
    ...["t.norm.bias", "t.0.feedForward.output.bias", "t.norm.bias"],
  ]);
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

test("values are the draws one after the other, however large the weights", () => {
  const count = 3 * 16384 + 5;
  const values = initializers.uniform(2)([count], randomSource(3, "w"));
  const random = randomSource(3, "w");
  const expected = Float32Array.from({ length: count }, () => (2 * random.uniform() - 1) * 2);
  expect(values).toEqual(expected);
});

test("initializers keep within what they promise", () => {
  const draw = (name: string) => initializer(name)([100, 50], randomSource(2, name));
  const largest = (values: Float32Array) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  expect(largest(draw("uniform:0.1"))).toBeLessThanOrEqual(Math.fround(0.1));
  expect(largest(draw("uniform:0.1"))).toBeGreaterThan(0.09);
  expect(largest(draw("xavier"))).toBeLessThanOrEqual(Math.sqrt(6 / 150));
  expect(largest(draw("fan-in"))).toBeLessThanOrEqual(1 / Math.sqrt(50));
  // The weights of a vector are all read by one sum; a scalar is one input and one output.
  expect(largest(initializer("fan-in")([50], randomSource(2, "b")))).toBeLessThanOrEqual(1 / Math.sqrt(50));
  expect(largest(initializer("fan-in")([5000], randomSource(2, "b")))).toBeGreaterThan(0.99 / Math.sqrt(5000));
  const scalar = (2 * randomSource(2, "c").uniform() - 1) * Math.sqrt(3);
  expect(initializers.xavierUniform([], randomSource(2, "c"))[0]).toBeCloseTo(scalar, 6);
  const square = (values: Float32Array) => values.reduce((sum, x) => sum + x * x, 0) / values.length;
  for (const [drawn, deviation] of [
    [initializers.xavierNormal, Math.sqrt(2 / 150)],
    [initializers.heNormal, Math.sqrt(2 / 50)],
  ] as const)
    expect(Math.sqrt(square(drawn([100, 50], randomSource(2, "w")))) / deviation).toBeCloseTo(1, 1);
  expect(draw("normal:0.5").reduce((sum, x) => sum + x * x, 0) / 5000).toBeCloseTo(0.25, 1);
});

test("a tied output layer has no weight of its own", () => {
  const table = new Linear("a", { inputSize: 3, outputSize: 7 }).weight;
  expect(new Linear("b", { inputSize: 3, outputSize: 7, tied: table }).parameters.map(({ name }) => name)).toEqual([
    "b.bias",
  ]);
});

test.each<[string, (options: never) => unknown, object]>([
  ["Embedding", (options) => new Embedding("layer", options), { vocabularySize: 5, embeddingSize: 4 }],
  ["Linear", (options) => new Linear("layer", options), { inputSize: 3, outputSize: 4 }],
  ["LayerNorm", (options) => new LayerNorm("layer", options), { size: 4 }],
  ["Dropout", (options) => new Dropout("layer", options), { rate: 0.1 }],
  ["Attention", (options) => new Attention("layer", options), { querySize: 4, memorySize: 4 }],
  ["RNN", (options) => new RNN("layer", options), { inputSize: 3, hiddenSize: 4 }],
  ["GRU", (options) => new GRU("layer", options), { inputSize: 3, hiddenSize: 4 }],
  ["LSTM", (options) => new LSTM("layer", options), { inputSize: 3, hiddenSize: 4 }],
])("%s refuses options that it does not have, and sizes that are none", (_, make, options) => {
  expect(() => make(options as never)).not.toThrow();
  for (const [name, value] of Object.entries(options)) {
    const { [name]: __, ...rest } = options as Record<string, number>;
    const misspelt = name.slice(0, -1);
    expect(() => make({ ...rest, [misspelt]: value } as never)).toThrow(
      `layer: unknown option "${misspelt}"; did you mean ${name}?`,
    );
    for (const wrong of [-4, "4", Number.NaN, null, undefined]) {
      expect(() => make({ ...options, [name]: wrong } as never)).toThrow(`layer: expected ${name} to be`);
    }
  }
  expect(() => make(undefined as never)).toThrow(OptionError);
  expect(() => make(7 as never)).toThrow("layer: expected an object of options, got 7.");
});

test("words and numbers do not pass for true and false", () => {
  const sizes = { inputSize: 3, hiddenSize: 4 };
  for (const [name, value] of [
    ["bidirectional", "none"],
    ["variational", "no"],
    ["bias", 0],
  ] as const) {
    expect(() => new GRU("rnn", { ...sizes, [name]: value } as never)).toThrow(
      `rnn: expected ${name} to be true or false, got ${JSON.stringify(value)}.`,
    );
  }
  expect(() => new Linear("out", { inputSize: 3, outputSize: 4, bias: "no" } as never)).toThrow("true or false");
});

test("options outside what a layer can be are refused", () => {
  const sizes = { inputSize: 3, hiddenSize: 4 };
  expect(() => new LSTM("rnn", { ...sizes, layers: 1e15 })).toThrow(
    "layers to be a whole number at least 1 and at most 1000",
  );
  expect(() => new LSTM("rnn", { ...sizes, forgetBias: "one" } as never)).toThrow(
    "rnn: expected forgetBias to be a number",
  );
  expect(() => new LSTM("rnn", { ...sizes, cell: "gru" } as never)).toThrow('rnn: unknown option "cell"');
  expect(() => new GRU("rnn", { ...sizes, reset: "never" } as never)).toThrow("one of after, before");
  expect(() => new RNN("rnn", { ...sizes, activation: "gelu" } as never)).toThrow("one of tanh, relu");
  expect(() => new RNN("rnn", { ...sizes, dropout: 1 })).toThrow("dropout to be a number at least 0 and below 1");
  expect(() => new RNN("rnn", { ...sizes, initializer: "xavier" } as never)).toThrow(
    "to be an initializer: initializers.",
  );
  expect(() => new Embedding("table", { vocabularySize: 2 ** 20, embeddingSize: 2 ** 12 })).toThrow(
    "table.weight: shape [1048576,4096] has 4294967296 weights, 16 GiB as float32",
  );
  expect(() => new Embedding(undefined as never, { vocabularySize: 2, embeddingSize: 2 })).toThrow(
    "Embedding: expected its name, the first argument, to be a text",
  );
  const { weight: tied } = new Embedding("table", { vocabularySize: 7, embeddingSize: 3 });
  expect(() => new Linear("out", { inputSize: 4, outputSize: 7, tied })).toThrow(
    "out: expected a tied table of shape [outputSize,inputSize] = [7,4], got table.weight [7,3].",
  );
  expect(() => initializers.constant(Number.NaN)).toThrow("constant: expected its value to be a number");
  expect(() => initializers.uniform(-1)).toThrow("uniform: expected limit to be a number at least 0");
  expect(() => initializers.normal(-1)).toThrow("normal: expected deviation to be a number at least 0");
  const unlike = (scorer: "dot" | "general") => () => new Attention("a", { querySize: 3, memorySize: 4, scorer });
  expect(unlike("dot")).toThrow('a: "dot" compares a query with a memory of the same size, got 3 and 4.');
  expect(unlike("general")).not.toThrow();
  for (const name of ["uniform", "uniform:", "uniform: ", "normal:-1", "uniform:1:2", "normal:1e39", "Xavier", "", 5]) {
    expect(() => initializer(name as never), String(name)).toThrow(OptionError);
  }
});

test("a wrong input, state or length is named, and no weight is blamed", () => {
  const graph = new Graph();
  const x = graph.feed("x", "f32", [5, 2, 128]);
  const wrong = graph.feed("wrong", "f32", [5, 2, 64]);
  const ids = graph.feed("ids", "i32", [5, 2]);
  const stack = new LSTM("encoder.0", { inputSize: 128, hiddenSize: 8 });
  const [h_l0, c_l0] = [graph.feed("h", "f32", [2, 8]), graph.feed("c", "f32", [2, 9])];
  const says = (record: () => unknown, message: string) => {
    expect(record).toThrow(message);
    expect(record).toThrow(OstinatoError);
  };
  says(() => stack.apply(wrong), "encoder.0: expected x of shape [T,B,128], got wrong f32[5,2,64].");
  says(() => stack.apply(ids), "encoder.0: expected x to hold f32 values, got ids i32[5,2].");
  says(() => stack.apply(5 as never), "encoder.0: expected x to be a Tensor of a Graph, got 5.");
  says(() => stack.apply(x, { state: { h_l0, c_l0 } }), "encoder.0: expected c_l0 of shape [B=2,8], got c f32[2,9].");
  says(() => stack.apply(x, { state: { h_l0 } }), "encoder.0: the state has no c_l0; expected h_l0, c_l0.");
  says(
    () => stack.apply(x, { state: { h_l0, C_l0: h_l0 } }),
    'encoder.0, the state: unknown option "C_l0"; did you mean c_l0?',
  );
  says(() => stack.apply(x, { lengths: h_l0 }), "encoder.0: expected lengths to hold i32 values, got h f32[2,8].");
  says(() => stack.apply(x, { length: ids } as never), 'encoder.0: unknown option "length"; did you mean lengths?');
  says(() => new Linear("out", { inputSize: 3, outputSize: 4 }).apply(x), "out: expected x of shape [...,3]");
  says(() => new LayerNorm("norm", { size: 3 }).apply(x), "norm: expected x of shape [...,3]");
  says(
    () => new Embedding("table", { vocabularySize: 3, embeddingSize: 4 }).apply(x),
    "table: expected ids to hold i32",
  );
  says(() => new Dropout("drop", { rate: 0.5 }).apply("x" as never), "drop: expected x to be a Tensor");
  const attention = new Attention("look", { querySize: 128, memorySize: 64 });
  const memory = attention.memory(wrong);
  says(() => attention.memory(x), "look: expected values of shape [S,B,64]");
  says(() => attention.apply(wrong, memory), "look: expected query of shape [T,N,128]");
  for (const other of [null, 5])
    says(() => attention.apply(x, other as never), "look: expected memory to be what memory()");
  expect(attention.apply(x, memory).weights.shape).toEqual([5, 2, 5]);
});

describe.each([
  ["native", () => nativeExecutor()],
  ["reference", () => new ReferenceExecutor()],
] as const)("%s", (_, makeExecutor) => {
  test("a value that an op refuses is blamed on the layer", async () => {
    const executor = makeExecutor();
    const graph = new Graph();
    const ids = graph.feed("ids", "i32", [2]);
    const table = new Embedding("table", { vocabularySize: 4, embeddingSize: 3 });
    graph.output(
      "y",
      graph.within("source embedding", () => ops.embedding(table.weight.in(graph), ids)),
    );
    const program = executor.compile(graph.program(), executor.createStore());
    await expect(program.run({ ids: Int32Array.of(0, 9) })).rejects.toThrow(
      /^source embedding: id 9 at position 1 is outside the table of 4 rows/,
    );
  });

  test("layers that nobody initialized begin with their own first values", async () => {
    const executor = makeExecutor();
    const layers = [
      new Embedding("table", { vocabularySize: 4, embeddingSize: 3 }),
      new LayerNorm("norm", { size: 3 }),
      new LSTM("rnn", { inputSize: 3, hiddenSize: 2, initializer: initializers.orthogonal }),
    ] as const;
    const graph = new Graph();
    const embedded = layers[0].apply(graph.feed("ids", "i32", [5, 1]));
    graph.output("y", layers[2].apply(layers[1].apply(embedded)).y);
    const store = executor.createStore();
    const program = executor.compile(graph.program(), store);
    const { outputs } = await program.run({ ids: Int32Array.of(0, 1, 2, 3, 0) });
    expect(outputs.y?.every((value) => value !== 0)).toBe(true);

    const other = executor.createStore();
    const parameters = layers.flatMap((layer) => layer.parameters);
    await initialize(other, parameters);
    for (const { name } of parameters) expect(await store.read(name), name).toEqual(await other.read(name));
    await initialize(other, parameters, { seed: 2 });
    expect(await store.read("table.weight")).not.toEqual(await other.read("table.weight"));
    // Values that were written stay.
    executor.compile(graph.program(), other);
    await initialize(store, parameters, { seed: 2 });
    expect(await store.read("table.weight")).toEqual(await other.read("table.weight"));
  });

  test("whole numbers begin as zeros, and what is no store or no parameter is refused", async () => {
    const store = makeExecutor().createStore();
    const count = new Parameter("count", [2], initializers.constant(3), { dtype: "i32" });
    await initialize(store, [count]);
    expect(await store.read("count")).toEqual(Int32Array.of(0, 0));
    const aStore = "initialize: expected store to be the store of an executor";
    for (const other of [null, 5, {}, { declare() {} }, { write() {} }])
      await expect(initialize(other as never, [count])).rejects.toThrow(aStore);
    await expect(initialize(store, [5 as never])).rejects.toThrow(
      "initialize: expected parameters[0] to be a Parameter, got 5.",
    );
  });

  test("an initializer that fails, or gives other values, fails what would have used them", async () => {
    for (const [initializer, message] of [
      [
        () => new Float32Array(3),
        "table.weight: expected its initializer to give a Float32Array of shape [4,3], got 3 values",
      ],
      [() => [1, 2], "got object"],
      [
        () => {
          throw new TypeError("no luck");
        },
        "table.weight: its initializer failed: no luck",
      ],
      [
        () => {
          throw "no numbers";
        },
        "table.weight: its initializer failed: no numbers",
      ],
    ] as const) {
      const executor = makeExecutor();
      const graph = new Graph();
      const table = new Embedding("table", { vocabularySize: 4, embeddingSize: 3, initializer: initializer as never });
      graph.output("y", table.apply(graph.feed("ids", "i32", [1])));
      const program = executor.compile(graph.program(), executor.createStore());
      for (const _ of [1, 2]) await expect(program.run({ ids: Int32Array.of(1) })).rejects.toThrow(message);
    }
  });
});
