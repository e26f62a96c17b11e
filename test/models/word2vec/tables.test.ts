import { expect, test } from "vitest";
import { ContextData, Corpus, CountedWords, Word2Vec, WordTokenizer } from "../../../lib/index.js";
import { blockFor } from "../../../lib/models/word2vec/block.js";
import { wordTree } from "../../../lib/models/word2vec/huffman.js";
import { keepProbabilities, noiseTable } from "../../../lib/models/word2vec/noise.js";

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

test("one word needs no question", () => {
  expect(wordTree([5])).toEqual({ paths: new Int32Array(0), starts: Int32Array.of(0, 0), longest: 0 });
});
