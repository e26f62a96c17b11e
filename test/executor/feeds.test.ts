import { expect, test } from "vitest";
import { InputError } from "../../lib/errors.js";
import type { Executor, Feeds } from "../../lib/executor/executor.js";
import { nativeExecutor, nativeInfo } from "../../lib/executor/native.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { Graph, ops } from "../../lib/graph/index.js";

const executors: Executor[] = [
  nativeExecutor(),
  new ReferenceExecutor(),
  new ReferenceExecutor({ precision: "float64" }),
];

test("the executors say what they are, and the reference has two precisions", () => {
  expect(executors.map(({ name, floats }) => [name, floats])).toEqual([
    ["native", Float32Array],
    ["reference float32", Float32Array],
    ["reference float64", Float64Array],
  ]);
  expect(nativeExecutor().rounding).toBe(`${nativeInfo().kernels.chosen} kernels`);
  expect(() => new ReferenceExecutor({ precision: "double" as "float64" })).toThrow(
    "ReferenceExecutor: expected precision to be ",
  );
});

for (const executor of executors) {
  const { name: own } = executor.floats;
  const graph = new Graph();
  const [x, ids, s] = [graph.feed("x", "f32", [2, 3]), graph.feed("ids", "i32", [3]), graph.scalar("s")];
  graph.output("y", ops.multiply(ops.embedding(x, ids), s));
  const executable = executor.compile(graph.program(), executor.createStore());
  const fed: Feeds = { x: executor.floats.of(1, 2, 3, 4, 5, 6), ids: Int32Array.of(1, 0, 1), s: 2 };
  const wanted = [8, 10, 12, 2, 4, 6, 8, 10, 12];

  test(`${executor.name}: feeds are arrays of the executor's type, plain numbers for scalars, and float32 everywhere`, async () => {
    const run = async (changes: Feeds) => Array.from((await executable.run({ ...fed, ...changes })).outputs.y ?? []);
    expect(await run({})).toEqual(wanted);
    expect(await run({ s: executor.floats.of(2) })).toEqual(wanted);
    expect(await run({ x: Float32Array.of(1, 2, 3, 4, 5, 6) })).toEqual(wanted);
  });

  test(`${executor.name}: what a caller does with his arrays afterwards changes no run`, async () => {
    const x = executor.floats.of(1, 2, 3, 4, 5, 6);
    const running = [executable.run({ ...fed, x }), executable.replay({ ...fed, x }, { steps: 1, carry: {} })];
    x.fill(0);
    for (const { outputs } of await Promise.all(running)) expect(Array.from(outputs.y ?? [])).toEqual(wanted);
  });

  test(`${executor.name}: the outputs of a run stay what they are when the program runs again`, async () => {
    const { outputs } = await executable.run(fed);
    await executable.run({ ...fed, s: 3 });
    expect(Array.from(outputs.y ?? [])).toEqual(wanted);
  });

  test.each<[string, unknown, string]>([
    ["null", null, "run: expected feeds by name: x, ids, s; got null."],
    ["no object", 3, "run: expected feeds by name: x, ids, s; got 3."],
    ["another name", { ...fed, y: 1 }, 'run: the program has no feed "y"; it has x, ids, s.'],
    ["none of ids", { x: fed.x, s: 2 }, 'run: feed "ids" is missing; expected a Int32Array of shape [3].'],
    ["text", { ...fed, x: "1" }, `run: expected feed "x" to be a ${own} of shape [2,3], got "1".`],
    ["whole numbers", { ...fed, x: new Int32Array(6) }, `run: expected feed "x" to be a ${own} of shape [2,3], got `],
    [
      "floats as ids",
      { ...fed, ids: new Float32Array(3) },
      'run: expected feed "ids" to be a Int32Array of shape [3], got ',
    ],
    [
      "too few",
      { ...fed, x: new executor.floats(5) },
      `run: expected feed "x" to be a ${own} of shape [2,3], got 5 values.`,
    ],
    [
      "too many",
      { ...fed, ids: new Int32Array(4) },
      'run: expected feed "ids" to be a Int32Array of shape [3], got 4 values.',
    ],
    ["a number", { ...fed, ids: 1 }, 'run: expected feed "ids" to be a Int32Array of shape [3], got 1 values.'],
  ])(
    `${executor.name}: feeds that do not fit are refused with what they should have been: %s`,
    async (_, wrong, message) => {
      const error = await executable.run(wrong as Feeds).catch((cause) => cause);
      expect(error).toBeInstanceOf(InputError);
      expect(error.message.slice(0, message.length)).toBe(message);
    },
  );
}

test("doubles are no feeds of float32 values", async () => {
  const graph = new Graph();
  graph.output("y", ops.square(graph.feed("x", "f32", [1])));
  const executor = nativeExecutor();
  const run = executor.compile(graph.program(), executor.createStore()).run({ x: Float64Array.of(1) });
  await expect(run).rejects.toThrow('run: expected feed "x" to be a Float32Array of shape [1], got ');
});
