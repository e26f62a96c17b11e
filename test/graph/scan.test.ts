import { expect, test } from "vitest";
import { arenaOf } from "../../lib/executor/encode.js";
import type { Values } from "../../lib/executor/executor.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { differentiate } from "../../lib/graph/differentiate.js";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import { elementsOf } from "../../lib/graph/program.js";
import type { Tensor } from "../../lib/graph/tensor.js";
import { numbers } from "./case.js";

const [T, B, I, H] = [7, 3, 4, 5];
const shapes = { x: [T, B, I], h0: [B, H], weight_ih: [H, I], weight_hh: [H, H], bias: [H] };
const names = Object.keys(shapes) as (keyof typeof shapes)[];

/** All states of an Elman network, the last one, and the gradients of a loss of both. */
function elman({ scanned, reverse = false }: { scanned: boolean; reverse?: boolean }) {
  const graph = new Graph();
  const fed = Object.fromEntries(names.map((name) => [name, graph.feed(name, "f32", shapes[name])])) as Record<
    keyof typeof shapes,
    Tensor
  >;
  const { x, h0, weight_ih, weight_hh, bias } = fed;
  const step = ({ x }: { x: Tensor }, { h }: { h: Tensor }) => ({
    state: { h: ops.tanh(ops.add(ops.linear(x, weight_ih, bias), ops.linear(h, weight_hh))) },
  });
  const own = () => {
    const { states, last } = ops.scan({ inputs: { x }, state: { h: h0 }, reverse }, step);
    return { y: states.h, hLast: last.h };
  };
  const { y, hLast } = scanned ? own() : ops.rnn({ x, h0, weight_ih, weight_hh, bias_ih: bias, reverse });
  const loss = ops.add(ops.sum(ops.square(y)), ops.sum(hLast));
  graph.output("y", y);
  graph.output("hLast", hLast);
  for (const [i, d] of differentiate(loss, Object.values(fed)).entries()) graph.output(`d${names[i]}`, d);
  return graph.program();
}

for (const executor of [nativeExecutor(), new ReferenceExecutor({ precision: "float64" })]) {
  test.each([false, true])(`${executor.name}: an Elman network as a scan is ops.rnn, reverse %s`, async (reverse) => {
    const feeds = Object.fromEntries(
      names.map((name, i) => [name, executor.floats.from(numbers(elementsOf(shapes[name]), i + 1))]),
    );
    const outputs = async (scanned: boolean) => {
      const executable = executor.compile(elman({ scanned, reverse }), executor.createStore());
      // Twice: what a run leaves behind must not matter to the next.
      await executable.run(feeds);
      return (await executable.run(feeds)).outputs;
    };
    const [scanned, fused] = [await outputs(true), await outputs(false)];
    for (const [name, want] of Object.entries(fused)) {
      (want as Values).forEach((value, i) => {
        expect(scanned[name]?.[i], `${name}[${i}]`).toBeCloseTo(value, 4);
      });
    }
  });
}

test("the gradients of weights are one product over all steps, after the loop", () => {
  const { ops: list, loops } = elman({ scanned: true });
  expect(loops.map(({ steps, reverse }) => ({ steps, reverse }))).toEqual([
    { steps: T, reverse: false },
    { steps: T, reverse: true },
  ]);
  const inLoop = (i: number) => loops.some(({ begin, end }) => begin <= i && i < end);
  const weightGradients = list.flatMap(({ name, attributes }, i) => (name === "matmul" && attributes[0] ? [i] : []));
  expect(weightGradients.map(inLoop)).toEqual([false, false]);
});

test("a loop without a gradient keeps nothing of its steps", () => {
  const graph = new Graph();
  const operands = { inputs: {}, steps: 1000, state: { h: graph.feed("h0", "f32", [16]) } };
  const step = (_: object, { h }: { h: Tensor }) => ({
    state: { h: ops.tanh(ops.square(h)) },
  });
  graph.output("last", ops.scan(operands, step).last.h);
  // All states, and one step.
  expect(arenaOf(graph.program()).bytes).toBeLessThan(1002 * 64 + 1000);
});

test("values that live at the same time do not meet in memory, also those that a loop keeps", () => {
  const program = elman({ scanned: true });
  const { values, ops: list, loops, feeds, outputs } = program;
  const arena = arenaOf(program);
  const rootOf = (id: number): number => {
    const { storage } = values[id] as (typeof values)[number];
    return "of" in storage ? rootOf(storage.of) : id;
  };
  const lives = new Map<number, { first: number; last: number }>();
  const touch = (id: number, time: number) => {
    const root = rootOf(id);
    if (values[root]?.storage.kind !== "arena") return;
    const life = lives.get(root) ?? { first: time, last: time };
    lives.set(root, { first: Math.min(life.first, time), last: Math.max(life.last, time) });
  };
  for (const { value } of feeds) touch(value, -1);
  for (const { value } of outputs) touch(value, list.length);
  list.forEach(({ operands, results }, time) => {
    const loop = loops.find(({ begin, end }) => begin <= time && time < end);
    for (const id of [...operands, ...results]) {
      if (id === null) continue;
      touch(id, time);
      // A stack, or something from outside: it lives as long as the loop.
      const madeInLoop = list.findIndex(({ results }) => results.includes(rootOf(id)));
      if (loop && !(loop.begin <= madeInLoop && madeInLoop < loop.end)) {
        touch(id, loop.begin);
        touch(id, loop.end - 1);
      }
    }
  });
  const placed = [...lives].map(([id, life]) => {
    const { shape } = values[id] as (typeof values)[number];
    const begin = arena.offsets.get(id) as number;
    return { id, ...life, begin, end: begin + 4 * elementsOf(shape) };
  });
  for (const a of placed) {
    expect(a.end).toBeLessThanOrEqual(arena.bytes);
    for (const b of placed) {
      if (a.id >= b.id || a.last < b.first || b.last < a.first) continue;
      expect(a.end <= b.begin || b.end <= a.begin, `${a.id} and ${b.id}`).toBe(true);
    }
  }
});

test("mistakes are named where they are made", () => {
  const graph = new Graph();
  const x = graph.feed("x", "f32", [T, B]);
  const h = graph.feed("h", "f32", [B]);
  const scan = (body: (inputs: { x: Tensor }, state: { h: Tensor }) => { state: { h: Tensor } }) =>
    ops.scan({ inputs: { x }, state: { h } }, body);
  let escaped = h;
  scan((_, { h }) => {
    escaped = ops.tanh(h);
    return { state: { h: escaped } };
  });
  expect(() => ops.tanh(escaped)).toThrow(/tanh: .* only exists in a step of a loop. Return it from the body/);
  expect(() => graph.output("escaped", escaped)).toThrow(/only exists in a step/);
  expect(() => scan((_, { h }) => ({ state: { h: ops.reshape(h, [B, 1]) } }))).toThrow(
    /the state "h" begins as h f32\[3\], but a step makes it .*\[3,1\]/,
  );
  expect(() => scan(() => ({ state: {} as { h: Tensor } }))).toThrow(/makes it undefined/);
  expect(() => scan((_, state) => ({ state: { h: scan(() => ({ state })).last.h } }))).toThrow(/inside another one/);
  expect(() => ops.scan({ inputs: { x }, state: { h }, steps: 3 }, (_, state) => ({ state }))).toThrow(
    /expected 3 rows of input "x", got x f32\[7,3\]/,
  );
  expect(() => ops.scan({ inputs: {}, state: { h }, steps: 0 }, (_, state) => ({ state }))).toThrow(
    /expected steps to be a whole number at least 1 .*, got 0/,
  );
  expect(() => ops.scan({ inputs: {}, state: {} }, (_, state) => ({ state }))).toThrow(/expected inputs, or a state/);
  const other = new Graph().feed("other", "f32", [T, B]);
  expect(() => ops.scan({ inputs: { x, other }, state: { h } }, (_, state) => ({ state }))).toThrow(
    /belongs to another graph/,
  );
  expect(() => ops.scan({ inputs: { x }, state: { other } }, (_, state) => ({ state }))).toThrow(
    /belongs to another graph/,
  );
  expect(() => scan(() => ({ state: { h: escaped } }))).toThrow(/only exists in a step/);
  expect(() => ops.scan({ inputs: { escaped }, state: {} }, (_, state) => ({ state }))).toThrow(
    /steps|only exists in a step/,
  );
  const inside = (record: (h: Tensor) => void) => () =>
    scan((_, { h }) => {
      record(h);
      return { state: { h } };
    });
  expect(inside((h) => graph.output("inside", h))).toThrow(/output "inside": .* only exists in a step/);
  const variable = graph.variable({ name: "v", dtype: "f32", shape: [B] });
  expect(inside((h) => ops.assign(variable, h))).toThrow(/a loop cannot change variables/);
});

/** A scan over x [T,B] with a state h, whose step is given. */
function scanOf(step: (x: Tensor, h: Tensor, w: Tensor) => Tensor) {
  const graph = new Graph();
  const [x, h0, w] = [graph.feed("x", "f32", [T, B]), graph.feed("h0", "f32", [B]), graph.feed("w", "f32", [B])];
  const found = ops.scan({ inputs: { x }, state: { h: h0 } }, ({ x: row }, { h }) => ({
    state: { h: step(row, h, w) },
  }));
  return { graph, x, h0, w, ...found };
}

async function outputsOf(graph: Graph, w = [0.5, -0.25, 0.125]) {
  const executor = new ReferenceExecutor({ precision: "float64" });
  const program = graph.program();
  const offered = { x: numbers(T * B, 1), h0: numbers(B, 2), w: Float64Array.from(w) };
  const feeds = Object.fromEntries(program.feeds.map(({ name }) => [name, offered[name as keyof typeof offered]]));
  return { program, outputs: (await executor.compile(program, executor.createStore()).run(feeds)).outputs };
}

test("a state that the loss does not depend on leaves no trace in the gradient, not even a NaN", async () => {
  const gradientOf = async (metric: boolean) => {
    const graph = new Graph();
    const [x, h0, w] = [graph.feed("x", "f32", [T, B]), graph.feed("h0", "f32", [B]), graph.feed("w", "f32", [B])];
    const state: Record<string, Tensor> = metric ? { h: h0, s: h0 } : { h: h0 };
    const { last } = ops.scan({ inputs: { x }, state }, ({ x: row }, before: Record<string, Tensor>) => {
      const h = ops.tanh(ops.add(ops.multiply(before.h as Tensor, w), row));
      // Its slope is infinite where w is 0.
      return { state: metric ? { h, s: ops.add(before.s as Tensor, ops.sqrt(ops.square(w))) } : { h } } as {
        state: typeof state;
      };
    });
    graph.output("dw", differentiate(ops.sum(last.h as Tensor), [w])[0] as Tensor);
    return outputsOf(graph, [0.5, 0, 0.125]);
  };
  const [alone, beside] = [await gradientOf(false), await gradientOf(true)];
  expect(beside.outputs.dw).toEqual(alone.outputs.dw);
  expect(beside.program.ops.length).toBe(alone.program.ops.length);
});

test("two losses of one scan each have their gradient", async () => {
  const step = (x: Tensor, h: Tensor, w: Tensor) => ops.tanh(ops.add(ops.multiply(h, w), x));
  const losses = [
    (s: ReturnType<typeof scanOf>) => ops.sum(s.last.h),
    (s: ReturnType<typeof scanOf>) => ops.sum(ops.square(s.states.h)),
  ];
  const both = scanOf(step);
  losses.forEach((loss, i) => {
    both.graph.output(`d${i}`, differentiate(loss(both), [both.w])[0] as Tensor);
  });
  const { outputs } = await outputsOf(both.graph);
  for (const [i, loss] of losses.entries()) {
    const alone = scanOf(step);
    alone.graph.output("d", differentiate(loss(alone), [alone.w])[0] as Tensor);
    expect(outputs[`d${i}`]).toEqual((await outputsOf(alone.graph)).outputs.d);
  }
});

test("a second derivative is refused, not wrong", () => {
  const { w, last } = scanOf((x, h, w) => ops.add(ops.multiply(ops.multiply(h, h), w), x));
  const [d] = differentiate(ops.sum(last.h), [w]);
  expect(() => differentiate(ops.sum(ops.square(d as Tensor)), [w])).toThrow(/a scan has no second derivative/);
});

test("views of scalars, and of variables, are rows like others", async () => {
  const graph = new Graph();
  const w = graph.feed("w", "f32", [1, 1]);
  const state = { h: graph.zeros([]) };
  const inputs = { x: ops.reshape(graph.zeros([T * B]), [T, B]) };
  const { last } = ops.scan({ inputs, state }, ({ x }, { h }) => ({
    state: { h: ops.add(ops.sum(x), ops.affine(ops.reshape(ops.linear(ops.reshape(h, [1, 1]), w), []), { shift: 1 })) },
  }));
  graph.output("last", last.h);
  graph.output("dw", differentiate(last.h, [w])[0] as Tensor);
  for (const executor of [nativeExecutor(), new ReferenceExecutor()]) {
    const { outputs } = await executor
      .compile(graph.program(), executor.createStore())
      .run({ w: executor.floats.of(2) });
    // 1 + 2 + 4 + ... and its slope at 2.
    expect(outputs.last?.[0]).toBe(2 ** T - 1);
    expect(outputs.dw?.[0]).toBe(Array.from({ length: T }, (_, n) => n * 2 ** (n - 1)).reduce((a, b) => a + b));
  }
});

test("the keys' and v's gradients of additive attention are one op", () => {
  const graph = new Graph();
  const [keys, v] = [graph.feed("keys", "f32", [4, B, 5]), graph.feed("v", "f32", [5])];
  const { last } = ops.scan({ inputs: {}, steps: T, state: { h: graph.feed("h0", "f32", [1, B, 5]) } }, (_, { h }) => ({
    state: { h: ops.attention({ query: h, keys, values: keys, v }).context },
  }));
  for (const [i, d] of differentiate(ops.sum(last.h), [keys, v]).entries()) graph.output(`${i}`, d);
  const { ops: list, loops } = graph.program();
  const found = list.flatMap(({ name }, i) => (name === "additiveGradient" ? [i] : []));
  expect(found.length).toBe(1);
  expect(found[0]).toBeGreaterThanOrEqual((loops.at(-1) as (typeof loops)[number]).end);
});

test("a matrix that each step makes again is multiplied by as it is now, one that stays as it was packed once", async () => {
  const [T, rows, width] = [3, 20, 24];
  const graph = new Graph();
  const x = graph.feed("x", "f32", [T, rows, width]);
  const weight = graph.feed("weight", "f32", [width, width]);
  const { outputs } = ops.scan(
    { inputs: { x }, state: { m: graph.feed("m", "f32", [width, width]) } },
    ({ x }, { m }) => {
      const made = ops.tanh(m);
      const y = ops.linear(ops.matmul(x, made), weight);
      return { state: { m: ops.affine(m, { scale: -0.7, shift: 0.1 }) }, outputs: { y } };
    },
  );
  graph.output("y", outputs.y);
  const program = graph.program();
  const feeds = { x: numbers(T * rows * width, 1), weight: numbers(width * width, 2), m: numbers(width * width, 3) };
  const single = Object.fromEntries(Object.entries(feeds).map(([name, values]) => [name, Float32Array.from(values)]));
  const reference = new ReferenceExecutor({ precision: "float64" });
  const wanted = (await reference.compile(program, reference.createStore()).run(feeds)).outputs.y as Float64Array;
  for (const matmulPrecision of ["highest", "high", "medium"] as const) {
    const executor = nativeExecutor({ matmulPrecision });
    const executable = executor.compile(program, executor.createStore());
    // Twice: nothing is left of the first run's weights in the second.
    await executable.run({ ...single, weight: single.m as Float32Array });
    const found = (await executable.run(single)).outputs.y as Float32Array;
    const most = wanted.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    for (const [i, value] of wanted.entries()) {
      expect(Math.abs((found[i] as number) - value) / most, `${matmulPrecision} y[${i}]`).toBeLessThan(0.02);
    }
  }
});

test("a loop that reads two rows of its own stack in a step has no gradient, and says so", () => {
  const graph = new Graph();
  const x = graph.feed("x", "f32", [B]);
  // Fibonacci's numbers: each row is the sum of the two before it.
  const stack = graph.loops.stack("f32", [5, B], "sums");
  for (const row of [0, 1]) graph.loops.put(ops.copy(x), stack, row);
  graph.loop({ steps: 3, reverse: false }, () => {
    graph.loops.put(ops.add(graph.loops.rows(stack, 0), graph.loops.rows(stack, 1)), stack, 2);
  });
  const last = graph.loops.rows(stack, 4);
  expect(() => differentiate(ops.sum(last), [x])).toThrow(/a loop reads more than one row of sums.* in a step/);
});
