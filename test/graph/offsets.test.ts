import { expect, test } from "vitest";
import type { Executor } from "../../lib/executor/executor.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { differentiate } from "../../lib/graph/differentiate.js";
import { Graph, ops } from "../../lib/graph/index.js";
import type { Tensor } from "../../lib/graph/tensor.js";
import { searchStep, searchStepPlainly } from "../../lib/search/searchStep.js";

/** Whole numbers are exact in float32 beside the first four of these; beside the last all are the same. */
const offsets = [0, 1000, -1000, 1e7, 1e30];
const logits = [2, 1, 0, -1];

const executors: Executor[] = [new ReferenceExecutor({ precision: "float32" }), nativeExecutor()];

function expectRelative(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) {
    expect(Math.abs((actual[i] as number) - value) / Math.abs(value)).toBeLessThan(tolerance);
  }
}

for (const executor of executors) {
  for (const offset of offsets) {
    const run = async (graph: Graph, feeds: Record<string, Float32Array | Int32Array | number>) =>
      (await executor.compile(graph.program(), executor.createStore()).run(feeds)).outputs as Record<
        string,
        Float32Array
      >;
    const shifted = Float32Array.from(logits, (logit) => logit + offset);
    // The truth: float64 over what is left without the offset.
    const exact = [...shifted].map((logit) => logit - Math.fround(offset));
    const total = exact.reduce((sum, logit) => sum + Math.exp(logit), 0);
    const logProbabilities = exact.map((logit) => logit - Math.log(total));
    const probabilities = exact.map((logit) => Math.exp(logit) / total);

    test(`${executor.name}: log-softmax of logits around ${offset} is that of the logits around 0`, async () => {
      const graph = new Graph();
      const x = graph.feed("x", "f32", [1, 4]);
      const y = ops.logSoftmax(x);
      graph.output("y", y);
      graph.output("p", ops.softmax(x));
      const second = ops.pick(y, graph.feed("class", "i32", [1]));
      graph.output("dx", differentiate(ops.sum(second), [x])[0] as Tensor);
      const { y: own, p, dx } = await run(graph, { x: shifted, class: Int32Array.of(1) });
      expectRelative(own as Float32Array, logProbabilities, 1e-7);
      expectRelative(p as Float32Array, probabilities, 2e-7);
      expectRelative(
        dx as Float32Array,
        probabilities.map((value, i) => (i === 1 ? 1 : 0) - value),
        3e-7,
      );
    });

    test(`${executor.name}: the fused cross-entropy around ${offset}, and its gradient, keep all digits`, async () => {
      const graph = new Graph();
      const bias = graph.feed("bias", "f32", [4]);
      const { losses } = ops.linearCrossEntropy({
        x: graph.zeros([5, 3]),
        weight: graph.zeros([4, 3]),
        bias,
        targets: graph.feed("targets", "i32", [5]),
      });
      graph.output("losses", losses);
      graph.output("dbias", differentiate(ops.sum(losses), [bias])[0] as Tensor);
      const { losses: own, dbias } = await run(graph, { bias: shifted, targets: Int32Array.of(0, 1, 2, 1, 2) });
      expectRelative(
        own as Float32Array,
        [0, 1, 2, 1, 2].map((target) => -(logProbabilities[target] as number)),
        1e-7,
      );
      const counts = [1, 2, 2, 0];
      expectRelative(
        dbias as Float32Array,
        probabilities.map((value, i) => 5 * value - (counts[i] as number)),
        5e-7,
      );
    });

    test(`${executor.name}: samples around ${offset} come with the right log-probabilities`, async () => {
      const graph = new Graph();
      const x = graph.feed("x", "f32", [1, 4]);
      const { ids, logProbability: own } = ops.sample({
        logits: x,
        temperature: graph.scalar("temperature"),
        topK: graph.feed("topK", "i32", []),
        topP: graph.scalar("topP"),
        random: graph.random(),
      });
      graph.output("id", ids);
      graph.output("own", own);
      const feeds = { x: shifted, temperature: 1, topK: Int32Array.of(0), topP: 1 };
      for (let step = 0; step < 8; step++) {
        const outputs = await run(graph, { ...feeds, random: Int32Array.of(3, step) });
        expectRelative(outputs.own as Float32Array, [logProbabilities[outputs.id?.[0] as number] as number], 1e-7);
      }
    });

    test(`${executor.name}: hypotheses around ${offset} come with the right log-probabilities`, async () => {
      const graph = new Graph();
      const table = graph.feed("table", "f32", [4, 4]);
      graph.output("logits", ops.embedding(table, graph.feed("tokens", "i32", [4])));
      const step = {
        executable: executor.compile(graph.program(), executor.createStore()),
        tokens: "tokens",
        logits: "logits",
        carry: {},
      };
      const feeds = { table: Float32Array.from({ length: 16 }, (_, i) => shifted[i % 4] as number) };
      const options = { sentences: 1, beams: 4, nBest: 4, maximumLength: 1, begin: 0, end: null };
      for (const search of [searchStep, searchStepPlainly]) {
        const [{ hypotheses }] = (await search(step, feeds, options)) as [Awaited<ReturnType<typeof search>>[number]];
        expect(hypotheses.map(({ ids }) => ids)).toEqual([[0], [1], [2], [3]]);
        expectRelative(
          hypotheses.flatMap((hypothesis) => hypothesis.logProbabilities),
          logProbabilities,
          1e-7,
        );
      }
    });
  }
}
