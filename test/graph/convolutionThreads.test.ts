import { afterAll, expect, test } from "vitest";
import { nativeExecutor, setThreads } from "../../lib/executor/native.js";
import { differentiate } from "../../lib/graph/differentiate.js";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import type { Tensor } from "../../lib/graph/tensor.js";
import { nativeInfo } from "../../lib/index.js";
import { randomNumbers } from "../data/randomText.js";

const { threads: usual } = nativeInfo();
afterAll(() => setThreads(usual));

const random = randomNumbers(5);
const numbers = (size: number) => Float32Array.from({ length: size }, () => random(2001) / 1000 - 1);

// Sums of 1, 2, 4 and 16 parts; the last has weights that are more than a core's cache holds.
test.each([
  { B: 1, side: 12, C: 3, O: 8 },
  { B: 2, side: 18, C: 3, O: 8 },
  { B: 5, side: 18, C: 4, O: 20 },
  { B: 20, side: 18, C: 3, O: 16 },
  { B: 24, side: 10, C: 64, O: 120 },
])("a convolution's gradients have the same bits with any number of threads: $B images of $side", async (sizes) => {
  const { B, side, C, O } = sizes;
  const shapes = { x: [B, side, side, C], weight: [O, 3, 3, C], bias: [O] };
  const feeds = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, numbers(shape.reduce((a, b) => a * b))]),
  );
  const run = async (threads: number) => {
    setThreads(threads);
    const graph = new Graph();
    const [x, weight, bias] = Object.entries(shapes).map(([name, shape]) => graph.feed(name, "f32", shape)) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const loss = ops.sum(ops.square(ops.convolution({ x, weight, bias })));
    for (const [i, gradient] of differentiate(loss, [x, weight, bias]).entries()) graph.output(`d${i}`, gradient);
    const executor = nativeExecutor();
    return (await executor.compile(graph.program(), executor.createStore()).run(feeds)).outputs;
  };
  const alone = await run(1);
  for (const threads of [2, 3, 7]) expect(await run(threads)).toEqual(alone);
});
