import { expect, test } from "vitest";
import { nativeExecutor } from "../../lib/executor/native.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { differentiate } from "../../lib/graph/differentiate.js";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";

test.each([
  ["native", nativeExecutor()],
  ["reference", new ReferenceExecutor()],
] as const)("%s: pick takes an element of each row, 0 for -1, and refuses ids of no column", async (_, executor) => {
  const graph = new Graph();
  const x = graph.feed("x", "f32", [2, 3]);
  const y = ops.pick(x, graph.feed("ids", "i32", [2]));
  graph.output("y", y);
  graph.output("dx", differentiate(ops.sum(ops.square(y)), [x])[0] as typeof x);
  const executable = executor.compile(graph.program(), executor.createStore());
  const run = (...ids: number[]) => executable.run({ x: Float32Array.of(1, 2, 3, 4, 5, 6), ids: Int32Array.from(ids) });
  const { outputs } = await run(2, -1);
  expect([...(outputs.y ?? [])]).toEqual([3, 0]);
  expect([...(outputs.dx ?? [])]).toEqual([0, 0, 6, 0, 0, 0]);
  await expect(run(0, 3)).rejects.toMatchObject({ code: "ERR_OSTINATO_INPUT" });
  await expect(run(-2, 0)).rejects.toMatchObject({ code: "ERR_OSTINATO_INPUT" });
});
