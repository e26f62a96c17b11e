import { expect, test } from "vitest";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { Graph } from "../../lib/graph/graph.js";
import { OptionError } from "../../lib/index.js";
import { knownCells } from "../../lib/nn/cellRegistry.js";
import { defineCell } from "../../lib/nn/index.js";
import { RecurrentStack } from "../../lib/nn/recurrent.js";
import { numbers } from "../graph/case.js";
import { storeOf } from "../models/slopes.js";

const [I, H] = [2, 3];
type Vector = number[];
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const add = (...vectors: Vector[]) =>
  (vectors[0] as Vector).map((_, i) => vectors.reduce((sum, v) => sum + (v[i] as number), 0));
/** [G,I] x [I] */
const times = (matrix: Vector, x: Vector) =>
  Array.from({ length: matrix.length / x.length }, (_, row) =>
    x.reduce((sum, value, i) => sum + value * (matrix[row * x.length + i] as number), 0),
  );
const normal = (x: Vector, gain: Vector, shift: Vector) => {
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
  return x.map(
    (value, i) => ((value - mean) / Math.sqrt(variance + 1e-5)) * (gain[i] as number) + (shift[i] as number),
  );
};
const part = (x: Vector, gate: number) => x.slice(gate * H, (gate + 1) * H);
const product = (a: Vector, b: Vector) => a.map((value, i) => value * (b[i] as number));

/** The gates by the equation in a cell's doc, after x, from the states and weights. */
type Oracle = (x: Vector, state: Record<string, Vector>, w: Record<string, Vector>) => Record<string, Vector>;

const lstmSums: (x: Vector, h: Vector, w: Record<string, Vector>) => Vector = (x, h, w) =>
  add(times(w.weight_ih as Vector, x), w.bias_ih as Vector, times(w.weight_hh as Vector, h), w.bias_hh as Vector);

const gru: Oracle = (x, { h }, w) => {
  const sums = lstmSums(x, h as Vector, w);
  return { r: part(sums, 0).map(sigmoid), z: part(sums, 1).map(sigmoid) };
};

const oracles: Record<string, Oracle> = {
  lstm(x, { h }, w) {
    const sums = lstmSums(x, h as Vector, w);
    return { i: part(sums, 0).map(sigmoid), f: part(sums, 1).map(sigmoid), o: part(sums, 3).map(sigmoid) };
  },
  gru,
  "peephole-lstm"(x, state, w) {
    const sums = lstmSums(x, state.h as Vector, w);
    const seen = (gate: number, c: Vector) => product(part(w.peephole as Vector, gate), c);
    const i = add(part(sums, 0), seen(0, state.c as Vector)).map(sigmoid);
    const f = add(part(sums, 1), seen(1, state.c as Vector)).map(sigmoid);
    const c = add(product(f, state.c as Vector), product(i, part(sums, 2).map(Math.tanh)));
    return { i, f, o: add(part(sums, 3), seen(2, c)).map(sigmoid) };
  },
  "layer-norm-lstm"(x, { h }, w) {
    const sums = add(
      normal(times(w.weight_hh as Vector, h as Vector), w.gain_hh as Vector, w.shift_hh as Vector),
      normal(times(w.weight_ih as Vector, x), w.gain_ih as Vector, w.shift_ih as Vector),
      w.bias as Vector,
    );
    return { i: part(sums, 0).map(sigmoid), f: part(sums, 1).map(sigmoid), o: part(sums, 3).map(sigmoid) };
  },
  mingru: (x, _, w) => ({ z: part(add(times(w.weight_ih as Vector, x), w.bias_ih as Vector), 0).map(sigmoid) }),
  minlstm(x, _, w) {
    const sums = add(times(w.weight_ih as Vector, x), w.bias_ih as Vector);
    const [f, i] = [part(sums, 0).map(sigmoid), part(sums, 1).map(sigmoid)];
    const over = (gate: Vector) => gate.map((value, unit) => value / ((f[unit] as number) + (i[unit] as number)));
    return { f: over(f), i: over(i) };
  },
};

/** The gates of a step of a stack with some weights, and the state before it. */
async function gatesOf(stack: RecurrentStack) {
  const graph = new Graph();
  const x = graph.feed("x", "f32", [1, I]);
  const state = Object.fromEntries(
    stack.stateEntries.map(({ name, size }) => [name, graph.feed(name, "f32", [1, size])]),
  );
  const plain = stack.step(x, state);
  const { y, gates, state: after } = stack.stepWithGates(x, state);
  graph.output("y", y);
  graph.output("plain", plain.y);
  for (const { gate, layer, values } of gates) graph.output(`${layer} ${gate}`, values);
  for (const [name, value] of Object.entries(after)) graph.output(`after ${name}`, value);
  const executor = new ReferenceExecutor({ precision: "float64" });
  const store = await storeOf(executor, stack, (i, size) => numbers(size, i + 1));
  const before = Object.fromEntries(stack.stateEntries.map(({ name, size }, i) => [name, numbers(size, i + 70)]));
  const input = numbers(I, 60);
  const { outputs } = await executor.compile(graph.program(), store).run({ x: input, ...before });
  return { store, outputs, before, input, gates };
}

const showing = knownCells().filter(({ gateValues }) => gateValues);

test("every cell that shows its gates has an equation here", () => {
  expect(showing.map(({ name }) => name).sort()).toEqual(Object.keys(oracles).sort());
});

test.each([...showing.map(({ name }) => ({ cell: name, own: {} })), { cell: "gru", own: { reset: "before" } }])(
  "the gates of $cell $own are those of its equation, and looking at them changes nothing",
  async ({ cell, own }) => {
    const stack = new RecurrentStack("rnn", { cell, ...own, inputSize: I, hiddenSize: H });
    const { store, outputs, before, input } = await gatesOf(stack);
    const weights = await Promise.all(
      stack.parameters.map(async ({ name }) => {
        return [name.replace(/^rnn\.|_l0$/g, ""), Array.from(await store.read(name))] as const;
      }),
    );
    const state = Object.fromEntries(
      Object.entries(before).map(([name, values]) => [name.slice(0, 1), Array.from(values)]),
    );
    const expected = (oracles[cell] as Oracle)(Array.from(input), state, Object.fromEntries(weights));
    for (const [gate, values] of Object.entries(expected)) {
      for (const [unit, value] of values.entries()) expect(outputs[`0 ${gate}`]?.[unit]).toBeCloseTo(value, 12);
    }
    expect(outputs.y).toEqual(outputs.plain);
  },
);

test("layers are looked at from the lowest up, each with the state that it reads", async () => {
  const stack = new RecurrentStack("rnn", { cell: "lstm", inputSize: I, hiddenSize: H, layers: 2 });
  const { gates, outputs } = await gatesOf(stack);
  expect(gates.map(({ layer, gate }) => `${layer} ${gate}`)).toEqual(["0 i", "0 f", "0 o", "1 i", "1 f", "1 o"]);
  for (const layer of [0, 1]) {
    for (let unit = 0; unit < H; unit++) {
      // h = o tanh(c)
      const open = outputs[`${layer} o`]?.[unit] as number;
      const c = outputs[`after c_l${layer}`]?.[unit] as number;
      expect(outputs[`after h_l${layer}`]?.[unit]).toBeCloseTo(open * Math.tanh(c), 12);
    }
  }
});

test("a cell without gates has none, and one that shows a gate that it does not name is refused", async () => {
  const rnn = new RecurrentStack("rnn", { cell: "rnn", inputSize: I, hiddenSize: H });
  expect((await gatesOf(rnn)).gates).toEqual([]);
  const [lstm] = showing;
  const wrong = defineCell({
    ...(lstm as object),
    name: "wrong",
    gateValues: ({ a }: { a: never }) => ({ q: a }),
  } as never);
  const stack = new RecurrentStack("rnn", { cell: wrong, inputSize: I, hiddenSize: H } as never);
  await expect(gatesOf(stack)).rejects.toThrow(OptionError);
});
