import { expect, test } from "vitest";
import { encodeProgram } from "../../lib/executor/encode.js";
import { loadAddon } from "../../lib/executor/loadAddon.js";
import { Graph } from "../../lib/graph/graph.js";
import type { Slot } from "../../lib/graph/operation.js";
import { operations, slotOf } from "../../lib/graph/operation.js";
import * as ops from "../../lib/graph/ops/index.js";
import { LSTM } from "../../lib/nn/lstm.js";
import { inChild } from "./child.js";

const addon = loadAddon();

/** A small program with a bit of everything, encoded, and the store it belongs to. */
function sample() {
  const graph = new Graph();
  const ids = graph.feed("ids", "i32", [3, 2]);
  const table = graph.variable({ name: "table", dtype: "f32", shape: [5, 4] });
  const layer = new LSTM("rnn", { inputSize: 4, hiddenSize: 3 });
  const { y } = layer.apply(ops.embedding(table, ids), { lengths: graph.feed("lengths", "i32", [2]) });
  const weight = graph.variable({ name: "out", dtype: "f32", shape: [5, 3] });
  const targets = graph.feed("targets", "i32", [6]);
  const { losses } = ops.linearCrossEntropy({ x: ops.reshape(y, [6, 3]), weight, targets });
  graph.output("loss", ops.sum(losses));
  const program = graph.program();
  const store = new addon.Store();
  const variables = new Map<string, number>();
  for (const { name, shape } of program.variables) {
    variables.set(
      name,
      store.declare(
        0,
        shape.reduce((n, s) => n * s, 1),
      ),
    );
  }
  const codes = new Map(addon.operations().map(({ name }, code) => [name, code]));
  return { program, store, words: encodeProgram(program, { codes, variables }) };
}

function feeds() {
  return [new Int32Array([0, 1, 2, 3, 4, 0]), new Int32Array([3, 2]), new Int32Array([0, 1, 2, 3, 4, -1])];
}

test("the addon and the catalogue believe the same of every op: its operands, results, attributes, and what it does to its memory", () => {
  const namesOf = (slots: readonly Slot[]) => slots.map(({ name }) => name);
  const optional = (slots: readonly Slot[]) => namesOf(slots.filter((slot) => slot.optional));
  const catalogue = [...operations().values()].map((operation) => {
    const { name, attributes = [], mutates = [], consumes = [], view = false } = operation;
    const [operands, results] = [operation.operands.map(slotOf), operation.results.map(slotOf)];
    return {
      ...{ name, operands: namesOf(operands), results: namesOf(results), attributes, mutates, consumes, view },
      ...{ optionalOperands: optional(operands), optionalResults: optional(results) },
      several: operands.some((slot) => slot.several),
    };
  });
  const byName = (list: readonly { name: string }[]) => Object.fromEntries(list.map((entry) => [entry.name, entry]));
  expect(byName(addon.operations())).toEqual(byName(catalogue));
});

test("a malformed program is refused or runs; it never crashes, whichever word is wrong", () => {
  const { status, signal, stdout } = inChild(
    `
    import { createRequire } from "node:module";
    const addon = createRequire(import.meta.url)("./build/Release/ostinato.node");
    const good = Float64Array.from(${JSON.stringify([...sample().words])});
    const sizes = ${JSON.stringify(sample().program.variables.map(({ shape }) => shape.reduce((n, s) => n * s, 1)))};
    const feeds = [new Int32Array([0, 1, 2, 3, 4, 0]), new Int32Array([3, 2]), new Int32Array([0, 1, 2, 3, 4, -1])];
    const store = new addon.Store();
    for (const size of sizes) store.declare(0, size);
    const hostile = [NaN, Infinity, -1, 0, 1, 2, 3, 5, 64, 0.5, 1e6, 2 ** 31, 2 ** 32, 2 ** 53, 1e300, -(2 ** 40)];
    let refused = 0;
    let ran = 0;
    const attempt = async (words) => {
      try {
        await new addon.Program(store, words).run(feeds, true);
        ran++;
      } catch (error) {
        if (!(error instanceof Error)) throw new Error("not an error");
        refused++;
      }
    };
    await attempt(good);
    if (ran !== 1) throw new Error("the good program does not run");
    for (let i = 0; i < good.length; i++) {
      for (const value of hostile) {
        const words = good.slice();
        words[i] = value;
        await attempt(words);
      }
      await attempt(good.slice(0, i));
    }
    await attempt(Float64Array.from([...good, 0]));
    console.log(JSON.stringify({ refused, ran }));`,
    { timeout: 120_000 },
  );
  expect({ status, signal }).toEqual({ status: 0, signal: null });
  const { refused, ran } = JSON.parse(stdout) as { refused: number; ran: number };
  expect(refused).toBeGreaterThan(ran);
}, 130_000);

test("feeds of the wrong kind, length or state are refused with a TypeError", () => {
  const { store, words } = sample();
  const program = new addon.Program(store, words);
  const call = (...args: unknown[]) => (program.run as (...args: unknown[]) => unknown).apply(program, args);
  const detached = new Int32Array(6);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  const [ids, lengths, targets] = feeds();
  const wrong: unknown[][] = [
    [],
    [undefined, false],
    [{ length: 3 }, false],
    [[ids, lengths], false],
    [[ids, lengths, targets]],
    [[ids, lengths, targets], 1],
    [[new Float32Array(6), lengths, targets], false],
    [[new Int32Array(5), lengths, targets], false],
    [[detached, lengths, targets], false],
    [[null, lengths, targets], false],
    [["ids", lengths, targets], false],
    [[[0, 1, 2, 3, 4, 0], lengths, targets], false],
    [[new DataView(new ArrayBuffer(24)), lengths, targets], false],
  ];
  for (const args of wrong) expect(() => call(...args)).toThrow(TypeError);
});

test("a buffer that shrinks while the feeds are read cannot be read beyond its end", async () => {
  const { store, words } = sample();
  const program = new addon.Program(store, words);
  const buffer = new (
    ArrayBuffer as unknown as new (
      n: number,
      o: object,
    ) => ArrayBuffer & { resize(n: number): void }
  )(24, {
    maxByteLength: 24,
  });
  const shrinking = new Int32Array(buffer);
  const [, lengths, targets] = feeds();
  const array: unknown[] = [shrinking, lengths, targets];
  Object.defineProperty(array, 1, {
    get: () => {
      buffer.resize(4);
      return lengths;
    },
  });
  expect(() => program.run(array as Int32Array[], false)).toThrow(TypeError);
});

test("ids outside the table and lengths beyond the sequence are input errors that say where", async () => {
  const { store, words } = sample();
  const program = new addon.Program(store, words);
  const [ids, lengths, targets] = feeds() as [Int32Array, Int32Array, Int32Array];
  await expect(program.run([ids.map((id) => id + 1), lengths, targets], false)).rejects.toMatchObject({
    code: "ERR_OSTINATO_INPUT",
    message: expect.stringMatching(/embedding: id 5 at position 4 is outside the table of 5 rows/),
  });
  await expect(program.run([ids, Int32Array.of(4, 2), targets], false)).rejects.toMatchObject({
    code: "ERR_OSTINATO_INPUT",
  });
  await expect(program.run([ids, lengths, targets.map(() => 9)], false)).rejects.toThrow(/target 9 at position 0/);
  await expect(program.run([ids, lengths, targets], false)).resolves.toBeDefined();
});

test("a replay that does not fit its program is refused", async () => {
  const { store, words } = sample();
  const program = new addon.Program(store, words);
  const ok = feeds() as Int32Array[];
  const none = new Int32Array();
  const attempts: unknown[][] = [
    [ok, 0, none, none, none],
    [ok, 4097, none, none, none],
    [ok, 1.5, none, none, none],
    [ok, 2, Int32Array.of(99, 0), none, none],
    [ok, 2, Int32Array.of(0, -1), none, none],
    [ok, 2, Int32Array.of(0, 0), none, none],
    [ok, 2, none, Int32Array.of(7), none],
    [ok, 2, none, none, Int32Array.of(-1)],
    [ok, 2, [0, 0], none, none],
    [ok, 2],
    [[], 2, none, none, none],
  ];
  for (const attempt of attempts) {
    expect(() => (program.replay as (...args: unknown[]) => unknown)(...attempt)).toThrow();
  }
  const { outputs, collected } = await program.replay(ok, 3, Int32Array.of(0), none, Int32Array.of(0));
  expect(collected[0]?.length).toBe(3 * (outputs[0]?.length as number));
});

test("a second run on a busy store is refused, and so are reads, writes and changes of threads", async () => {
  const graph = new Graph();
  const x = graph.feed("x", "f32", [900, 900]);
  // Long enough that a loaded machine looks at this thread in the meantime.
  let product = x;
  for (let i = 0; i < 20; i++) product = ops.matmul(product, x);
  graph.output("y", ops.sum(product));
  const codes = new Map(addon.operations().map(({ name }, code) => [name, code]));
  const store = new addon.Store();
  store.declare(0, 4);
  const program = new addon.Program(store, encodeProgram(graph.program(), { codes, variables: new Map() }));
  const running = program.run([new Float32Array(810_000)], false);
  expect(() => program.run([new Float32Array(810_000)], false)).toThrow(/in use/);
  expect(() => store.read(0, new Float32Array(4))).toThrow(/in use/);
  expect(() => store.write(0, new Float32Array(4))).toThrow(/in use/);
  // The run's own thread may take a moment to begin; until then the number of threads may change.
  let [ended, refusal] = [false, ""];
  running.finally(() => {
    ended = true;
  });
  while (!ended && !refusal) {
    try {
      addon.setThreads(addon.info().threads);
    } catch (error) {
      refusal = String(error);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(refusal).toMatch(/while a program runs/);
  await running;
  store.read(0, new Float32Array(4));
});

test("stores check indexes, types and lengths", () => {
  const store = new addon.Store();
  const index = store.declare(0, 3);
  for (const bad of [-1, 1, 0.5, Number.NaN, "0", undefined]) {
    expect(() => store.read(bad as number, new Float32Array(3))).toThrow(TypeError);
  }
  for (const bad of [new Float32Array(2), new Int32Array(3), [1, 2, 3], null]) {
    expect(() => store.write(index, bad as Float32Array)).toThrow(TypeError);
  }
  for (const bad of [0, -5, 0.5, 2 ** 40, Number.POSITIVE_INFINITY]) expect(() => store.declare(0, bad)).toThrow();
  store.write(index, Float32Array.of(8, 9), 1);
  const [whole, last] = [new Float32Array(3), new Float32Array(1)];
  store.read(index, whole);
  store.read(index, last, 2);
  expect([...whole, ...last]).toEqual([0, 8, 9, 9]);
  for (const bad of [-1, 2, 0.5, "0"]) {
    expect(() => store.write(index, new Float32Array(2), bad as number)).toThrow(/begin/);
    expect(() => store.read(index, new Float32Array(2), bad as number)).toThrow(/begin/);
  }
  expect(() => store.write(index, new Float32Array(4), 0)).toThrow(/expected 3 values, got 4/);
  expect(() => store.declare(2, 3)).toThrow(TypeError);
});

test("kernels and providers that this machine lacks are refused by name", () => {
  expect(() => addon.setKernels("sse9")).toThrow(/sse9/);
  expect(() => addon.setGemm("cublas")).toThrow(/cublas/);
  expect(() => addon.setThreads(0)).toThrow(/1 to 256/);
  expect(() => addon.setKernels(undefined as unknown as string)).toThrow(TypeError);
});
