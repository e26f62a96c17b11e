import { afterAll, expect, test } from "vitest";
import { nativeExecutor, setThreads } from "../../lib/executor/native.js";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import { nativeInfo } from "../../lib/index.js";
import { randomNumbers } from "../data/randomText.js";

const { threads: usual } = nativeInfo();
afterAll(() => setThreads(usual));

test("the norm of gradients has the same bits with any number of threads: ranks scale their gradients by it", async () => {
  const random = randomNumbers(7);
  // Many, as a sum in another order shows in the last bit of few.
  const sizes = [1, 65_535, 65_536, ...Array.from({ length: 60 }, (_, i) => 70_001 + 16 * i)];
  const feeds = Object.fromEntries(
    sizes.map((size, i) => [`${i}`, Float32Array.from({ length: size }, () => 10 ** (random(4001) / 1000))]),
  );
  const run = async (threads: number) => {
    setThreads(threads);
    const graph = new Graph();
    const { norm, norms } = ops.globalNorm(sizes.map((size, i) => graph.feed(`${i}`, "f32", [size])));
    graph.output("norm", norm);
    graph.output("norms", norms);
    const executor = nativeExecutor();
    return (await executor.compile(graph.program(), executor.createStore()).run(feeds)).outputs;
  };
  const alone = await run(1);
  const squares = Object.values(feeds).map((values) => values.reduce((sum, x) => sum + x * x, 0));
  for (const [i, square] of squares.entries())
    expect((alone.norms?.[i] as number) / Math.sqrt(square)).toBeCloseTo(1, 6);
  for (const threads of [2, 3, 7]) expect(await run(threads)).toEqual(alone);
});
