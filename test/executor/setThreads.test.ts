import { afterAll, expect, test } from "vitest";
import { nativeExecutor, setThreads } from "../../lib/executor/native.js";
import { Graph, ops } from "../../lib/graph/index.js";
import { nativeInfo } from "../../lib/index.js";
import { numbers } from "../graph/case.js";

const { threads: usual } = nativeInfo();
afterAll(() => setThreads(usual));

test("after a change of threads the first run has the bits of those that follow, also where a loop keeps rounded weights", async () => {
  const [T, B, I, H] = [6, 17, 33, 130];
  const graph = new Graph();
  const [x, h0] = [graph.feed("x", "f32", [T, B, I]), graph.feed("h", "f32", [B, H])];
  const weight = (name: string, columns: number) => graph.variable({ name, dtype: "f32", shape: [H, columns] });
  const [w, u] = [weight("w", I), weight("u", H)];
  const { states } = ops.scan({ inputs: { x }, state: { h: h0 } }, ({ x }, { h }) => ({
    state: { h: ops.tanh(ops.add(ops.linear(x, w), ops.linear(h, u))) },
  }));
  graph.output("h", states.h);
  const executor = nativeExecutor({ matmulPrecision: "medium" });
  const store = executor.createStore();
  const program = executor.compile(graph.program(), store);
  for (const [name, count] of [
    ["w", H * I],
    ["u", H * H],
  ] as const)
    await store.write(name, Float32Array.from(numbers(count, 3)));
  const feeds = { x: Float32Array.from(numbers(T * B * I, 4)), h: Float32Array.from(numbers(B * H, 5)) };
  const bits = async () => Buffer.from((await program.run(feeds)).outputs.h?.buffer as ArrayBuffer).toString("base64");
  for (const threads of [4, 3, 5]) {
    setThreads(threads);
    const first = await bits();
    expect(await bits()).toBe(first);
  }
});
