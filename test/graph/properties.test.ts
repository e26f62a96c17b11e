import { expect, test } from "vitest";
import { OptionError, ShapeError } from "../../lib/errors.js";
import { arenaOf } from "../../lib/executor/encode.js";
import type { Executor } from "../../lib/executor/executor.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { differentiate } from "../../lib/graph/differentiate.js";
import { digamma, logGamma } from "../../lib/graph/gamma.js";
import { Graph, ops } from "../../lib/graph/index.js";
import type { Shape } from "../../lib/graph/program.js";
import { elementsOf } from "../../lib/graph/program.js";
import type { Tensor } from "../../lib/graph/tensor.js";
import { LSTM } from "../../lib/nn/lstm.js";
import { numbers } from "./case.js";

const oracle = new ReferenceExecutor({ precision: "float64" });
const executors: Executor[] = [oracle, nativeExecutor()];

function values(shape: Shape, seed: number): Float64Array {
  return numbers(elementsOf(shape), seed);
}

async function run(executor: Executor, graph: Graph, feeds: Record<string, Float64Array | Int32Array | number>) {
  const own = Object.entries(feeds).map(([name, v]) => [name, v instanceof Float64Array ? executor.floats.from(v) : v]);
  return (await executor.compile(graph.program(), executor.createStore()).run(Object.fromEntries(own))).outputs;
}

const [I, H] = [3, 5];
const weights = {
  weight_ih: values([4 * H, I], 1),
  weight_hh: values([4 * H, H], 2),
  bias_ih: values([4 * H], 3),
  bias_hh: values([4 * H], 4),
};

/** An LSTM over x [T,B,I]. */
function lstmGraph(T: number, B: number, options: { lengths?: boolean; reverse?: boolean } = {}) {
  const graph = new Graph();
  const feed = (name: string, shape: Shape) => graph.feed(name, "f32", shape);
  const x = feed("x", [T, B, I]);
  const { y, hLast, cLast } = ops.lstm({
    x,
    h0: feed("h0", [B, H]),
    c0: feed("c0", [B, H]),
    weight_ih: feed("weight_ih", [4 * H, I]),
    weight_hh: feed("weight_hh", [4 * H, H]),
    bias_ih: feed("bias_ih", [4 * H]),
    bias_hh: feed("bias_hh", [4 * H]),
    lengths: options.lengths ? graph.feed("lengths", "i32", [B]) : null,
    reverse: options.reverse ?? false,
  });
  graph.output("y", y);
  graph.output("h", hLast);
  graph.output("c", cLast);
  graph.output("dx", differentiate(ops.sum(ops.square(y)), [x])[0] as typeof x);
  return graph;
}

for (const executor of executors) {
  const close = (actual: ArrayLike<number>, expected: ArrayLike<number>) => {
    expect(actual.length).toBe(expected.length);
    for (let i = 0; i < expected.length; i++) expect(actual[i]).toBeCloseTo(expected[i] as number, 5);
  };

  test(`${executor.name}: a program that cannot fit into memory is refused at once, with what it would need`, () => {
    const graph = new Graph();
    const feeds = Array.from({ length: 1000 }, (_, i) => graph.feed(`x${i}`, "f32", [2 ** 30]));
    graph.output(
      "y",
      feeds.map(ops.tanh).reduce((a, b) => ops.add(a, b)),
    );
    const program = graph.program();
    expect(() => executor.compile(program, executor.createStore())).toThrow(
      /compile: the program would need \d+\.?\d* TB of memory, and there are .*B\. Use smaller batches/,
    );
  });

  test(`${executor.name}: runs, replays and writes of one store at once do what they do one after the other`, async () => {
    const graph = new Graph();
    const x = graph.feed("x", "f32", [2]);
    const w = graph.variable({ name: "w", dtype: "f32", shape: [2] });
    graph.output("y", ops.tanh(ops.multiply(x, w)));
    const store = executor.createStore();
    const executable = executor.compile(graph.program(), store);
    const fed = (a: number) => ({ x: executor.floats.of(a, -a) });
    const yOf = async (result: Promise<{ outputs: Record<string, ArrayLike<number>> }>) => (await result).outputs.y;
    await store.write("w", executor.floats.of(1, 1));
    // Long enough for other work to get a turn in the first run.
    await new Promise((resolve) => setTimeout(resolve, 30));
    const running = [
      yOf(executable.run(fed(0.5))),
      yOf(executable.run(fed(0.25))),
      yOf(executable.replay(fed(0.5), { steps: 2, carry: { x: "y" } })),
      store.write("w", executor.floats.of(2, 2)),
      yOf(executable.run(fed(0.125))),
    ];
    const [first, second, third, , fourth] = (await Promise.all(running)) as ArrayLike<number>[];
    const wanted = [Math.tanh(0.5), Math.tanh(0.25), Math.tanh(Math.tanh(0.5)), Math.tanh(0.25)];
    for (const [i, y] of [first, second, third, fourth].entries()) {
      const value = wanted[i] as number;
      close(y as ArrayLike<number>, [value, -value]);
    }
  });

  test(`${executor.name}: padding a batch changes no row's outputs, state or gradient`, async () => {
    const x = values([4, 1, I], 9);
    const zero = new Float64Array(H);
    const alone = await run(executor, lstmGraph(4, 1), { x, h0: zero, c0: zero, ...weights });
    const wide = values([7, 2, I], 10);
    for (let t = 0; t < 4; t++) wide.set(x.subarray(t * I, (t + 1) * I), t * 2 * I);
    const feeds = {
      x: wide,
      h0: new Float64Array(2 * H),
      c0: new Float64Array(2 * H),
      lengths: Int32Array.of(4, 7),
      ...weights,
    };
    const together = await run(executor, lstmGraph(7, 2, { lengths: true }), feeds);
    const rowOf = (v: ArrayLike<number>, width: number, steps: number) =>
      Array.from({ length: steps * width }, (_, i) => v[Math.floor(i / width) * 2 * width + (i % width)] as number);
    close(rowOf(together.y as Float64Array, H, 4), alone.y as Float64Array);
    close(rowOf(together.dx as Float64Array, I, 4), alone.dx as Float64Array);
    close((together.h as Float64Array).subarray(0, H), alone.h as Float64Array);
    expect(
      rowOf(together.y as Float64Array, H, 7)
        .slice(4 * H)
        .every((v) => v === 0),
    ).toBe(true);
    expect(
      rowOf(together.dx as Float64Array, I, 7)
        .slice(4 * I)
        .every((v) => v === 0),
    ).toBe(true);
  });

  test(`${executor.name}: a reversed lstm is an lstm over the flipped sequence`, async () => {
    const T = 5;
    const x = values([T, 2, I], 11);
    const flip = (v: ArrayLike<number>, width: number) =>
      Float64Array.from(
        { length: v.length },
        (_, i) => v[(T - 1 - Math.floor(i / width)) * width + (i % width)] as number,
      );
    const state = { h0: values([2, H], 12), c0: values([2, H], 13) };
    const backward = await run(executor, lstmGraph(T, 2, { reverse: true }), { x, ...state, ...weights });
    const forward = await run(executor, lstmGraph(T, 2), { x: flip(x, 2 * I), ...state, ...weights });
    close(backward.y as Float64Array, flip(forward.y as Float64Array, 2 * H));
    close(backward.c as Float64Array, forward.c as Float64Array);
  });

  test(`${executor.name}: two windows with the state carried are one long window`, async () => {
    const x = values([6, 2, I], 14);
    const zero = new Float64Array(2 * H);
    const whole = await run(executor, lstmGraph(6, 2), { x, h0: zero, c0: zero, ...weights });
    const first = await run(executor, lstmGraph(2, 2), { x: x.slice(0, 2 * 2 * I), h0: zero, c0: zero, ...weights });
    const carried = { h0: Float64Array.from(first.h as Float64Array), c0: Float64Array.from(first.c as Float64Array) };
    const second = await run(executor, lstmGraph(4, 2), { x: x.slice(2 * 2 * I), ...carried, ...weights });
    close([...(first.y as Float64Array), ...(second.y as Float64Array)], whole.y as Float64Array);
    close(second.h as Float64Array, whole.h as Float64Array);
  });

  test(`${executor.name}: the fused cross-entropy is log-softmax and pick`, async () => {
    const [N, F, V] = [6, 5, 9];
    const graph = new Graph();
    const x = graph.feed("x", "f32", [N, F]);
    const weight = graph.feed("weight", "f32", [V, F]);
    const bias = graph.feed("bias", "f32", [V]);
    const targets = graph.feed("targets", "i32", [N]);
    const { losses, count } = ops.linearCrossEntropy({ x, weight, bias, targets });
    const composed = ops.affine(ops.pick(ops.logSoftmax(ops.linear(x, weight, bias)), targets), { scale: -1 });
    graph.output("count", count);
    for (const [name, loss] of [
      ["fused", losses],
      ["composed", composed],
    ] as const) {
      graph.output(name, loss);
      for (const [i, d] of differentiate(ops.sum(ops.square(loss)), [x, weight, bias]).entries())
        graph.output(`${name} ${i}`, d);
    }
    const feeds = {
      x: values([N, F], 1),
      weight: values([V, F], 2),
      bias: values([V], 3),
      targets: Int32Array.of(0, 8, -1, 3, 3, -1),
    };
    const outputs = await run(executor, graph, feeds);
    expect(outputs.count?.[0]).toBe(4);
    for (const suffix of ["", " 0", " 1", " 2"]) {
      close(outputs[`fused${suffix}`] as Float64Array, outputs[`composed${suffix}`] as Float64Array);
    }
  });

  test(`${executor.name}: a variational mask is the same at every time step, and each seed has its own`, async () => {
    const graph = new Graph();
    const x = graph.feed("x", "f32", [4, 3, 50]);
    graph.output(
      "y",
      ops.dropout({ x, rate: graph.scalar("rate"), random: graph.random(), stream: 0, overTime: true }),
    );
    const masks = [];
    for (const seed of [1, 2]) {
      const feeds = { x: new Float64Array(600).fill(1), rate: 0.5, random: Int32Array.of(seed, 1) };
      masks.push((await run(executor, graph, feeds)).y as Float64Array);
    }
    const [a, b] = masks as [Float64Array, Float64Array];
    for (let t = 1; t < 4; t++) expect([...a.subarray(t * 150, (t + 1) * 150)]).toEqual([...a.subarray(0, 150)]);
    expect([...a]).not.toEqual([...b]);
    expect(new Set(a)).toEqual(new Set([0, 2]));
  });

  test(`${executor.name}: an update with a gradient that is not finite changes nothing`, async () => {
    const graph = new Graph();
    const spec = (name: string) => graph.variable({ name, dtype: "f32", shape: [3] });
    const [weight, m, v, state] = [spec("weight"), spec("m"), spec("v"), spec("state")];
    const gradient = graph.feed("gradient", "f32", [3]);
    const scale = ops.clipScale(ops.globalNorm([gradient]).norm, graph.scalar("clipNorm"));
    const step = { gradient, scale, learningRate: graph.scalar("rate"), step: graph.scalar("step") };
    ops.adam({ ...step, weight, m, v, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.1, decoupled: true });
    ops.assign(state, gradient, scale);
    graph.output("scale", scale);
    const store = executor.createStore();
    const executable = executor.compile(graph.program(), store);
    await store.write("weight", executor.floats.of(1, 2, 3));
    const feeds = (g: number[]) => ({ gradient: executor.floats.from(g), clipNorm: 1, rate: 0.1, step: 1 });
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      await executable.run(feeds([1, bad, 0]));
      expect([...(await store.read("weight"))]).toEqual([1, 2, 3]);
      for (const name of ["m", "v", "state"]) expect([...(await store.read(name))]).toEqual([0, 0, 0]);
    }
    await executable.run(feeds([3, 4, 0]));
    expect((await store.read("weight"))[0]).not.toBe(1);
    close((await store.read("state")) as Float64Array, [3, 4, 0]);
  });

  test(`${executor.name}: samples follow the distribution`, async () => {
    const graph = new Graph();
    const logits = graph.feed("logits", "f32", [1, 4]);
    const options = {
      temperature: graph.scalar("temperature"),
      topK: graph.feed("topK", "i32", []),
      topP: graph.scalar("topP"),
    };
    graph.output("id", ops.sample({ logits, ...options, random: graph.random() }).ids);
    const executable = executor.compile(graph.program(), executor.createStore());
    const seen = [0, 0, 0, 0];
    for (let step = 0; step < 3000; step++) {
      const { outputs } = await executable.run({
        logits: executor.floats.of(0, 1, 2, Number.NEGATIVE_INFINITY),
        temperature: 1,
        topK: Int32Array.of(0),
        topP: 1,
        random: Int32Array.of(5, step),
      });
      const id = outputs.id?.[0] as number;
      seen[id] = (seen[id] as number) + 1;
    }
    const total = 1 + Math.E + Math.E ** 2;
    expect(seen[3]).toBe(0);
    for (const [id, p] of [1, Math.E, Math.E ** 2].entries())
      expect((seen[id] as number) / 3000).toBeCloseTo(p / total, 1);
  });
}

test("the first NaN is the largest of a row and of a window, and goes before infinities where the largest are sent", async () => {
  const x = Float64Array.of(1, Number.NaN, 5, Number.NaN, -6, 2, 7, 3, Number.NaN);
  for (const executor of executors) {
    const graph = new Graph();
    const rows = graph.feed("x", "f32", [3, 3]);
    graph.output("max", ops.max(rows, 1));
    graph.output("index", ops.argmax(rows, 1));
    graph.output("pooled", ops.maxPool(ops.reshape(rows, [1, 3, 3, 1]), { size: 2, stride: 1 }));
    const infinite = graph.feed("infinite", "f32", [6]);
    const residual = graph.feed("residual", "f32", [6]);
    for (const k of [1, 3]) {
      const { sent, rest } = ops.sparsify(infinite, { residual, k });
      graph.output(`sent ${k}`, sent);
      graph.output(`rest ${k}`, rest);
    }
    const large = Float64Array.of(1, Number.POSITIVE_INFINITY, 2, Number.NEGATIVE_INFINITY, Number.NaN, 3);
    const outputs = await run(executor, graph, { x, infinite: large, residual: new Float64Array(6) });
    const [inf, nan] = [Number.POSITIVE_INFINITY, Number.NaN];
    expect(Object.fromEntries(Object.entries(outputs).map(([name, own]) => [name, [...own]])), executor.name).toEqual({
      max: [nan, nan, nan],
      index: [1, 0, 2],
      pooled: [nan, nan, nan, nan],
      "sent 1": [0, 0, 0, 0, nan, 0],
      "rest 1": [1, inf, 2, -inf, 0, 3],
      "sent 3": [0, inf, 0, -inf, nan, 0],
      "rest 3": [1, 0, 2, 0, 0, 3],
    });
  }
});

test("log Γ is no number where x is not above 0, and neither is its slope", async () => {
  for (const executor of executors) {
    const graph = new Graph();
    const x = graph.feed("x", "f32", [4]);
    const y = ops.logGamma(x);
    graph.output("y", y);
    const [slope] = differentiate(ops.sum(y), [x]) as [Tensor];
    graph.output("slope", slope);
    const outputs = await run(executor, graph, { x: Float64Array.of(-1.5, 0, Number.NaN, 1) });
    expect([...(outputs.y ?? [])].map(Number.isNaN), executor.name).toEqual([true, true, true, false]);
    expect([...(outputs.slope ?? [])].map(Number.isNaN), executor.name).toEqual([true, true, true, false]);
    // Euler's constant.
    expect(outputs.slope?.[3]).toBeCloseTo(-0.57721566, 6);
  }
});

test("log Γ and its slope are those of factorials, of halves, and where the series begins", () => {
  const [euler, halves] = [0.5772156649015329, [0.5, 1.5, 2.5, 6.5, 7.5, 8.5, 20.5]];
  let factorial = 1;
  let harmonic = 0;
  for (let n = 1; n <= 12; n++) {
    expect(logGamma(n)).toBeCloseTo(Math.log(factorial), 11);
    expect(digamma(n)).toBeCloseTo(harmonic - euler, 11);
    factorial *= n;
    harmonic += 1 / n;
  }
  for (const x of halves) {
    const steps = Array.from({ length: x - 0.5 }, (_, k) => k + 0.5);
    expect(logGamma(x)).toBeCloseTo(
      steps.reduce((sum, own) => sum + Math.log(own), Math.log(Math.PI) / 2),
      11,
    );
    expect(digamma(x)).toBeCloseTo(
      steps.reduce((sum, own) => sum + 1 / own, -euler - 2 * Math.LN2),
      11,
    );
  }
  for (const x of [0, -1, -0.5, Number.NaN]) expect([logGamma(x), digamma(x)]).toEqual([Number.NaN, Number.NaN]);
});

test("both executors draw the same masks and the same tokens", async () => {
  const graph = new Graph();
  const x = graph.feed("x", "f32", [1, 37]);
  const random = graph.random();
  graph.output("mask", ops.dropout({ x, rate: graph.scalar("rate"), random, stream: 3 }));
  const options = {
    temperature: graph.scalar("temperature"),
    topK: graph.feed("topK", "i32", []),
    topP: graph.scalar("topP"),
  };
  graph.output("id", ops.sample({ logits: x, ...options, random }).ids);
  for (let step = 0; step < 200; step++) {
    const feeds = {
      x: values([1, 37], 4),
      rate: 0.3,
      temperature: 0.7,
      topK: Int32Array.of(step % 9),
      topP: 0.9,
      random: Int32Array.of(3, step),
    };
    const [a, b] = await Promise.all(executors.map((executor) => run(executor, graph, feeds)));
    expect(a?.id).toEqual(b?.id);
    expect(Array.from(a?.mask ?? [], (v) => v === 0)).toEqual(Array.from(b?.mask ?? [], (v) => v === 0));
  }
});

test("a shape mistake is named at once, with the operand, what was expected and what came", () => {
  const graph = new Graph();
  const x = graph.feed("x", "f32", [5, 2, 64]);
  expect(() => new LSTM("rnn", { inputSize: 128, hiddenSize: 8 }).apply(x)).toThrow(
    /rnn: expected x of shape \[T,B,128\], got x f32\[5,2,64\]/,
  );
  expect(() => ops.add(x, graph.feed("y", "f32", [3]))).toThrow(/add: shapes \[5,2,64\] and \[3\] do not broadcast/);
  expect(() => ops.embedding(x, x)).toThrow(/embedding: expected weight of shape \[V,E\]/);
  const [a, c] = [graph.feed("a", "f32", [2, 10]), graph.feed("c", "f32", [2, 4])];
  expect(() => ops.lstmCell(a, c)).toThrow(/lstmCell: expected a of shape \[B=2,4H=16\], got a f32\[2,10\]/);
  const image = graph.feed("image", "f32", [1, 2, 3, 1]);
  expect(() => ops.maxPool(image, { size: 3 })).toThrow(/maxPool: expected x of at least 3 x 3, got image/);
  const weight = graph.feed("filters", "f32", [4, 5, 5, 1]);
  expect(() => ops.convolution({ x: image, weight, padding: 1 })).toThrow(
    /convolution: expected x of at least 5 x 5 with a padding of 1, got image/,
  );
  expect(() => graph.feed("flat", "f32", 5 as never)).toThrow(/Graph\.feed: expected shape to be an array .*, got 5/);
  expect(() => differentiate(x, [x])).toThrow(/expected a loss of shape \[\], got x f32\[5,2,64\]/);
  expect(() => ops.add(x, new Graph().feed("z", "f32", [64]))).toThrow(/same graph/);
});

test("operands that do not divide as an op needs are named at once, with the numbers that do not fit", () => {
  const graph = new Graph();
  const feed = (...shape: number[]) => graph.feed(`x${shape}`, "f32", shape);
  const ids = (...shape: number[]) => graph.feed(`ids${shape}`, "i32", shape);
  const [rate, random] = [graph.scalar("rate"), graph.random()];
  const part = { axis: 0, first: 3, of: 4 };
  const [embedded, weight, row] = [feed(1, 2, 3), feed(2, 4), feed(1, 2)];
  const refusals: [call: () => unknown, message: string][] = [
    [() => ops.allReduce([feed(5)], { width: 2 }), "allReduce: 5 numbers are not rows of width 2."],
    [
      () => ops.attention({ query: feed(1, 3, 8), keys: feed(5, 2, 8), values: feed(5, 2, 4) }),
      "attention: expected a multiple of 2 rows, got x1,3,8 f32[1,3,8].",
    ],
    [
      () => ops.dropout({ x: feed(2, 7), rate, random, stream: 0, part }),
      "dropout: x2,7 f32[2,7] is no part of a tensor with 4 entries along axis 0, from 3 on.",
    ],
    [
      () => ops.dropout({ x: feed(6), rate, random, stream: 0, part: { axis: 1, first: 0, of: 9 } }),
      "dropout: x6 f32[6] is no part of a tensor with 9 entries along axis 1, from 0 on.",
    ],
    [
      () => ops.dropout({ x: feed(3, 1), rate, random, stream: 0, overTime: true, part: { axis: 0, first: 0, of: 4 } }),
      "dropout: x3,1 f32[3,1] is no part of a tensor with 4 entries along axis 0, from 0 on.",
    ],
    [
      () => ops.filterMaxima({ x: embedded, weight, bias: feed(2), lengths: ids(1) }),
      "filterMaxima: expected a weight of [F,w 3], as x has 3 features, got x2,4 f32[2,4].",
    ],
    [
      () => ops.keepRow({ cache: feed(1, 5), row, times: graph.feed("times", "i32", [1]) }),
      "keepRow: expected rows of 2 numbers in the cache, got x1,5 f32[1,5].",
    ],
    [
      () => ops.multiHeadAttention({ query: feed(4, 1, 1), memory: feed(3, 1, 2), heads: 1, causal: true }),
      "multiHeadAttention: with causal, expected at least as many positions as queries, got x3,1,2 f32[3,1,2].",
    ],
    [() => ops.broadcastTo(feed(3, 9), [2, 9]), "broadcastTo: shape [3,9] does not broadcast to [2,9]."],
    [
      () => ops.slice(feed(9), { axis: 0, start: 0, end: 10 }),
      "slice: expected 0 <= start < end <= 9, got 0 and 10 for x9 f32[9].",
    ],
    [
      () => ops.slice(feed(1, 9), { axis: 1, start: 4, end: 4 }),
      "slice: expected 0 <= start < end <= 9, got 4 and 4 for x1,9 f32[1,9].",
    ],
  ];
  for (const [call, message] of refusals) expect(call).toThrow(new ShapeError(message));
  const step = { ngrams: ids(8), states: ids(7), ids: graph.feed("tokens", "i32", [7]) };
  expect(() => ops.ngramStep({ ...step, V: 0 })).toThrow(
    /^ngramStep: expected V to be a whole number at least 1 and .*, got 0\.$/,
  );
});

test("the gradient of a memory that several rows share is refused", () => {
  const graph = new Graph();
  const feed = (name: string, shape: Shape) => graph.feed(name, "f32", shape);
  const keys = feed("keys", [5, 2, 8]);
  const { context } = ops.attention({ query: feed("query", [1, 4, 8]), keys, values: feed("values", [5, 2, 3]) });
  expect(() => differentiate(ops.sum(context), [keys])).toThrow(
    new ShapeError("attention: memory that rows share has no gradient."),
  );
});

test("a loss that an op without a gradient stands in the way of names the op and its layer", () => {
  const graph = new Graph();
  const w = graph.feed("w", "f32", [3]);
  const kept = graph.within("layer", () => ops.awaitSum(ops.allReduce([w]), { begin: 0, shape: [3] }));
  expect(() => differentiate(ops.sum(kept), [w])).toThrow(
    new ShapeError("differentiate: layer depends on awaitSum, which has no gradient."),
  );
  const plain = ops.awaitSum(ops.allReduce([w]), { begin: 0, shape: [3] });
  expect(() => differentiate(ops.sum(plain), [w])).toThrow(
    new ShapeError("differentiate: the loss depends on awaitSum, which has no gradient."),
  );
});

test("a graph has each name once, and each variable one shape", () => {
  const graph = new Graph();
  const x = graph.feed("x", "f32", [2]);
  graph.output("y", x);
  const w = graph.variable({ name: "w", dtype: "f32", shape: [2, 3] });
  expect(graph.variable({ name: "w", dtype: "f32", shape: [2, 3] })).toBe(w);
  expect(() => graph.feed("x", "f32", [2])).toThrow(new OptionError('Graph: feed "x" exists already.'));
  expect(() => graph.output("y", x)).toThrow(new OptionError('Graph: output "y" exists already.'));
  expect(() => graph.variable({ name: "w", dtype: "f32", shape: [3, 2] })).toThrow(
    new ShapeError('Graph: variable "w" has shape [2,3] and cannot also have [3,2]: two layers share one name.'),
  );
  expect(() => graph.variable({ name: "w", dtype: "i32", shape: [2, 3] })).toThrow(ShapeError);
});

test("an op whose result has more than 6 dimensions or 2^31 - 1 elements is refused by its name", () => {
  const graph = new Graph();
  const x = graph.feed("x", "f32", [2 ** 16, 1]);
  const y = graph.feed("y", "f32", [1, 2 ** 15]);
  expect(() => graph.within("layer", () => ops.add(x, y))).toThrow(
    new ShapeError(
      "layer/add: expected a shape, an array of at most 6 whole numbers above 0, with at most 2^31 - 1 elements in all, " +
        "got [65536,32768].",
    ),
  );
});

test("an op does not use up a variable", () => {
  const graph = new Graph();
  const cache = graph.variable({ name: "cache", dtype: "f32", shape: [1, 4] });
  const [row, times] = [graph.feed("row", "f32", [1, 2]), graph.feed("times", "i32", [1])];
  graph.output("after", ops.keepRow({ cache, row, times }));
  expect(() => graph.program()).toThrow(new ShapeError("Graph: keepRow would use up variable cache f32[1,4]."));
});

test("values that live at the same time never share memory, and ops that nobody needs are dropped", () => {
  const graph = lstmGraph(6, 3);
  ops.tanh(graph.feed("unused", "f32", [1000]));
  const program = graph.program();
  const { values: all, ops: list, outputs, feeds } = program;
  const arena = arenaOf(program);
  expect(list.some(({ name }) => name === "tanh")).toBe(false);
  const lives = new Map<number, { first: number; last: number }>();
  const touch = (id: number, time: number) => {
    const life = lives.get(id);
    lives.set(id, { first: Math.min(life?.first ?? time, time), last: Math.max(life?.last ?? time, time) });
  };
  for (const { value } of feeds) touch(value, -1);
  const ownerOf = (id: number) => {
    const storage = all[id]?.storage;
    return storage?.kind === "view" ? storage.of : id;
  };
  for (const [time, { operands, results }] of list.entries()) {
    for (const id of [...operands, ...results]) if (id !== null) touch(ownerOf(id), time);
  }
  for (const { value } of outputs) touch(value, list.length);
  const placed = all.flatMap(({ id, shape }) => {
    const [life, start] = [lives.get(id), arena.offsets.get(id)];
    return start !== undefined && life ? [{ id, start, end: start + 4 * elementsOf(shape), ...life }] : [];
  });
  for (const a of placed) {
    expect(a.end).toBeLessThanOrEqual(arena.bytes);
    for (const b of placed) {
      if (a.id >= b.id) continue;
      const together = a.first <= b.last && b.first <= a.last;
      if (together) expect(a.end <= b.start || b.end <= a.start).toBe(true);
    }
  }
});

test("what a gradient uses up cannot be read again", () => {
  const graph = lstmGraph(3, 2);
  const recorded = new Graph();
  const x = recorded.feed("x", "f32", [3, 2, I]);
  const state = () => recorded.zeros([2, H]);
  const weight = (name: string, shape: Shape) => recorded.feed(name, "f32", shape);
  const { y } = ops.lstm({
    x,
    h0: state(),
    c0: state(),
    weight_ih: weight("weight_ih", [4 * H, I]),
    weight_hh: weight("weight_hh", [4 * H, H]),
  });
  recorded.output("first", differentiate(ops.sum(ops.square(y)), [x])[0] as typeof x);
  recorded.output("second", differentiate(ops.sum(y), [x])[0] as typeof x);
  expect(() => graph.program()).not.toThrow();
  expect(() => recorded.program()).toThrow(/lstmGradient needs .* which lstmGradient uses up/);
});

test("a gradient that needs what a variable was before it changed is refused", () => {
  const graph = new Graph();
  const v = graph.variable({ name: "v", dtype: "f32", shape: [2, 3] });
  const x = graph.feed("x", "f32", [6]);
  const loss = graph.within("layer", () => ops.sum(ops.multiply(ops.reshape(v, [6]), x)));
  const late = () => ops.sum(ops.square(ops.multiply(ops.reshape(v, [6]), x)));
  expect(differentiate(loss, [x])).toHaveLength(1);
  ops.assign(v, ops.affine(v, { scale: 2 }));
  expect(() => differentiate(loss, [x])).toThrow(
    /^differentiate: layer\/multiply needs .* as it was before assign changed it\. Differentiate first\.$/,
  );
  // The gradient of v needs x alone, and what is computed after the change sees the new value.
  expect(differentiate(loss, [v])).toHaveLength(1);
  expect(differentiate(late(), [x, v])).toHaveLength(2);
});

test("sums that other processes still add to are for awaitSum alone", () => {
  const recorded = (read: (sums: Tensor, graph: Graph) => void) => {
    const graph = new Graph();
    read(ops.allReduce([graph.feed("x", "f32", [3])]), graph);
    return () => graph.program();
  };
  const refusal = (reader: string) =>
    `Graph: ${reader} cannot read allReduce f32[3]: what allReduce makes is for awaitSum alone.`;
  expect(recorded((sums, graph) => graph.output("y", sums))).toThrow(refusal('output "y"'));
  expect(recorded((sums, graph) => graph.output("y", ops.tanh(sums)))).toThrow(refusal("tanh"));
  expect(recorded((sums, graph) => graph.output("y", ops.reshape(sums, [1, 3])))).toThrow(refusal("reshape"));
  expect(recorded((sums, graph) => graph.output("y", ops.awaitSum(sums, { begin: 0, shape: [3] })))).not.toThrow();
});
