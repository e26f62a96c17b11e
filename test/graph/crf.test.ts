import { expect, test } from "vitest";
import { nativeExecutor } from "../../lib/executor/native.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import { numbers } from "./case.js";

const [T, B, C] = [5, 4, 3];
const lengths = [5, 1, 0, 3];

/** Every sequence of tags of a row with its score, best first, from the definition. */
function allPaths(emissions: Float64Array, transitions: Float64Array, b: number): { tags: number[]; score: number }[] {
  const length = lengths[b] as number;
  const step = (i: number, j: number) => transitions[i * C + j] as number;
  const paths = Array.from({ length: C ** length }, (_, n) => {
    const tags = Array.from({ length }, (_, t) => Math.floor(n / C ** t) % C);
    const score = tags.reduce(
      (sum, tag, t) =>
        sum +
        (emissions[(t * B + b) * C + tag] as number) +
        (t === 0 ? step(C, tag) : step(tags[t - 1] as number, tag)),
      length > 0 ? step(C + 1, tags[length - 1] as number) : 0,
    );
    return { tags, score };
  });
  return paths.sort((x, y) => y.score - x.score);
}

async function computed(executor: ReturnType<typeof nativeExecutor> | ReferenceExecutor, transitions: Float64Array) {
  const emissions = numbers(T * B * C, 3).map((x) => Math.fround(4 * x));
  const graph = new Graph();
  const operands = {
    emissions: graph.feed("emissions", "f32", [T, B, C]),
    transitions: graph.feed("transitions", "f32", [C + 2, C]),
    lengths: graph.feed("lengths", "i32", [B]),
  };
  graph.output("losses", ops.crf({ ...operands, tags: graph.feed("tags", "i32", [T, B]) }));
  for (const [name, value] of Object.entries(ops.crfMarginals(operands))) graph.output(name, value);
  for (const K of [1, 5]) {
    for (const [name, value] of Object.entries(ops.crfPaths({ ...operands, K }))) graph.output(`${name} ${K}`, value);
  }
  const tags = Int32Array.from({ length: T * B }, (_, i) => (i * 5) % C);
  const { outputs } = await executor.compile(graph.program(), executor.createStore()).run({
    emissions: executor.floats.from(emissions),
    transitions: executor.floats.from(transitions),
    lengths: Int32Array.from(lengths),
    tags,
  });
  return { emissions, tags, outputs: outputs as Record<string, Float64Array> };
}

const free = numbers((C + 2) * C, 7).map((x) => Math.fround(2 * x));
/** Tag 1 only after tag 0, as inside after begin; it neither begins nor stands before tag 2. */
const bound = free.map((x, at) => ([4, 7, 10, 5].includes(at) ? Math.fround(-1e30) : x));

test.each([
  ["reference", "free", new ReferenceExecutor({ precision: "float64" }), free, 12],
  ["reference", "forbidden", new ReferenceExecutor({ precision: "float64" }), bound, 12],
  ["native", "free", nativeExecutor(), free, 4],
  ["native", "forbidden", nativeExecutor(), bound, 4],
] as const)(
  "%s, %s transitions: losses, marginals and best paths are those of all paths",
  async (_, __, executor, transitions, digits) => {
    const { emissions, tags, outputs } = await computed(executor, transitions);
    const { losses, probabilities, normalizers } = outputs as Required<typeof outputs>;
    for (const [b, length] of lengths.entries()) {
      const paths = allPaths(emissions, transitions, b);
      const top = paths[0]?.score as number;
      const all = top + Math.log(paths.reduce((sum, { score }) => sum + Math.exp(score - top), 0));
      expect(normalizers?.[b]).toBeCloseTo(all, digits);
      const own = paths.find((path) => path.tags.every((tag, t) => tag === tags[t * B + b])) as (typeof paths)[number];
      expect((losses?.[b] as number) / (all - own.score || 1)).toBeCloseTo(all === own.score ? 0 : 1, digits);
      for (let at = 0; at < T * C; at++) {
        const [t, tag] = [Math.floor(at / C), at % C];
        const likely = paths
          .filter((path) => path.tags[t] === tag)
          .reduce((sum, path) => sum + Math.exp(path.score - all), 0);
        expect(probabilities?.[(t * B + b) * C + tag]).toBeCloseTo(likely, digits);
      }
      for (const K of [1, 5]) {
        const [found, scores] = [outputs[`tags ${K}`], outputs[`scores ${K}`]];
        for (let k = 0; k < K; k++) {
          const ways = Array.from({ length: T }, (_, t) => found?.[(k * T + t) * B + b]);
          const path = paths[k];
          const allowed = path && path.score > -1e29;
          expect(ways.slice(length)).toEqual(ways.slice(length).fill(-1));
          if (!path) expect(scores?.[k * B + b]).toBe(Number.NEGATIVE_INFINITY);
          else if (allowed) expect(scores?.[k * B + b]).toBeCloseTo(path.score, digits);
          if (allowed) expect(ways.slice(0, length)).toEqual(path.tags);
        }
      }
    }
  },
);

test("a thousand steps lose no digits: the loss of a field without transitions is that of a softmax", async () => {
  const [steps, many] = [1000, 17];
  const emissions = numbers(steps * many, 5).map((x) => Math.fround(30 * x));
  const tags = Int32Array.from({ length: steps }, (_, t) => (t * 7) % many);
  const graph = new Graph();
  const x = graph.feed("x", "f32", [steps, 1, many]);
  graph.output(
    "losses",
    ops.crf({
      emissions: x,
      transitions: graph.zeros([many + 2, many]),
      tags: graph.feed("tags", "i32", [steps, 1]),
      lengths: graph.feed("lengths", "i32", [1]),
    }),
  );
  const executor = nativeExecutor();
  const feeds = { x: Float32Array.from(emissions), tags, lengths: Int32Array.of(steps) };
  const { outputs } = await executor.compile(graph.program(), executor.createStore()).run(feeds);
  const expected = Array.from(tags, (tag, t) => {
    const row = emissions.subarray(t * many, (t + 1) * many);
    return Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0)) - (row[tag] as number);
  }).reduce((sum, loss) => sum + loss, 0);
  expect((outputs.losses?.[0] as number) / expected).toBeCloseTo(1, 5);
});

test("a tag or a length that is none is refused by its place", async () => {
  for (const executor of [nativeExecutor(), new ReferenceExecutor({ precision: "float64" })]) {
    const graph = new Graph();
    const feed = (name: string, shape: number[]) => graph.feed(name, "i32", shape);
    const emissions = graph.feed("x", "f32", [2, 1, 3]);
    const loss = ops.crf({
      emissions,
      transitions: graph.zeros([5, 3]),
      tags: feed("tags", [2, 1]),
      lengths: feed("lengths", [1]),
    });
    graph.output("loss", loss);
    const run = (tags: number[], length: number) =>
      executor.compile(graph.program(), executor.createStore()).run({
        x: executor.floats.from(new Float64Array(6)),
        tags: Int32Array.from(tags),
        lengths: Int32Array.of(length),
      });
    await expect(run([0, 3], 2)).rejects.toThrow(/tag 3 of row 0, step 1,? is none of the 3 tags/);
    await expect(run([0, -1], 2)).rejects.toThrow(/tag -1 of row 0, step 1/);
    await expect(run([0, 0], 3)).rejects.toThrow(/3/);
    expect((await run([0, 99], 1)).outputs.loss?.[0]).toBeCloseTo(Math.log(3), 5);
  }
});
