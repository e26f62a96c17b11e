import { expect, test } from "vitest";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { Graph } from "../../lib/graph/graph.js";
import { Attention, scorers } from "../../lib/nn/attention.js";
import { numbers } from "../graph/case.js";
import { storeOf } from "../models/slopes.js";

const [T, B, S, F] = [2, 1, 3, 4];
const indices = (count: number) => Array.from({ length: count }, (_, i) => i);
const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);

test.each(scorers)("%s scores give the weights of their equation", async (scorer) => {
  const attention = new Attention("attention", { querySize: F, memorySize: F, scorer });
  const graph = new Graph();
  const memory = attention.memory(graph.feed("values", "f32", [S, B, F]));
  graph.output("weights", attention.apply(graph.feed("query", "f32", [T, B, F]), memory).weights);
  const executor = new ReferenceExecutor({ precision: "float64" });
  const store = await storeOf(executor, attention, (i, size) => numbers(size, i + 1));
  const feeds = { query: numbers(T * F, 7), values: numbers(S * F, 8) };
  const { outputs } = await executor.compile(graph.program(), store).run(feeds);

  const rows = (values: Float64Array) =>
    indices(values.length / F).map((i) => [...values.subarray(i * F, (i + 1) * F)]);
  const weight = async (name: string) => rows((await store.read(`attention.${name}`)) as Float64Array);
  const [W, U, v] =
    scorer === "additive" ? [await weight("query.weight"), await weight("memory.weight"), (await weight("v"))[0]] : [];
  const general = scorer === "general" ? await weight("query.weight") : [];
  const score = (q: readonly number[], m: readonly number[]) =>
    ({
      dot: () => dot(q, m),
      scaled: () => dot(q, m) / Math.sqrt(F),
      general: () =>
        dot(
          general.map((row) => dot(row, q)),
          m,
        ),
      additive: () =>
        dot(
          v ?? [],
          indices(F).map((k) => Math.tanh(dot(W?.[k] ?? [], q) + dot(U?.[k] ?? [], m))),
        ),
    })[scorer]();
  for (const [t, q] of rows(feeds.query).entries()) {
    const scores = rows(feeds.values).map((m) => Math.exp(score(q, m)));
    const total = scores.reduce((sum, value) => sum + value, 0);
    for (const [s, value] of scores.entries())
      expect(outputs.weights?.[t * S + s], `${t} ${s}`).toBeCloseTo(value / total, 12);
  }
});

test("a size is refused where no scores need one", () => {
  const make = (scorer: (typeof scorers)[number]) => () =>
    new Attention("attention", { querySize: F, memorySize: F, scorer, size: 2 });
  expect(make("additive")).not.toThrow();
  for (const scorer of scorers.filter((own) => own !== "additive")) {
    expect(make(scorer)).toThrow(`attention: size belongs to additive scores, and the scores are "${scorer}".`);
  }
});
