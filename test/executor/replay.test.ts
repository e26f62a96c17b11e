import { expect, test } from "vitest";
import type { Executor } from "../../lib/executor/executor.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { Graph, ops } from "../../lib/graph/index.js";
import { wasmExecutors } from "../wasm.js";

const executors: Executor[] = [new ReferenceExecutor({ precision: "float64" }), nativeExecutor(), ...wasmExecutors];

for (const executor of executors) {
  test(`${executor.name}: a replay equals as many runs`, async () => {
    const graph = new Graph();
    const state = graph.feed("state", "f32", [2, 3]);
    const random = graph.random();
    const { ids } = ops.sample({
      logits: state,
      temperature: graph.scalar("temperature"),
      topK: graph.feed("topK", "i32", []),
      topP: graph.scalar("topP"),
      random,
    });
    graph.output("ids", ids);
    graph.output("pair twice", ops.affine(graph.feed("pair", "f32", [2]), { scale: 2 }));
    graph.output("next", ops.tanh(ops.affine(state, { scale: 1.5, shift: 0.1 })));
    const executable = executor.compile(graph.program(), executor.createStore());
    const constant = { pair: executor.floats.from([1, 2]), temperature: 1, topK: Int32Array.of(0), topP: 1 };
    const begin = executor.floats.from([0.1, 0.2, 0.3, -0.1, 0.5, 0]);
    const collected: number[] = [];
    const states: number[] = [];
    let next: Float32Array | Float64Array = begin;
    for (let step = 0; step < 7; step++) {
      const { outputs } = await executable.run({ ...constant, state: next, random: Int32Array.of(9, 40 + step) });
      collected.push(...(outputs.ids as Int32Array));
      next = outputs.next as Float32Array;
      states.push(...next);
    }
    const feeds = { ...constant, state: begin, random: Int32Array.of(9, 40) };
    const replayed = await executable.replay(feeds, {
      steps: 7,
      carry: { state: "next" },
      counters: ["random"],
      collect: ["ids", "next"],
    });
    expect(replayed.collected).toEqual({ ids: Int32Array.from(collected), next: executor.floats.from(states) });
    expect(replayed.outputs.next).toEqual(next);
    expect(feeds.random[1]).toBe(40);
    const wrong = (replay: object) => executable.replay(feeds, { steps: 2, carry: {}, ...replay });
    await expect(wrong({ steps: 5000 })).rejects.toThrow(/at least 1 and at most 4096, got 5000/);
    await expect(wrong({ carry: { state: "nothing" } })).rejects.toThrow(/no output "nothing"/);
    await expect(wrong({ carry: { topK: "next" } })).rejects.toThrow(/does not fit feed "topK"/);
    // As many, but whole numbers; and floats, but fewer.
    await expect(wrong({ carry: { temperature: "ids" } })).rejects.toThrow(/does not fit feed "temperature"/);
    await expect(wrong({ carry: { pair: "ids" } })).rejects.toThrow(/does not fit feed "pair"/);
    await expect(wrong({ carry: { temperature: "next" } })).rejects.toThrow(/does not fit feed "temperature"/);
    await expect(wrong({ counters: ["state"] })).rejects.toThrow(/no whole numbers/);
  });
}

test("a variable of several parts is written, read and run as a whole, in the order of the calls", async () => {
  const executor = nativeExecutor();
  const n = 2 ** 20 + 5;
  const graph = new Graph();
  graph.output("sum", ops.sum(graph.variable({ name: "large", dtype: "f32", shape: [n] })));
  const store = executor.createStore();
  const program = executor.compile(graph.program(), store);
  const values = Float32Array.from({ length: n }, (_, i) => i % 7);
  const written = store.write("large", values);
  const sum = program.run({});
  values.fill(-1);
  const read = store.read("large");
  await written;
  expect((await read).every((value, i) => value === i % 7)).toBe(true);
  expect((await sum).outputs.sum?.[0]).toBeCloseTo(
    Float64Array.from(await read).reduce((a, b) => a + b, 0),
    -2,
  );
});
