import { expect, test } from "vitest";
import type { Executor } from "../../../lib/executor/executor.js";
import { nativeExecutor } from "../../../lib/executor/native.js";
import { ReferenceExecutor } from "../../../lib/executor/reference/executor.js";
import { Graph } from "../../../lib/graph/graph.js";
import * as ops from "../../../lib/graph/ops/index.js";
import type { FrameTaggerConfig } from "../../../lib/models/frameTagger/network.js";
import { FrameTaggerNetwork } from "../../../lib/models/frameTagger/network.js";
import { numbers } from "../../graph/case.js";
import { expectSlopes, storeOf } from "../slopes.js";

const [T, B, I, C] = [4, 2, 3, 3];
const sizes = { inputSize: I, classes: C, hiddenSize: 4 };
const variants: Record<string, Partial<FrameTaggerConfig>> = {
  "both directions": {},
  "one direction, two layers of GRU": { bidirectional: false, layers: 2, cell: "gru" },
  "dense connections": { layers: 2, connections: "dense" },
  minGRU: { cell: "mingru" },
};
const lengths = Int32Array.of(4, 2);
const frames = Float32Array.from(numbers(T * B * I, 3));
const labels = Int32Array.of(2, 0, 1, -1, 0, -1, 2, -1);
const within = (k: number) => Math.floor(k / B) < (lengths[k % B] as number);
/** One frame of the sequences has no label, and does not count. */
const counted = Float32Array.from({ length: T * B }, (_, k) => Number(within(k) && k !== 2));
const several = Float32Array.from({ length: T * B * C }, (_, i) => Number(i % 3 === 1 || i % 5 === 2));

function recorded(network: FrameTaggerNetwork) {
  const graph = new Graph();
  const own = graph.feed("lengths", "i32", [B]);
  return { graph, lengths: own, features: network.features(graph.feed("frames", "f32", [T, B, I]), own) };
}

test.each(Object.keys(variants))("%s: the losses have a gradient for every parameter", async (name) => {
  const network = new FrameTaggerNetwork({ ...sizes, ...variants[name] });
  const one = recorded(network);
  const loss = ops.sum(network.losses(one.graph, one.features).losses);
  await expectSlopes(one.graph, loss, network, { frames, lengths, targets: labels });
  const many = recorded(network);
  const joint = ops.sum(network.jointLosses(many.graph, many.features).losses);
  await expectSlopes(many.graph, joint, network, { frames, lengths, counted, targets: several });
});

test("the loss of a frame with several labels is the sum of what each costs; padding and what does not count cost nothing", async () => {
  const network = new FrameTaggerNetwork(sizes);
  const { graph, features } = recorded(network);
  const { losses, count } = network.jointLosses(graph, features);
  graph.output("losses", losses);
  graph.output("count", count);
  graph.output("probabilities", network.probabilities(features, true));
  const executor = new ReferenceExecutor({ precision: "float64" });
  const store = await storeOf(executor, network, (i, size) => numbers(size, i + 1));
  const { outputs } = await executor
    .compile(graph.program(), store)
    .run({ frames, lengths, counted, targets: several });
  expect(outputs.count?.[0]).toBe(5);
  for (let t = 0; t < T; t++) {
    for (let b = 0; b < B; b++) {
      const cost = Array.from({ length: C }, (_, c) => {
        const at = (t * B + b) * C + c;
        const p = outputs.probabilities?.[at] as number;
        return -Math.log(several[at] === 1 ? p : 1 - p);
      }).reduce((sum, own) => sum + own, 0);
      expect(outputs.losses?.[t * B + b]).toBeCloseTo(counted[t * B + b] === 1 ? cost : 0, 10);
    }
  }
});

async function probabilities(executor: Executor, network: FrameTaggerNetwork, rows: Float32Array, own: Int32Array) {
  const graph = new Graph();
  const [steps, width] = [rows.length / own.length / I, own.length];
  const features = network.features(
    graph.feed("frames", "f32", [steps, width, I]),
    graph.feed("lengths", "i32", [width]),
  );
  graph.output("probabilities", network.probabilities(features, false));
  const store = await storeOf(executor, network, (i, size) => numbers(size, i + 1));
  const { outputs } = await executor.compile(graph.program(), store).run({ frames: rows, lengths: own });
  return outputs.probabilities as Float64Array;
}

test.each(Object.keys(variants))("%s: padding and what stands in it change no probability", async (name) => {
  const network = new FrameTaggerNetwork({ ...sizes, ...variants[name] });
  const executor = new ReferenceExecutor({ precision: "float64" });
  const within = (t: number, b: number) => t < (lengths[b] as number);
  const together = await probabilities(executor, network, frames, lengths);
  const other = frames.map((x, i) => (within(Math.floor(i / B / I), Math.floor(i / I) % B) ? x : x + 5));
  expect(other).not.toEqual(frames);
  const changed = await probabilities(executor, network, other, lengths);
  for (let b = 0; b < B; b++) {
    const length = lengths[b] as number;
    const rows = Float32Array.from(
      { length: length * I },
      (_, k) => frames[(Math.floor(k / I) * B + b) * I + (k % I)] as number,
    );
    const alone = await probabilities(executor, network, rows, Int32Array.of(length));
    for (let k = 0; k < length * C; k++) {
      const at = (Math.floor(k / C) * B + b) * C + (k % C);
      expect(together[at]).toBeCloseTo(alone[k] as number, 12);
      expect(changed[at]).toBe(together[at]);
    }
  }
});

test.each(Object.keys(variants))("%s: the native executor finds the reference's probabilities", async (name) => {
  const network = new FrameTaggerNetwork({ ...sizes, ...variants[name] });
  const expected = await probabilities(new ReferenceExecutor({ precision: "float64" }), network, frames, lengths);
  const found = await probabilities(nativeExecutor(), network, frames, lengths);
  for (const [k, p] of expected.entries()) {
    if (Math.floor(k / B / C) < (lengths[Math.floor(k / C) % B] as number)) expect(found[k]).toBeCloseTo(p, 5);
  }
});
