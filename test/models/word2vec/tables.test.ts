import { expect, test } from "vitest";
import type { Word2VecOptions } from "../../../lib/index.js";
import { ContextData, Corpus, CountedWords, Word2Vec, WordTokenizer } from "../../../lib/index.js";
import { blockFor } from "../../../lib/models/word2vec/block.js";
import { wordTree } from "../../../lib/models/word2vec/huffman.js";
import { keepProbabilities, noiseTable } from "../../../lib/models/word2vec/noise.js";
import { predictedWords } from "../../../lib/models/word2vec/pairs.js";

/** The distribution that an alias table draws from, by its definition. */
function distribution({ noise, alias }: ReturnType<typeof noiseTable>): Float64Array {
  const p = new Float64Array(noise.length);
  for (const [column, kept] of noise.entries()) {
    p[column] = (p[column] as number) + kept / noise.length;
    const other = alias[column] as number;
    p[other] = (p[other] as number) + (1 - kept) / noise.length;
  }
  return p;
}

test.each([0.75, 1, 0, -0.5, 32, -32])("noise is drawn as the counts to the power of %s say", (power) => {
  const counts = [1000, 0, 17, 300, 1, 1, 0, 42];
  const weights = counts.map((count) => (count > 0 ? count ** power : 0));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  for (const [word, p] of distribution(noiseTable(counts, power)).entries()) {
    expect(p).toBeCloseTo((weights[word] as number) / total, 6);
  }
});

test("powers whose counts may be 0 or infinite are refused", async () => {
  const stream = await Corpus.fromText("a b a b").tokenize(WordTokenizer.fromText("a b"));
  const model = await Word2Vec.create({ tokenizer: await CountedWords.from(stream), size: 2 });
  const data = (noisePower: number) => () => new ContextData(stream, { model, noisePower });
  for (const power of [32, -32]) expect(data(power)).not.toThrow();
  for (const power of [32.5, -32.5]) {
    expect(data(power)).toThrow("ContextData: expected noisePower to be a number at least -32 and at most 32");
  }
});

test("a word that does not occur is never drawn, however the columns are rounded", () => {
  const counts = Array.from({ length: 1001 }, (_, id) => (id % 10 === 3 ? 0 : 1 + ((id * id) % 97)));
  const p = distribution(noiseTable(counts, 0.75));
  for (const [word, count] of counts.entries()) if (count === 0) expect(p[word]).toBe(0);
});

test("frequent words are read as sqrt(t / f) + t / f says, rare ones always", () => {
  const counts = [9000, 900, 99, 1, 0];
  const keep = keepProbabilities(counts, 0.01);
  expect(keep[0]).toBeCloseTo(Math.sqrt(0.01 / 0.9) + 0.01 / 0.9, 6);
  expect(keep[1]).toBeCloseTo(Math.sqrt(0.01 / 0.09) + 0.01 / 0.09, 6);
  expect([...keep.slice(2)]).toEqual([1, 1, 0]);
  expect([...keepProbabilities(counts, 0)]).toEqual([1, 1, 1, 1, 0]);
});

test("the tree of the textbook: the expected way is as short as a prefix code can be", () => {
  // Cormen et al.: a:45 b:13 c:12 d:16 e:9 f:5 has codes of 1, 3, 3, 3, 4, 4 bits.
  const { paths, starts, longest } = wordTree([45, 13, 12, 16, 9, 5]);
  expect([...starts]).toEqual([0, 1, 4, 7, 10, 14, 18]);
  expect(longest).toBe(4);
  // All ways begin at the root, the node that was made last.
  for (let word = 0; word < 6; word++) expect((paths[starts[word] as number] as number) >> 1).toBe(4);
});

test("the rarer of two branches has the bit 1, and where they are as rare the later word, and a word before a node", () => {
  const waysOf = (counts: number[]) => {
    const { paths, starts } = wordTree(counts);
    return counts.map((_, word) => [...paths.subarray(starts[word], starts[word + 1])]);
  };
  // Nodes 0: f e, 1: c b, 2: (f e) d, 3: (c b) ((f e) d), 4: a and the rest.
  expect(waysOf([45, 13, 12, 16, 9, 5])).toEqual([[9], [8, 7, 2], [8, 7, 3], [8, 6, 4], [8, 6, 5, 0], [8, 6, 5, 1]]);
  for (const counts of [
    [3, 3, 3],
    [2, 1, 1],
  ]) {
    expect(waysOf(counts)).toEqual([[3], [2, 0], [2, 1]]);
  }
});

test("no way is the beginning of another one, and words that do not occur have none", () => {
  const counts = Array.from({ length: 200 }, (_, id) => (id === 7 ? 0 : 1 + ((id * 7919) % 1009)));
  const { paths, starts } = wordTree(counts);
  const ways = counts.map((_, word) => [...paths.subarray(starts[word], starts[word + 1])].join(" "));
  expect(ways[7]).toBe("");
  const used = ways.filter((way) => way !== "");
  expect(new Set(used).size).toBe(199);
  for (const a of used) for (const b of used) if (a !== b) expect(`${b} `.startsWith(`${a} `)).toBe(false);
  // Each inner node is left by both bits, or the tree would not be full.
  const steps = new Set(used.flatMap((way) => way.split(" ")));
  expect(steps.size).toBe(2 * 198);
});

test("a block is as large as the most frequent row allows, and no larger than brings speed", () => {
  expect(blockFor({ share: 0.05, pairs: 6 })).toBe(64);
  expect(blockFor({ share: 0.5, pairs: 6 })).toBe(8);
  expect(blockFor({ share: 30, pairs: 6 })).toBe(1);
});

test("a word of CBOW changes a row once, one of skip-gram once for each neighbour: its blocks are that much smaller", async () => {
  const text = Corpus.fromText("a b c d e f g h i j k\n".repeat(20));
  const stream = await text.tokenize(await WordTokenizer.fromCorpus(text));
  const tokenizer = await CountedWords.from(stream);
  const blockOf = async (architecture: "cbow" | "skip-gram") => {
    const model = await Word2Vec.create({ tokenizer, size: 2, architecture, window: 5, negatives: 4 });
    for await (const { form } of new ContextData(stream, { model, sample: 0 }).batches(0)) return form;
  };
  // Each of 11 words stands for a share of (1 + 4) / 11 of the rows that change.
  expect(await blockOf("cbow")).toMatchObject({ block: 52 });
  expect(await blockOf("skip-gram")).toMatchObject({ block: 8 });
});

async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function contextsOf(text: string, options: Partial<Word2VecOptions> = {}) {
  const corpus = Corpus.fromText(text);
  const stream = await corpus.tokenize(await WordTokenizer.fromCorpus(corpus));
  const model = await Word2Vec.create({ tokenizer: await CountedWords.from(stream), size: 2, ...options });
  const counts = model.tokenizer.wordCounts();
  return { stream, model, counts, id: (word: string) => model.tokenizer.words.id(word) as number };
}

test("a block is as small as the word asks for that is read or drawn most, and as every word at the root of a tree", async () => {
  const blockOf = async (options: Partial<Word2VecOptions>) => {
    const { stream, model } = await contextsOf("a a a b c\n".repeat(20), { window: 1, negatives: 1, ...options });
    for await (const { form } of new ContextData(stream, { model, sample: 0.1, noisePower: 2 }).batches(0)) return form;
  };
  // The word a has a share of 0.6, and 57 in 100 of it are read: 34.5 of 74.5 words. As noise it is 3600 of 4400.
  expect(await blockOf({ architecture: "cbow" })).toMatchObject({ block: 18 });
  expect(await blockOf({ architecture: "skip-gram" })).toMatchObject({ block: 9 });
  const tree = { objective: "hierarchical", negatives: undefined, window: 3 } as never as Partial<Word2VecOptions>;
  expect(await blockOf({ ...tree, architecture: "cbow" })).toMatchObject({ block: 24 });
  expect(await blockOf({ ...tree, architecture: "skip-gram" })).toMatchObject({ block: 6 });
});

test("a batch has the words of its part of the text, ends of lines between them, and what they are told apart by", async () => {
  const text = "a a b\nb a c a\n";
  for (const objective of ["negative", "hierarchical"] as const) {
    const { stream, model, counts, id } = await contextsOf(text, { objective });
    const [a, b, c, end] = [id("a"), id("b"), id("c"), id("<eos>")];
    const options = { model, batchSize: 6, sample: 0.25, noisePower: 0.5, seed: 3 };
    const data = new ContextData(stream, options);
    const read = await listOf(data.batches(2));
    expect([data.length, data.role, read.length]).toEqual([2, "train", 2]);
    expect(read.map(({ feeds }) => [...(feeds.tokens as Int32Array)])).toEqual([
      [a, a, b, -1, b, a],
      [c, a, -1, -1, -1, -1],
    ]);
    expect(read.map(({ tokens }) => tokens)).toEqual([6, 3]);
    const tree = wordTree(counts);
    const others = objective === "hierarchical" ? tree : noiseTable(counts, 0.5);
    for (const [index, { feeds }] of read.entries()) {
      expect(feeds).toMatchObject({
        ...others,
        random: Int32Array.of(3, index),
        keep: keepProbabilities(counts, 0.25),
      });
    }
    // a has a way of 1 node, b and c one of 2.
    const ways = objective === "hierarchical" ? { nodes: 5, longest: 2 } : { nodes: 0, longest: 0 };
    expect(read.map(({ form }) => form)).toEqual(
      Array.from(read, ({ form }) => ({ objective, T: 6, block: (form as { block: number }).block, ...ways })),
    );
    expect(await listOf(data.batches(2, 1))).toEqual(read.slice(1));
    const [across] = await listOf(new ContextData(stream, { ...options, acrossLines: true }).batches(0));
    expect(across?.feeds.tokens).toEqual(Int32Array.of(a, a, b, end, b, a));
  }
});

test("softmax draws its windows by the seed and the batch, other ones in each epoch", async () => {
  for (const architecture of ["skip-gram", "cbow"] as const) {
    const { stream, model, counts } = await contextsOf("a b c d e f g a b\n", { objective: "softmax", architecture });
    const data = new ContextData(stream, { model, batchSize: 8, sample: 0.5, seed: 5, role: "validate" });
    expect(data.role).toBe("validate");
    const read = await listOf(data.batches(3));
    const other = new ContextData(stream, { model, batchSize: 8, sample: 0.5, seed: 6 });
    expect(await listOf(other.batches(3))).not.toEqual(read);
    expect(await listOf(data.batches(2))).not.toEqual(read);
    const ids = await stream.read(0, 10);
    const parts = [ids.slice(0, 8), Int32Array.of(ids[8] as number, ...new Array(7).fill(-1))];
    for (const [index, tokens] of parts.entries()) {
      const random = [5, 3 * 2 + index] as const;
      const options = { architecture, window: 5, fixedWindow: false, keep: keepProbabilities(counts, 0.5), random };
      const { C, B, contexts, weights, targets } = predictedWords(tokens, options);
      expect(read[index]).toEqual({
        form: { objective: "softmax", C, B },
        feeds: { contexts, weights, targets },
        tokens: [8, 2][index],
      });
    }
  }
});

test("each number that changes the batches is in the identity of the data", async () => {
  const { stream, model } = await contextsOf("a b a\nb\n");
  const identity = (options: object = {}) => new ContextData(stream, { model, ...options }).identity;
  expect(identity()).toBe("6 tokens in batches of 10000, sample 0.001, noise power 0.75, seed 1");
  const options = { batchSize: 4, sample: 0, noisePower: 1, acrossLines: true, seed: 2 };
  expect(identity(options)).toBe("6 tokens in batches of 4, sample 0, noise power 1, across lines, seed 2");
  const softmax = await contextsOf("a b\n", { objective: "softmax" });
  expect(new ContextData(softmax.stream, { model: softmax.model }).identity).toMatch(/^3 tokens in batches of 64,/);
});

test("one word needs no question", () => {
  expect(wordTree([5])).toEqual({ paths: new Int32Array(0), starts: Int32Array.of(0, 0), longest: 0 });
});
