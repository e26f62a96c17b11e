import { expect, test } from "vitest";
import { ReferenceExecutor } from "../../../lib/executor/reference/executor.js";
import { Graph } from "../../../lib/graph/graph.js";
import { CharacterEncoder } from "../../../lib/models/sequenceTagger/characters.js";
import { SequenceTaggerNetwork } from "../../../lib/models/sequenceTagger/network.js";
import { randomSource } from "../../../lib/random/source.js";
import { numbers } from "../../graph/case.js";
import { storeOf } from "../slopes.js";

const [T, B, E] = [6, 3, 20];

/** By time, the vectors of words as the stack reads them in training, where all vectors are ones. */
async function vectorsInTraining(options: { dropout: number; variational?: boolean }): Promise<number[][]> {
  const sizes = { vocabularySize: 4, characterCount: 2, classes: 2, embeddingSize: E, hiddenSize: 2 };
  const network = new SequenceTaggerNetwork({ ...sizes, characters: "none", ...options });
  const graph = new Graph({ training: true });
  graph.output("x", network.layers(graph, { T, B, C: 1, W: 1 }).embedded);
  const executor = new ReferenceExecutor();
  const store = await storeOf(executor, network, (_, size) => new Float64Array(size).fill(1));
  const program = graph.program();
  const offered: Record<string, unknown> = {
    ids: new Int32Array(T * B),
    lengths: new Int32Array(B).fill(T),
    random: Int32Array.of(3, 1),
    ...graph.defaults,
  };
  const feeds = Object.fromEntries(program.feeds.map(({ name }) => [name, offered[name] as never]));
  const { x } = (await executor.compile(program, store).run(feeds)).outputs;
  return Array.from({ length: T }, (_, t) => [...(x as Float32Array).subarray(t * B * E, (t + 1) * B * E)]);
}

/** The vectors of spellings, [W][F], of an encoder whose parameters are these numbers; characters i32 [C,W]. */
async function spelled(kind: "rnn" | "cnn", characters: readonly number[], lengths: readonly number[]) {
  const encoder = new CharacterEncoder("characters", { kind, characterCount: 9, embeddingSize: 2, size: 3 });
  const [W, C] = [lengths.length, characters.length / lengths.length];
  const graph = new Graph();
  graph.output("y", encoder.apply(graph.feed("characters", "i32", [C, W]), graph.feed("lengths", "i32", [W])));
  const executor = new ReferenceExecutor({ precision: "float64" });
  const store = await storeOf(executor, encoder, (i, size) => numbers(size, i + 1));
  const feeds = { characters: Int32Array.from(characters), lengths: Int32Array.from(lengths) };
  const y = (await executor.compile(graph.program(), store).run(feeds)).outputs.y as Float64Array;
  expect(y).toHaveLength(W * encoder.outputSize);
  const rows = Array.from({ length: W }, (_, w) => [
    ...y.subarray(w * encoder.outputSize, (w + 1) * encoder.outputSize),
  ]);
  const values = async (name: string) => (await store.read(`characters.${name}`)) as Float64Array;
  return { rows, values };
}

// Words of 4, 1 and 2 characters, with others after their ends.
const words = [[3, 8, 1, 5], [4], [7, 2]];
const sideBySide = [3, 4, 7, 8, 6, 2, 1, 6, 6, 5, 6, 6];

test.each(["rnn", "cnn"] as const)(
  "the vector of a spelling by %s is the one that the word has alone",
  async (kind) => {
    const { rows } = await spelled(kind, sideBySide, [4, 1, 2]);
    expect(rows[0]).toHaveLength(kind === "rnn" ? 6 : 3);
    for (const [w, word] of words.entries()) {
      const [alone = []] = (await spelled(kind, word, [word.length])).rows;
      for (const [f, value] of alone.entries()) expect(rows[w]?.[f], `${w} ${f}`).toBeCloseTo(value, 12);
    }
  },
);

test("filters over three characters, with zeros before the first and after the last, have their maximum over the places", async () => {
  const { rows, values } = await spelled("cnn", sideBySide, [4, 1, 2]);
  const [table, weight, bias] = [
    await values("embedding.weight"),
    await values("filters.weight"),
    await values("filters.bias"),
  ];
  const vector = (id: number | undefined) => (id === undefined ? [0, 0] : [...table.subarray(2 * id, 2 * id + 2)]);
  for (const [w, word] of words.entries()) {
    for (const f of [0, 1, 2]) {
      const found = word.map((_, c) => {
        const three = [word[c - 1], word[c], word[c + 1]].flatMap(vector);
        return Math.tanh(three.reduce((sum, x, k) => sum + x * (weight[6 * f + k] as number), bias[f] as number));
      });
      expect(rows[w]?.[f], `${w} ${f}`).toBeCloseTo(Math.max(...found), 12);
    }
  }
});

test("the first vectors of words and n-grams are spread evenly over ± sqrt(3 / their size)", () => {
  const sizes = { vocabularySize: 400, characterCount: 2, classes: 2, embeddingSize: 12, ngramSize: 3, hiddenSize: 2 };
  const { parameters } = new SequenceTaggerNetwork({ ...sizes, characters: "none" });
  for (const [name, bound] of [
    ["words.weight", 0.5],
    ["ngrams.weight", 1],
  ] as const) {
    const own = parameters.find((parameter) => parameter.name === name);
    const values = own?.initializer([400, 12], randomSource(1, name)) ?? [];
    const largest = Array.from(values).reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    expect(largest / bound, name).toBeGreaterThan(0.99);
    expect(largest / bound, name).toBeLessThanOrEqual(1);
  }
});

test("dropout leaves out half of the words' vectors, by other masks for each token, or by one for all with variational", async () => {
  expect(new Set((await vectorsInTraining({ dropout: 0 })).flat())).toEqual(new Set([1]));
  for (const variational of [false, true]) {
    const vectors = await vectorsInTraining({ dropout: 0.5, variational });
    expect(new Set(vectors.flat())).toEqual(new Set([0, 2]));
    const [first] = vectors as [number[]];
    for (const other of vectors.slice(1)) {
      if (variational) expect(other).toEqual(first);
      else expect(other).not.toEqual(first);
    }
  }
});

test("what each layer makes of a sentence is the same beside a longer one, read backwards too", async () => {
  const sizes = { vocabularySize: 6, characterCount: 2, classes: 2, embeddingSize: 2, hiddenSize: 2, layers: 2 };
  const network = new SequenceTaggerNetwork({ ...sizes, characters: "none", bidirectional: true });
  const executor = new ReferenceExecutor({ precision: "float64" });
  const store = await storeOf(executor, network, (i, size) => numbers(size, i + 1));
  const layersOf = async (ids: readonly number[], lengths: readonly number[]) => {
    const B = lengths.length;
    const graph = new Graph();
    const { layers } = network.layers(graph, { T: ids.length / B, B, C: 1, W: 1 });
    for (const [k, layer] of layers.entries()) graph.output(`${k}`, layer);
    const feeds = { ids: Int32Array.from(ids), lengths: Int32Array.from(lengths) };
    const { outputs } = await executor.compile(graph.program(), store).run(feeds);
    return [0, 1].map((k) => [...(outputs[k] as Float32Array)]);
  };
  const alone = await layersOf([1, 2], [2]);
  const beside = await layersOf([1, 3, 2, 4, 0, 5], [2, 3]);
  const F = 4;
  for (const [k, own] of alone.entries()) {
    const first = [0, 1].flatMap((t) => (beside[k] as number[]).slice(t * 2 * F, t * 2 * F + F));
    for (const [i, value] of own.entries()) expect(first[i]).toBeCloseTo(value, 12);
    expect(new Set(own).size).toBeGreaterThan(4);
  }
});
