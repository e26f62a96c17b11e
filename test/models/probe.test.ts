import { describe, expect, test } from "vitest";
import { CharacterTokenizer, TaggerVocabulary } from "../../lib/data/index.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { Graph } from "../../lib/graph/graph.js";
import { LanguageModel } from "../../lib/models/languageModel/languageModel.js";
import { readSentence } from "../../lib/models/languageModel/probeWords.js";
import type { LayerVectors } from "../../lib/models/probe.js";
import { completeProbe, fitProbe } from "../../lib/models/probe.js";
import { SequenceClassifier } from "../../lib/models/sequenceClassifier/sequenceClassifier.js";
import { SequenceTagger } from "../../lib/models/sequenceTagger/sequenceTagger.js";
import { RecurrentStack } from "../../lib/nn/index.js";
import { randomSource } from "../../lib/random/source.js";
import { numbers } from "../graph/case.js";
import { storeOf } from "./slopes.js";

const random = randomSource(7, "probe test");
const pick = <T>(list: readonly T[]) => list[Math.floor(random.uniform() * list.length)] as T;

/** Vectors of 400 labels, of which the first three features of five are made by `of`. */
function vectorsOf(name: string, labels: readonly string[], of: (label: string, i: number) => number[]): LayerVectors {
  const values = new Float32Array(labels.length * 5);
  for (const [i, label] of labels.entries()) {
    values.set([...of(label, i), 0, 0, 0].slice(0, 3), i * 5);
    // One that moves much and says nothing, and one that never moves.
    values.set([1e4 * random.normal(), 3], i * 5 + 3);
  }
  return { name, features: 5, values };
}

describe("a linear classifier of vectors", () => {
  const labels = Array.from({ length: 400 }, (_, i) => (i % 4 === 0 ? "rare" : "common"));
  const sides = labels.map(() => [Math.sign(random.normal()), 0] as [number, number]);
  for (const [i, side] of sides.entries()) side[1] = labels[i] === "rare" ? side[0] : -side[0];
  const layers = [
    vectorsOf("noise", labels, () => [random.normal(), random.normal()]),
    vectorsOf("tiny", labels, (label) => [label === "rare" ? 1e-4 : -1e-4]),
    // Whether two signs agree: no line tells that.
    vectorsOf("agreement", labels, (_, i) => sides[i] as number[]),
  ];
  const groups = Int32Array.from(labels, (_, i) => Math.floor(i / 10));
  const fitted = (options = {}) =>
    fitProbe({ layers, labels, groups }, { ...completeProbe(options), executor: nativeExecutor() });

  test("finds what is there however small, and no more than the commonest label where nothing is", async () => {
    const { layers: found, majority, examples } = await fitted();
    expect(examples).toEqual({ learnt: 320, measured: 80 });
    expect(majority.label).toBe("common");
    expect(majority.accuracy).toBeCloseTo(0.75, 1);
    const [noise, tiny, agreement] = found.map(({ accuracy }) => accuracy) as [number, number, number];
    expect(tiny).toBe(1);
    expect(noise).toBeLessThan(0.85);
    expect(agreement).toBeLessThan(0.85);
  });

  test("is the same for the same seed", async () => {
    expect(await fitted({ seed: 5 })).toEqual(await fitted({ seed: 5 }));
  });

  test("is measured on the share of the groups that is asked for, at least on one", async () => {
    const without = async (heldOut: number, count: number) => {
      const own = { layers: [], labels: Array.from({ length: 4 * count }, (_, i) => "abcb"[i % 4] as string) };
      const groups = Int32Array.from(own.labels, (_, i) => Math.floor(i / 4));
      return fitProbe({ ...own, groups }, { ...completeProbe({ heldOut }), executor: nativeExecutor() });
    };
    const shares = [
      [0.2, 10, 2],
      [0.25, 10, 3],
      [0.01, 10, 1],
      [0.9, 10, 9],
    ] as const;
    for (const [heldOut, count, measured] of shares) {
      expect(await without(heldOut, count)).toEqual({
        layers: [],
        majority: { label: "b", accuracy: 0.5 },
        examples: { learnt: 4 * (count - measured), measured: 4 * measured },
        leftOut: 0,
      });
    }
  });

  test("is refused where there is nothing to tell apart, or to measure on", async () => {
    const one = { layers, labels: labels.map(() => "all"), groups };
    const options = { ...completeProbe({}), executor: nativeExecutor() };
    await expect(fitProbe(one, options)).rejects.toThrow("expected two labels or more to learn from");
    await expect(fitProbe({ layers, labels, groups: new Int32Array(400) }, options)).rejects.toThrow(
      "expected two labels",
    );
  });
});

test("what a layer gives is what the next one reads: by itself, added to its input, or beside it", async () => {
  for (const connections of ["plain", "residual", "dense"] as const) {
    const stack = new RecurrentStack("rnn", {
      ...{ cell: "gru", inputSize: 6, hiddenSize: 3, layers: 2, bidirectional: true, connections },
    });
    const graph = new Graph();
    const { y, layers } = stack.apply(graph.feed("x", "f32", [4, 2, 6]));
    graph.output("y", y);
    for (const [l, layer] of layers.entries()) graph.output(`${l}`, layer);
    const executor = new ReferenceExecutor({ precision: "float64" });
    const store = await storeOf(executor, stack, (i, size) => numbers(size, i + 1));
    const x = numbers(48, 3);
    const { outputs } = await executor.compile(graph.program(), store).run({ x });
    const [first, second] = [outputs["0"], outputs["1"]] as [Float64Array, Float64Array];
    expect(layers.map(({ shape }) => shape)).toEqual([
      [4, 2, 6],
      [4, 2, 6],
    ]);
    const last = outputs.y as Float64Array;
    const own = (row: number) => Array.from(second.subarray(row * 6, row * 6 + 6));
    for (let row = 0; row < 8; row++) {
      const got = Array.from(last.subarray((row * last.length) / 8, ((row + 1) * last.length) / 8));
      const below = (f: number) => (x[row * 6 + f] as number) + (first[row * 6 + f] as number);
      if (connections === "plain") expect(got).toEqual(own(row));
      else if (connections === "dense") expect(got.slice(-6)).toEqual(own(row));
      else expect(got).toEqual(own(row).map((value, f) => expect.closeTo(value + below(f), 12)));
    }
  }
});

test("the embedding of a language model knows the last letter of a word, its layers the one before as well", async () => {
  const tokenizer = CharacterTokenizer.fromText("abcde \n");
  const model = await LanguageModel.create({ tokenizer, hiddenSize: 48, layers: 2 });
  const words = Array.from({ length: 80 }, () =>
    Array.from({ length: 6 }, () => pick([..."abcde"]) + pick([..."abcde"])),
  );
  const sentencesBy = (letter: number) =>
    words.map((tokens) => ({ tokens, tags: tokens.map((word) => word[letter] as string) }));
  const accuracies = async (letter: number) =>
    (await model.probe(sentencesBy(letter), { seed: 2 })).layers.map(({ accuracy }) => accuracy) as [
      number,
      number,
      number,
    ];
  const [embedding, first] = await accuracies(1);
  expect(embedding).toBe(1);
  expect(first).toBe(1);
  const [blind, ...layers] = await accuracies(0);
  expect(blind).toBeLessThan(0.4);
  for (const accuracy of layers) expect(accuracy).toBeGreaterThan(0.75);
  const [sentence] = sentencesBy(0);
  const strange = { tokens: ["aß"], tags: ["a"] };
  expect((await model.probe([...sentencesBy(0), strange, { ...sentence, ...strange }] as never)).leftOut).toBe(2);
});

test("a word of 200,000 characters is read, and a probe without enough says how many sentences were left out", async () => {
  const model = await LanguageModel.create({ tokenizer: CharacterTokenizer.fromText("ab \n"), hiddenSize: 2 });
  const executor = model.executor;
  const words = { network: model.network, executor, store: model.store, tokenizer: model.tokenizer, opening: [0] };
  const long = { tokens: ["a".repeat(200_000)], tags: ["x"] };
  const stopped = AbortSignal.abort(new Error("read"));
  await expect(model.probe([long, long], { signal: stopped })).rejects.toThrow("read");
  expect(readSentence(long, words)?.ends).toEqual([200_000]);
  const strange = { tokens: ["aß", "b"], tags: ["x", "y"] };
  await expect(model.probe([strange, strange])).rejects.toThrow(
    "got 0 and 0 (sentences or texts: 0, with 2 left out for characters that the vocabulary lacks). Take more of them, or a model with a " +
      "token for unknown characters (--unknown).",
  );
  await expect(model.probe([{ tokens: ["a", "b"], tags: ["x", "y"] }])).rejects.toThrow(
    "got 0 and 2 (sentences or texts: 1). Take more of them.",
  );
});

test("the words of a tagger know themselves, its layers their neighbours as well", async () => {
  const letters = [..."abcde"];
  const sentences = Array.from({ length: 120 }, () => {
    const tokens = Array.from({ length: 5 }, () => pick(letters));
    return { tokens, tags: tokens.map((_, t) => tokens[t - 1] ?? "none") };
  });
  const tokenizer = TaggerVocabulary.of(sentences);
  const model = await SequenceTagger.create({ tokenizer, hiddenSize: 32, embeddingSize: 16, characters: "cnn" });
  const { layers, majority, examples } = await model.probe(sentences);
  expect(layers.map(({ name }) => name)).toEqual(["embedding", "layer 1"]);
  expect(examples).toEqual({ learnt: 480, measured: 120 });
  expect(layers[0]?.accuracy).toBeLessThan(majority.accuracy + 0.2);
  expect(layers[1]?.accuracy).toBeGreaterThan(0.8);
});

test("the embeddings of a classifier know which tokens there are, its layer their order as well", async () => {
  const texts = Array.from({ length: 200 }, () => (random.uniform() < 0.5 ? "ab" : "ba") + pick(["", "c", "cc"]));
  const examples = texts.map((text) => ({ text, label: text.slice(0, 1) }));
  const tokenizer = CharacterTokenizer.fromText("abc");
  const model = await SequenceClassifier.create({ tokenizer, labels: ["a", "b"], hiddenSize: 16 });
  const { layers, majority } = await model.probe(examples);
  expect(layers[0]?.accuracy).toBeLessThan(majority.accuracy + 0.15);
  expect(layers[1]?.accuracy).toBe(1);
  await expect(model.probe([{ text: "ab", label: ["a", "b"] }])).rejects.toThrow(
    "has not one label, which a probe needs",
  );
});
