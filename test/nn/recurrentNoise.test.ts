import { describe, expect, test } from "vitest";
import type { Values } from "../../lib/executor/executor.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { differentiate } from "../../lib/graph/differentiate.js";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import { elementsOf } from "../../lib/graph/program.js";
import type { State } from "../../lib/nn/index.js";
import { RecurrentStack } from "../../lib/nn/index.js";
import { numbers } from "../graph/case.js";

const [T, B, I, H] = [6, 3, 4, 5];
type Outputs = Readonly<Record<string, Values>>;

/** Outputs of a stack over x, its last state, and gradients of the sum of squares of y. */
async function run(
  stack: RecurrentStack,
  {
    training,
    executor = new ReferenceExecutor({ precision: "float64" }),
    stepwise = false,
    seed = 1,
    lengths = false,
  }: {
    training: boolean;
    executor?: ReferenceExecutor | ReturnType<typeof nativeExecutor>;
    stepwise?: boolean;
    seed?: number;
    lengths?: boolean;
  },
): Promise<Outputs> {
  const graph = new Graph({ training });
  const x = graph.feed("x", "f32", [T, B, I]);
  const state = stack.zeroState(graph, B);
  const steps = () => {
    const masks = stack.dropoutMasks(graph, T, B);
    const { outputs, last } = ops.scan({ inputs: { x, ...masks }, state }, ({ x: row, ...rows }, before) => {
      const { y, state: after } = stack.step(row as never, before as State, rows);
      return { state: after, outputs: { y } };
    });
    return { y: outputs.y as never, last };
  };
  const options = { state, ...(lengths ? { lengths: graph.feed("lengths", "i32", [B]) } : {}) };
  const { y, last } = stepwise ? steps() : stack.apply(x, options);
  graph.output("y", y);
  for (const [name, tensor] of Object.entries(last)) graph.output(name, tensor as never);
  const wanted = [x, ...stack.parameters.map((parameter) => parameter.in(graph))];
  for (const [i, d] of differentiate(ops.sum(ops.square(y)), wanted).entries()) graph.output(`d${i}`, d);
  const store = executor.createStore();
  const program = graph.program();
  const executable = executor.compile(program, store);
  const floats = (count: number, first: number) => new executor.floats(numbers(count, first));
  for (const [i, { name, shape }] of stack.parameters.entries()) await store.write(name, floats(elementsOf(shape), i));
  const offered: Record<string, unknown> = {
    x: floats(T * B * I, 99),
    lengths: Int32Array.of(6, 2, 4),
    random: Int32Array.of(seed, 2),
    ...graph.defaults,
  };
  const feeds = Object.fromEntries(program.feeds.map(({ name }) => [name, offered[name] as never]));
  return (await executable.run(feeds)).outputs;
}

function expectSame(actual: Outputs, expected: Outputs, digits: number): void {
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [name, values] of Object.entries(expected)) {
    values.forEach((value, i) => {
      expect(actual[name]?.[i], `${name}[${i}]`).toBeCloseTo(value, digits);
    });
  }
}

const make = (cell: string, options: object = {}) =>
  new RecurrentStack("rnn", { cell, inputSize: I, hiddenSize: H, layers: 2, ...options });

const kinds = { weightDropout: 0.4, recurrentDropout: 0.4, zoneout: 0.3 };
const cases = ["lstm", "gru", "rnn", "mingru"].flatMap((cell) =>
  Object.entries(kinds).map(([kind, rate]) => ({ cell, kind, options: { [kind]: rate } })),
);

describe.each(cases)("$kind of a $cell", ({ cell, kind, options }) => {
  test("it draws other masks for another seed, and only in training", async () => {
    const stack = make(cell, options);
    const drawn = await run(stack, { training: true });
    expect(await run(stack, { training: true })).toEqual(drawn);
    // minGRU's state meets no matrix and its gates do not read h.
    const blind = cell === "mingru" && kind !== "zoneout";
    if (!blind) expect(await run(stack, { training: true, seed: 2 })).not.toEqual(drawn);
    if (kind !== "zoneout")
      expectSame(await run(stack, { training: false }), await run(make(cell), { training: false }), 12);
  });

  test.each([false, true])("natively it is what the reference says, with lengths: %s", async (lengths) => {
    const stack = make(cell, options);
    const reference = await run(stack, { training: true, lengths });
    expectSame(await run(stack, { training: true, lengths, executor: nativeExecutor() }), reference, 3);
  });

  test("step by step it is what it is over the whole sequence", async () => {
    const stack = make(cell, options);
    for (const training of [true, false]) {
      expectSame(await run(stack, { training, stepwise: true }), await run(stack, { training }), 9);
    }
  });
});

test("zoneout of one step alone is that of a loop of one step", async () => {
  const stack = make("lstm", { zoneout: 0.5 });
  const one = async (lengths: boolean, training = true) => {
    const graph = new Graph({ training });
    const x = graph.feed("x", "f32", [1, B, I]);
    const { y, last } = stack.apply(x, lengths ? { lengths: graph.feed("lengths", "i32", [B]) } : {});
    for (const [name, tensor] of Object.entries({ y, ...last })) graph.output(name, tensor as never);
    const executor = new ReferenceExecutor({ precision: "float64" });
    const store = executor.createStore();
    const executable = executor.compile(graph.program(), store);
    for (const [i, { name, shape }] of stack.parameters.entries())
      await store.write(name, numbers(elementsOf(shape), i));
    const own = { lengths: new Int32Array(B).fill(1) };
    const feeds = { x: numbers(B * I, 99), random: Int32Array.of(1, 2), ...graph.defaults, ...own };
    const fed = executable.program.feeds.map(({ name }) => [name, feeds[name as keyof typeof feeds]]);
    return (await executable.run(Object.fromEntries(fed))).outputs;
  };
  expect(await one(false)).toEqual(await one(true));
  expect(await one(false)).not.toEqual(await one(false, false));
});

/** h of one unit that adds 1 in each step: an RNN with relu, whose recurrent weight is 1. */
async function counted(
  options: object,
  { training, seed = 1 }: { training: boolean; seed?: number },
): Promise<number[][]> {
  const [units, steps] = [400, 8];
  const stack = new RecurrentStack("rnn", {
    cell: "rnn",
    activation: "relu",
    bias: false,
    inputSize: 1,
    hiddenSize: units,
    ...options,
  });
  const graph = new Graph({ training });
  const { y } = stack.apply(graph.feed("x", "f32", [steps, 1, 1]));
  graph.output("y", y);
  const executor = nativeExecutor();
  const store = executor.createStore();
  const executable = executor.compile(graph.program(), store);
  await store.write("rnn.weight_ih_l0", new Float32Array(units).fill(1));
  await store.write(
    "rnn.weight_hh_l0",
    Float32Array.from({ length: units * units }, (_, i) => Number(i % (units + 1) === 0)),
  );
  const offered = { x: new Float32Array(steps).fill(1), random: Int32Array.of(seed, 1), ...graph.defaults };
  const feeds = Object.fromEntries(graph.program().feeds.map(({ name }) => [name, offered[name as "x"]]));
  const values = (await executable.run(feeds)).outputs.y as Float32Array;
  return Array.from({ length: steps }, (_, t) => Array.from(values.subarray(t * units, (t + 1) * units)));
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

test("zoneout leaves a share of the units as they were in each step, others each time; without training it is the mean", async () => {
  const drawn = await counted({ zoneout: 0.25 }, { training: true });
  const stayed = drawn.map((row, t) => row.map((value, i) => value === (drawn[t - 1]?.[i] ?? 0)));
  for (const row of stayed) expect(mean(row.map(Number))).toBeCloseTo(0.25, 1);
  expect(stayed[1]).not.toEqual(stayed[2]);
  // h_t = h + (1 - p)((h + 1) - h): 0.75 more in each step.
  for (const [t, row] of (await counted({ zoneout: 0.25 }, { training: false })).entries()) {
    expect(row[0]).toBeCloseTo(0.75 * (t + 1), 5);
  }
});

test("dropout of weights and of the state has one mask for all steps: a unit counts on faster, or begins again, each time", async () => {
  for (const options of [{ weightDropout: 0.25 }, { recurrentDropout: 0.25 }]) {
    const rows = await counted(options, { training: true });
    const last = rows.at(-1) as number[];
    const forgetful = last.filter((value) => value === 1).length;
    expect(forgetful / last.length).toBeCloseTo(0.25, 1);
    // h = 1 + h / (1 - p) in every step, or 1 in every step.
    const kept = rows.reduce((value) => 1 + value / 0.75, 0);
    for (const value of last) expect(Math.min(Math.abs(value - 1), Math.abs(value - kept) / kept)).toBeLessThan(1e-5);
  }
});

test("a step of zoneout without its rows is refused in training", () => {
  const graph = new Graph({ training: true });
  const stack = make("lstm", { zoneout: 0.1 });
  const x = graph.feed("x", "f32", [B, I]);
  expect(() => stack.step(x, stack.zeroState(graph, B))).toThrow(/rnn\.zoneout: a step needs rows of dropoutMasks\(\)/);
});
