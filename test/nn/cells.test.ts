import { describe, expect, test } from "vitest";
import type { Executor, Values } from "../../lib/executor/executor.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { differentiate } from "../../lib/graph/differentiate.js";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import { elementsOf } from "../../lib/graph/program.js";
import type { Tensor } from "../../lib/graph/tensor.js";
import { knownCells } from "../../lib/nn/cellRegistry.js";
import type { RecurrentStackOptions, State } from "../../lib/nn/index.js";
import { Embedding, RecurrentStack } from "../../lib/nn/index.js";
import { numbers } from "../graph/case.js";

const [T, B, I, H] = [5, 3, 4, 6];
const lengths = Int32Array.of(5, 2, 4);

/** Options that change an equation, beside none. */
const forms: Readonly<Record<string, readonly object[]>> = {
  rnn: [{ activation: "relu" }],
  gru: [{ reset: "before" }],
  indrnn: [{ activation: "tanh" }],
};

const stacks = knownCells().flatMap(({ name, sequence }) =>
  [{}, { bias: false }, ...(forms[name] ?? [])].map((own) => ({
    // A product of fused gradients multiplies also what lies past a length, by 0.
    garbage: sequence ? 1e6 : Number.NaN,
    title: `${name} ${JSON.stringify(own)}`,
    make: (options: object = {}) =>
      new RecurrentStack("rnn", { cell: name, inputSize: I, hiddenSize: H, layers: 2, ...own, ...options }),
  })),
);

type Feeds = Record<string, Float64Array | Int32Array>;

interface Recorded {
  graph: Graph;
  stack: RecurrentStack;
  feeds: Feeds;
}

/** A graph with x and the first state as feeds; `loss` reads y and the last state, each element with a weight of its own. */
function begun(stack: RecurrentStack): Recorded & { x: Tensor; state: State; fed: Record<string, Tensor> } {
  const graph = new Graph();
  const feeds: Feeds = { x: numbers(T * B * I, 1) };
  const x = graph.feed("x", "f32", [T, B, I]);
  const state: State = {};
  stack.stateEntries.forEach(({ name, size }, i) => {
    state[name] = graph.feed(name, "f32", [B, size]);
    feeds[name] = numbers(B * size, 2 + i);
  });
  return { graph, stack, feeds, x, state, fed: { x, ...state } };
}

/** Names the outputs, the loss, and its gradients with respect to everything that is fed and all weights. */
function conclude({ graph, stack, feeds }: Recorded, fed: Record<string, Tensor>, results: Record<string, Tensor>) {
  const losses = Object.values(results).map((tensor, i) => {
    const weight = graph.feed(`weight ${i}`, "f32", tensor.shape);
    feeds[`weight ${i}`] = numbers(elementsOf(tensor.shape), 50 + i);
    return ops.sum(ops.multiply(tensor, weight));
  });
  const loss = losses.reduce(ops.add);
  const sources = { ...fed, ...Object.fromEntries(stack.parameters.map((one) => [one.name, one.in(graph)])) };
  for (const [name, tensor] of Object.entries({ ...results, loss })) graph.output(name, tensor);
  for (const [i, d] of differentiate(loss, Object.values(sources)).entries()) {
    graph.output(`gradient of ${Object.keys(sources)[i]}`, d);
  }
  return { program: graph.program(), feeds };
}

/** Weights that are unlike each other, so that no two can be exchanged. */
function weightsOf(stack: RecurrentStack): Record<string, Float64Array> {
  return Object.fromEntries(
    stack.parameters.map(({ name, shape }, i) => [name, numbers(elementsOf(shape), 100 + i).map((v) => 0.7 * v)]),
  );
}

async function compiled(executor: Executor, stack: RecurrentStack, program: ReturnType<Graph["program"]>) {
  const store = executor.createStore();
  const executable = executor.compile(program, store);
  for (const [name, values] of Object.entries(weightsOf(stack))) await store.write(name, own(executor, values));
  const run = async (feeds: Feeds) => {
    const needed = program.feeds.map(({ name }) => [name, own(executor, feeds[name] as Float64Array)]);
    return (await executable.run(Object.fromEntries(needed))).outputs;
  };
  return { store, run };
}

function own(executor: Executor, values: Float64Array | Int32Array): Values {
  return values instanceof Int32Array ? values : executor.floats.from(values);
}

const oracle = () => new ReferenceExecutor({ precision: "float64" });

async function outputsOf(executor: Executor, stack: RecurrentStack, { program, feeds }: ReturnType<typeof conclude>) {
  return (await compiled(executor, stack, program)).run(feeds);
}

function wholeOf(stack: RecurrentStack, { cut = false } = {}) {
  const start = begun(stack);
  const within = cut ? start.graph.feed("lengths", "i32", [B]) : null;
  start.feeds.lengths = lengths;
  const { y, last } = stack.apply(start.x, { state: start.state, lengths: within });
  return conclude(start, start.fed, { y, ...last });
}

function stepwise(stack: RecurrentStack) {
  const start = begun(stack);
  const { outputs, last } = ops.scan({ inputs: { x: start.x }, state: start.state }, ({ x }, before) => {
    const { y, state } = stack.step(x, before as State);
    return { state, outputs: { y } };
  });
  return conclude(start, start.fed, { y: outputs.y, ...last });
}

function expectSame(got: Record<string, Values>, want: Record<string, Values>, tolerance: number): void {
  expect(Object.keys(got)).toEqual(Object.keys(want));
  for (const [name, values] of Object.entries(want)) {
    const largest = Array.from(values, Math.abs).reduce((most, value) => Math.max(most, value), 1);
    values.forEach((value, i) => {
      const error = Math.abs((got[name]?.[i] as number) - value) / largest;
      if (!(error <= tolerance)) expect.fail(`${name}[${i}]: got ${got[name]?.[i]}, expected ${value}`);
    });
  }
}

describe.each(stacks)("$title", ({ make, garbage }) => {
  test("the whole sequence is its steps, one after the other, outputs and gradients", async () => {
    const stack = make();
    const [whole, steps] = [wholeOf(stack), stepwise(stack)];
    expectSame(await outputsOf(oracle(), stack, whole), await outputsOf(oracle(), stack, steps), 1e-9);
  });

  test("its gradients agree with finite differences, in both directions and with rows of different length", async () => {
    const stack = make({ bidirectional: true });
    const whole = wholeOf(stack, { cut: true });
    const { store, run } = await compiled(oracle(), stack, whole.program);
    const outputs = await run(whole.feeds);
    const lossOf = async (feeds: Feeds) => ((await run(feeds)).loss as Float64Array)[0] as number;
    const shift = 1e-5;
    const expectSlope = (name: string, i: number, [above, below]: [number, number]) => {
      const slope = (above - below) / (2 * shift);
      const gradient = outputs[`gradient of ${name}`]?.[i] as number;
      const error = Math.abs(slope - gradient) / (1 + Math.abs(slope));
      if (!(error < 1e-6)) expect.fail(`d loss / d ${name}[${i}] is ${gradient}, finite differences say ${slope}`);
    };
    const moved = (values: Float64Array, i: number, by: number) => values.with(i, (values[i] as number) + by);
    // Some elements of each: all would take minutes.
    const places = (values: Float64Array) => [0, 0.3, 0.6, 0.999].map((share) => Math.floor(share * values.length));
    for (const name of ["x", ...stack.stateEntries.map((entry) => entry.name)]) {
      const values = whole.feeds[name] as Float64Array;
      for (const i of places(values)) {
        const at = (by: number) => lossOf({ ...whole.feeds, [name]: moved(values, i, by) });
        expectSlope(name, i, [await at(shift), await at(-shift)]);
      }
    }
    for (const [name, values] of Object.entries(weightsOf(stack))) {
      for (const i of places(values)) {
        const at = async (by: number) => {
          await store.write(name, moved(values, i, by));
          return lossOf(whole.feeds);
        };
        expectSlope(name, i, [await at(shift), await at(-shift)]);
      }
      await store.write(name, values);
    }
  });

  test("the native executor agrees with the reference", async () => {
    for (const options of [{}, { bidirectional: true, connections: "residual" }, { connections: "dense" }]) {
      const stack = make(options);
      const whole = wholeOf(stack, { cut: true });
      const wanted = await outputsOf(oracle(), stack, whole);
      expectSame(await outputsOf(nativeExecutor(), stack, whole), wanted, 1e-5);
    }
  });

  test("nothing past a row's length matters: not to y, the last state, or any gradient", async () => {
    const stack = make({ bidirectional: true });
    const whole = wholeOf(stack, { cut: true });
    const past = (n: number) => Math.floor(n / (B * I)) >= (lengths[Math.floor(n / I) % B] as number);
    const spoilt = { ...whole.feeds, x: (whole.feeds.x as Float64Array).map((v, n) => (past(n) ? garbage : v)) };
    for (const executor of [oracle(), nativeExecutor()]) {
      const { run } = await compiled(executor, stack, whole.program);
      const [clean, dirty] = [await run(whole.feeds), await run(spoilt)];
      expectSame(dirty, clean, 0);
      clean.y?.forEach((value, n) => {
        const [t, b] = [Math.floor(n / (B * 2 * H)), Math.floor(n / (2 * H)) % B];
        if (t >= (lengths[b] as number)) expect(value, `y[${t},${b}]`).toBe(0);
      });
    }
  });

  test("a row beside longer ones is what it is alone", async () => {
    const stack = make({ bidirectional: true });
    const whole = wholeOf(stack, { cut: true });
    const together = await outputsOf(oracle(), stack, whole);
    for (const [b, length] of lengths.entries()) {
      const graph = new Graph();
      const x = graph.feed("x", "f32", [length, 1, I]);
      const feeds: Feeds = {
        x: Float64Array.from({ length: length * I }, (_, n) => {
          return (whole.feeds.x as Float64Array)[(Math.floor(n / I) * B + b) * I + (n % I)] as number;
        }),
      };
      const state = Object.fromEntries(
        stack.stateEntries.map(({ name, size }) => {
          feeds[name] = (whole.feeds[name] as Float64Array).slice(b * size, (b + 1) * size);
          return [name, graph.feed(name, "f32", [1, size])];
        }),
      );
      const { last } = stack.apply(x, { state });
      for (const [name, tensor] of Object.entries(last)) graph.output(name, tensor);
      const alone = await (await compiled(oracle(), stack, graph.program())).run(feeds);
      for (const { name, size } of stack.stateEntries) {
        const row = (together[name] as Float64Array).slice(b * size, (b + 1) * size);
        expectSame({ [name]: row }, { [name]: alone[name] as Values }, 1e-12);
      }
    }
  });

  test("a small table's products are looked up, with the same results", async () => {
    const V = 3;
    const record = (hidden: boolean) => {
      const embedding = new Embedding("embedding", { vocabularySize: V, embeddingSize: I });
      const stack = make();
      const graph = new Graph();
      const x = embedding.apply(graph.feed("ids", "i32", [T, B]));
      const { y } = stack.apply(hidden ? ops.affine(x, {}) : x);
      const parameters = [...embedding.parameters, ...stack.parameters];
      const all = parameters.map((one) => one.in(graph));
      graph.output("y", y);
      for (const [i, d] of differentiate(ops.sum(ops.square(y)), all).entries()) graph.output(`d${i}`, d);
      return outputsOf(oracle(), stack, {
        program: graph.program(),
        feeds: { ids: Int32Array.from({ length: T * B }, (_, n) => (n * 7) % V) },
      });
    };
    expectSame(await record(false), await record(true), 1e-9);
  });
});

test("dropout between the layers: fresh masks in each run, for all cells; none where nothing learns", async () => {
  for (const { make } of stacks) {
    const stack = make({ dropout: 0.5 });
    const graph = new Graph({ training: true });
    graph.output("y", stack.apply(graph.feed("x", "f32", [T, B, I])).y);
    const { run } = await compiled(oracle(), stack, graph.program());
    const feeds = { x: numbers(T * B * I, 1), "rnn.dropout": Float64Array.of(0.5) };
    const [first, again, next] = [
      await run({ ...feeds, random: Int32Array.of(1, 1) }),
      await run({ ...feeds, random: Int32Array.of(1, 1) }),
      await run({ ...feeds, random: Int32Array.of(1, 2) }),
    ];
    expect(again.y).toEqual(first.y);
    expect(next.y).not.toEqual(first.y);
    const still = new Graph();
    stack.apply(still.feed("x", "f32", [T, B, I]));
    expect(still.nodes.some(({ operation }) => operation.name === "dropout")).toBe(false);
  }
});

test("every cell says of itself what lists and reports need", () => {
  for (const { name, title, gates } of knownCells()) {
    expect(title).not.toBe("");
    const stack = new RecurrentStack("rnn", { cell: name, inputSize: I, hiddenSize: H } as RecurrentStackOptions);
    const input = stack.parameters.find((one) => one.name === "rnn.weight_ih_l0");
    expect(input?.shape).toEqual([gates.length * H, I]);
  }
});
