import { expect, test } from "vitest";
import { CharacterTokenizer } from "../../lib/data/characterTokenizer.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import { Graph, ops } from "../../lib/graph/index.js";
import { LanguageModel } from "../../lib/models/languageModel/languageModel.js";
import type { SearchStepOptions } from "../../lib/search/index.js";
import { searchStep } from "../../lib/search/index.js";
import { searchStepPlainly } from "../../lib/search/searchStep.js";
import { expectSame } from "./expectSame.js";
import { begin, end, tinyStep } from "./tinyStep.js";

/** Rows and weights that are worth packing, a vocabulary of more than a block. */
const sizes = { sentences: 6, beams: 4, V: 300, H: 24 };
const options: SearchStepOptions = { sentences: 6, beams: 4, nBest: 4, begin, end, maximumLength: 9 };

test("a search that never writes the logits finds what the plain one finds over all of them", async () => {
  const variants: Partial<SearchStepOptions>[] = [
    {},
    { end: null },
    { banned: [2, 17, 299], minimumLength: 4, blockNgramRepeat: 1 },
    { groups: 2, diversity: 0.7 },
    { prefixes: [[], [5], [299, 0], [], [100], [7, 7, 7]], lengthPenalty: "average" },
    { nBest: 1, earlyStopping: false, tree: true },
  ];
  for (const V of [40, 255, 300, 1031]) {
    for (const [i, variant] of variants.entries()) {
      const own = variant.prefixes && V < 300 ? {} : variant.banned && V < 300 ? { banned: [2, 17] } : variant;
      const { step, feeds } = await tinyStep(nativeExecutor(), { ...sizes, V }, 3);
      const found = await searchStep(step, feeds, { ...options, ...own });
      const wanted = await searchStepPlainly(step, feeds, { ...options, ...own });
      expectSame(found, wanted, `V ${V}, variant ${i}`);
    }
  }
});

test("weights that are written, quantized or trained between two searches are packed again", async () => {
  const executor = nativeExecutor();
  const { step, feeds, store } = await tinyStep(executor, sizes, 4);
  const expectFresh = async () => {
    const found = await searchStep(step, feeds, options);
    // A run of its own for each step packs nothing.
    expectSame(found, await searchStepPlainly(step, feeds, options), "after a change");
    return found[0]?.hypotheses[0]?.score as number;
  };
  const scores = [await expectFresh()];
  await store.write(
    "W",
    (await store.read("W")).map((weight) => -weight),
  );
  scores.push(await expectFresh());
  await store.quantize("W", "int8");
  scores.push(await expectFresh());
  const graph = new Graph();
  const weights = graph.variable({ name: "W", dtype: "f32", shape: [sizes.V, sizes.H] });
  ops.assign(weights, ops.affine(weights, { scale: 0.5 }));
  await executor.compile(graph.program(), store).run({});
  scores.push(await expectFresh());
  expect(new Set(scores).size).toBe(scores.length);
});

test("a replay over many rows sees weights that have changed since the one before", async () => {
  const executor = nativeExecutor();
  const graph = new Graph();
  const x = graph.feed("x", "f32", [32, 20]);
  const next = ops.tanh(ops.linear(x, graph.variable({ name: "W", dtype: "f32", shape: [20, 20] })));
  graph.output("next", next);
  const store = executor.createStore();
  const executable = executor.compile(graph.program(), store);
  const first = Float32Array.from({ length: 640 }, (_, i) => Math.sin(i));
  for (const seed of [1, 2, 3]) {
    await store.write(
      "W",
      Float32Array.from({ length: 400 }, (_, i) => Math.cos(seed * i)),
    );
    const replayed = await executable.replay({ x: first }, { steps: 4, carry: { x: "next" } });
    let expected: Float32Array = first;
    for (let i = 0; i < 4; i++) expected = (await executable.run({ x: expected })).outputs.next as Float32Array;
    for (const [i, value] of (replayed.outputs.next as Float32Array).entries())
      expect(value).toBeCloseTo(expected[i] as number, 5);
  }
});

const cells: [string, { cell: "lstm" | "gru" | "rnn"; reset?: "before" }][] = [
  ["lstm", { cell: "lstm" }],
  ["gru", { cell: "gru" }],
  ["gru, reset before", { cell: "gru", reset: "before" }],
  ["rnn", { cell: "rnn" }],
];

test.each(cells)("texts that are written side by side come from the weights of now: %s", async (_, config) => {
  const tokenizer = CharacterTokenizer.fromText("abcdefghijklmnopqrstuvwxyz");
  const make = (seed: number, layers: number) =>
    LanguageModel.create({
      tokenizer,
      ...config,
      layers,
      hiddenSize: 40,
      embeddingSize: 40,
      seed,
      executor: nativeExecutor(),
    });
  for (const layers of [1, 2]) {
    const [model, other] = [await make(1, layers), await make(2, layers)];
    const write = (from: LanguageModel) => from.generateAll({ count: 20, maximumLength: 30, seed: 5 });
    const first = await write(model);
    expect(await write(model)).toEqual(first);
    for (const { name } of model.network.parameters) await model.store.write(name, await other.store.read(name));
    const changed = await write(model);
    expect(changed).not.toEqual(first);
    expect(changed).toEqual(await write(other));
  }
});
