import { describe, expect, test } from "vitest";
import { nativeExecutor } from "../../lib/executor/native.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import { FeedForward } from "../../lib/nn/feedForward.js";
import { MultiHeadAttention } from "../../lib/nn/multiHeadAttention.js";
import { Positions } from "../../lib/nn/positions.js";
import { Transformer } from "../../lib/nn/transformer.js";
import { numbers } from "../graph/case.js";
import { storeOf } from "../models/slopes.js";

const [T, B, F, L] = [7, 2, 8, 5];
const executor = new ReferenceExecutor({ precision: "float64" });

const forms = [
  { normalization: "pre", activation: "gelu", rotaryBase: 100 },
  { normalization: "post", activation: "relu" },
  { normalization: "pre", activation: "swiglu", rotaryBase: 10_000, layers: 3 },
] as const;

async function outputOf(layer: Transformer, x: Float64Array, lengths?: readonly number[]): Promise<Float64Array> {
  const graph = new Graph();
  const feed = graph.feed("x", "f32", [x.length / B / F, B, F]);
  const known = lengths && { lengths: graph.feed("lengths", "i32", [B]) };
  graph.output("y", layer.apply(feed, known ?? {}));
  const store = await storeOf(executor, layer, (i, size) => numbers(size, i + 1));
  const feeds = { x, ...(lengths ? { lengths: Int32Array.from(lengths) } : {}) };
  return (await executor.compile(graph.program(), store).run(feeds)).outputs.y as Float64Array;
}

describe.each(forms)("%o", (form) => {
  const layer = () => new Transformer("t", { size: F, heads: 2, layers: 2, causal: true, ...form });
  const x = numbers(T * B * F, 50);

  test("no step sees a later one", async () => {
    const whole = await outputOf(layer(), x);
    const changed = Float64Array.from(x, (value, i) => (i < 4 * B * F ? value : -value));
    const other = await outputOf(layer(), changed);
    expect(other.slice(0, 4 * B * F)).toEqual(whole.slice(0, 4 * B * F));
    expect(other.slice(4 * B * F)).not.toEqual(whole.slice(4 * B * F));
  });

  test("without the mask a batch's padding changes nothing", async () => {
    const encoder = new Transformer("t", { size: F, heads: 2, ...form });
    const padded = await outputOf(encoder, x, [4, T]);
    const alone = await outputOf(encoder, x.slice(0, 4 * B * F), [4, 4]);
    for (let t = 0; t < 4; t++) {
      for (let f = 0; f < F; f++) expect(padded[t * B * F + f]).toBeCloseTo(alone[t * B * F + f] as number, 12);
    }
  });

  test.each([
    { name: "the reference", run: executor, digits: 12 },
    { name: "the native executor", run: nativeExecutor(), digits: 4 },
  ])("step after step gives what the whole sequence gives, on $name", async ({ run, digits }) => {
    const length = form.normalization === "post" ? T : L;
    const own = layer();
    const steps = Math.min(T, length);
    const whole = await outputOf(own, x.slice(0, steps * B * F));
    const graph = new Graph();
    const positions = graph.feed("positions", "i32", [B]);
    const entries = own.stateEntries(length);
    const state = Object.fromEntries(
      entries.map(({ name, size, dtype }) => [name, graph.feed(name, dtype ?? "f32", [B, size])]),
    );
    const { y, state: after } = own.step(graph.feed("x", "f32", [B, F]), state, { positions });
    graph.output("y", y);
    for (const [name, tensor] of Object.entries(after)) graph.output(`after ${name}`, tensor);
    graph.output("next", ops.nextPositions({ positions }));
    const store = await storeOf(run, own, (i, size) => numbers(size, i + 1));
    const executable = run.compile(graph.program(), store);
    let carried: Record<string, Float32Array | Float64Array | Int32Array> = {
      positions: new Int32Array(B),
      ...Object.fromEntries(
        entries.map(({ name, size, dtype }) => [name, new (dtype === "i32" ? Int32Array : run.floats)(B * size)]),
      ),
    };
    for (let t = 0; t < steps; t++) {
      const row = run.floats.from(x.slice(t * B * F, (t + 1) * B * F));
      const { outputs } = await executable.run({ x: row, ...carried });
      for (let i = 0; i < B * F; i++) expect(outputs.y?.[i]).toBeCloseTo(whole[t * B * F + i] as number, digits);
      carried = {
        positions: outputs.next as Int32Array,
        ...Object.fromEntries(entries.map(({ name }) => [name, outputs[`after ${name}`] as Float32Array])),
      };
    }
  });
});

test("what steps and beginnings cannot do is refused by name", () => {
  const graph = new Graph();
  const [x, row, last] = [
    graph.feed("x", "f32", [3, B, F]),
    graph.feed("row", "f32", [B, F]),
    graph.feed("last", "i32", [B]),
  ];
  const encoder = new Transformer("e", { size: F, heads: 2 });
  const state = Object.fromEntries(
    encoder.stateEntries(L).map(({ name, size, dtype }) => [name, graph.feed(name, dtype ?? "f32", [B, size])]),
  );
  const causal = /e: a step sees what came before it.*make it with causal/;
  expect(() => encoder.step(row, state, { positions: last })).toThrow(causal);
  expect(() => encoder.begin(x, { last, length: L })).toThrow(causal);
  const decoder = new Transformer("d", { size: F, heads: 2, causal: true });
  expect(() => decoder.begin(x, { last, lenght: L } as never)).toThrow(
    /d: unknown option "lenght"; did you mean length/,
  );
  expect(() => decoder.begin(x, { last, length: 2 })).toThrow(/more steps than a cache of 2 holds/);
  expect(() => decoder.keysAndValues(x)).toThrow(/d\.0 reads no memory: make the Transformer with memorySize/);
  expect(() => decoder.apply(x, { memory: x })).toThrow("d: its blocks read no memory: make it with memorySize.");
  const reader = new Transformer("r", { size: F, heads: 2, causal: true, memorySize: F });
  expect(() => reader.begin(x, { last, length: L })).toThrow(/r: no memory can be read at once/);
});

test("rotary positions know only how far steps are apart", async () => {
  const graph = new Graph();
  const x = graph.feed("x", "f32", [T, 1, F]);
  for (const name of ["near", "far"]) {
    const positions = graph.feed(name, "i32", [1]);
    const turned = { heads: 2, positions };
    const memory = ops.concat([ops.rotary({ x, ...turned }), x], 2);
    const weights = ops.multiHeadWeights({ query: ops.rotary({ x, ...turned }), memory, heads: 2 });
    graph.output(`${name} weights`, weights);
  }
  const feeds = { x: numbers(T * F, 4), near: Int32Array.of(0), far: Int32Array.of(1000) };
  const { outputs } = await executor.compile(graph.program(), executor.createStore()).run(feeds);
  const [near, far] = [outputs["near weights"] as Float64Array, outputs["far weights"] as Float64Array];
  expect(Math.max(...near.map((weight, i) => Math.abs(weight - (far[i] as number))))).toBeLessThan(1e-9);
});

test("sinusoidal positions are the paper's, and a step adds those of its own", async () => {
  const positions = new Positions("p", { size: 6, length: 4 });
  const graph = new Graph();
  const zeros = (shape: number[]) => graph.zeros(shape);
  graph.output("all", positions.apply(zeros([4, 1, 6])));
  graph.output("some", positions.step(zeros([2, 6]), graph.feed("ids", "i32", [2])));
  const { outputs } = await executor.compile(graph.program(), executor.createStore()).run({ ids: Int32Array.of(3, 1) });
  const [all, some] = [outputs.all as Float64Array, outputs.some as Float64Array];
  for (let p = 0; p < 4; p++) {
    for (let i = 0; i < 3; i++) {
      const angle = p / 10_000 ** ((2 * i) / 6);
      expect(all[p * 6 + 2 * i]).toBeCloseTo(Math.sin(angle), 6);
      expect(all[p * 6 + 2 * i + 1]).toBeCloseTo(Math.cos(angle), 6);
    }
  }
  expect([...some]).toEqual([...all.slice(18, 24), ...all.slice(6, 12)]);
});

test("far positions are as exact as near ones", async () => {
  const positions = new Positions("p", { size: 6, length: 9000 });
  const graph = new Graph();
  graph.output("far", positions.step(graph.zeros([1, 6]), graph.feed("ids", "i32", [1])));
  const { outputs } = await executor.compile(graph.program(), executor.createStore()).run({ ids: Int32Array.of(8999) });
  const angles = [0, 1, 2].map((i) => 8999 / 10_000 ** ((2 * i) / 6));
  const expected = angles.flatMap((angle) => [Math.sin(angle), Math.cos(angle)]);
  for (const [i, value] of expected.entries()) expect(outputs.far?.[i]).toBeCloseTo(value, 6);
});

test("what does not fit is refused by the layer's name", () => {
  expect(() => new MultiHeadAttention("a", { size: 10, heads: 3 })).toThrow(/a: 3 heads cannot share 10 features/);
  expect(() => new MultiHeadAttention("a", { size: 6, heads: 2, rotaryBase: 100 })).toThrow(
    /a: rotary positions turn pairs .* each of 2 heads of 6 features has 3. Choose heads so that it is even \(heads; --heads/,
  );
  expect(() => new FeedForward("f", { size: 4, activation: "tanh" as never })).toThrow(
    /f: expected activation .*swiglu/,
  );
  const graph = new Graph();
  const x = graph.feed("x", "f32", [5, 1, 4]);
  const heads = new MultiHeadAttention("a", { size: 4, heads: 2 });
  const memory = graph.feed("shared", "f32", [3, 2, 8]);
  expect(() => heads.look(graph.feed("rows", "f32", [3, 4]), { memory })).toThrow(
    "a: 3 rows cannot share 2 memories equally.",
  );
  expect(() => new Positions("p", { size: 4, length: 3 }).apply(x)).toThrow(
    /p: .* more steps than there are positions, 3/,
  );
  const reader = new MultiHeadAttention("r", { size: 4, heads: 2, rotaryBase: 100 });
  expect(() => reader.apply(x, { memory: graph.feed("memory", "f32", [3, 1, 4]) })).toThrow(/r: rotary positions/);
});
