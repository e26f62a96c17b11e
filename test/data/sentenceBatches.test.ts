import { expect, onTestFinished, test } from "vitest";
import { CharacterTokenizer } from "../../lib/data/characterTokenizer.js";
import { Corpus } from "../../lib/data/corpus.js";
import type { SentenceBatch } from "../../lib/data/sentenceBatches.js";
import { SentenceBatches } from "../../lib/data/sentenceBatches.js";
import { sentenceMarks } from "../../lib/data/sentenceMarks.js";
import { memoryStream } from "../../lib/data/tokenStream.js";
import { WordTokenizer } from "../../lib/data/wordTokenizer.js";
import { randomNumbers } from "./randomText.js";

const random = randomNumbers(7);
const sentences = Array.from({ length: 500 }, (_, i) => `s${i}${" w".repeat(random(30))}`);
const tokenizer = WordTokenizer.fromText(sentences.join("\n"));
const marks = sentenceMarks(tokenizer);

async function batchesOf(text: string, options: object = {}): Promise<SentenceBatches> {
  const stream = await Corpus.fromText(text).tokenize(tokenizer, { memoryLimit: 1000 });
  onTestFinished(() => stream.close());
  return SentenceBatches.from(stream, { ...marks, batchSize: 32, ...options });
}

async function epoch(batches: SentenceBatches, number = 0, from = 0): Promise<SentenceBatch[]> {
  const list: SentenceBatch[] = [];
  for await (const batch of batches.batches(number, from)) list.push(batch);
  return list;
}

/** The sentences of a batch, from its targets; and checks that inputs are the targets one step later. */
function sentencesOf({ T, B, inputs, targets, lengths }: SentenceBatch): string[] {
  return Array.from({ length: B }, (_, b) => {
    const column = Array.from({ length: T }, (_, t) => targets[t * B + b] as number);
    const length = lengths[b] as number;
    expect(column.slice(length).every((target) => target === -1)).toBe(true);
    expect(column[length - 1]).toBe(marks.end);
    const words = column.slice(0, length - 1);
    const read = Array.from({ length: T }, (_, t) => inputs[t * B + b] as number);
    expect(read).toEqual([marks.begin, ...words, ...new Array<number>(T - length).fill(0)]);
    return tokenizer.decode(words);
  });
}

test("an epoch has every sentence once", async () => {
  const batches = await batchesOf(`\n\n${sentences.join("\n\n")}`);
  for (const number of [0, 1]) {
    const list = await epoch(batches, number);
    expect(list.flatMap(sentencesOf).sort()).toEqual([...sentences].sort());
    expect(list).toHaveLength(batches.length);
    expect(list.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(batches.tokens);
  }
  expect(batches.sentences).toBe(500);
});

test("there are few shapes and little padding", async () => {
  const list = await epoch(await batchesOf(sentences.join("\n")));
  expect(new Set(list.map(({ T }) => T)).size).toBeLessThanOrEqual(4);
  const longest = Math.max(...list.flatMap(({ lengths }) => [...lengths]));
  expect(longest % 8).not.toBe(0);
  expect(list.every(({ T }) => T === longest || T % 8 === 0)).toBe(true);
  expect(Math.max(...list.map(({ T }) => T))).toBe(longest);
  expect(list.filter(({ B }) => B !== 32)).toHaveLength(1);
  const places = list.reduce((sum, { T, B }) => sum + T * B, 0);
  expect(places / list.reduce((sum, { tokens }) => sum + tokens, 0)).toBeLessThan(1.5);
});

test("the same seed and epoch give the same batches, another epoch or seed others", async () => {
  const text = sentences.join("\n");
  const [a, b, c] = [await batchesOf(text), await batchesOf(text), await batchesOf(text, { seed: 2 })];
  expect(await epoch(a, 3)).toEqual(await epoch(b, 3));
  expect((await epoch(a, 3)).flatMap(sentencesOf)).not.toEqual((await epoch(a, 4)).flatMap(sentencesOf));
  expect((await epoch(a, 3)).flatMap(sentencesOf)).not.toEqual((await epoch(c, 3)).flatMap(sentencesOf));
});

test("reading from a batch on gives the batches that an uninterrupted reading gives", async () => {
  const batches = await batchesOf(sentences.join("\n"));
  const whole = await epoch(batches, 1);
  for (const from of [0, 1, 7, batches.length]) expect(await epoch(batches, 1, from)).toEqual(whole.slice(from));
});

test("without shuffling, sentences of similar length keep their order", async () => {
  const list = await epoch(await batchesOf("a w\nb\nc w w\n".replaceAll(/[abc]/g, "s1"), { seed: null, batchSize: 2 }));
  expect(list.flatMap(sentencesOf)).toEqual(["s1 w", "s1", "s1 w w"]);
});

test("sentences begin with their end where no other mark is given, and batches with the first", async () => {
  const stream = await Corpus.fromText("s1 w\ns2\n").tokenize(tokenizer);
  const batches = await SentenceBatches.from(stream, { end: marks.end, batchSize: 2 });
  const [batch, ...others] = await (async () => {
    const list: SentenceBatch[] = [];
    for await (const one of batches.batches(0)) list.push(one);
    return list;
  })();
  expect(others).toEqual([]);
  expect(sentencesOf(batch as SentenceBatch).sort()).toEqual(["s1 w", "s2"]);
  expect([...(batch as SentenceBatch).inputs].slice(0, 2)).toEqual([marks.end, marks.end]);
});

test("characters end their sentences with the line end", () => {
  const characters = CharacterTokenizer.fromText("ab\n");
  expect(sentenceMarks(characters)).toEqual({ begin: 0, end: 0 });
  expect(() => sentenceMarks(CharacterTokenizer.fromText("ab"))).toThrow(
    /neither an end-of-sentence token nor the line end/,
  );
});

test("a text of empty lines has no sentence", async () => {
  await expect(batchesOf("\n\n")).rejects.toThrow("The text has 2 tokens, but no sentence among them.");
});

test("new SentenceBatches names the call that makes them", () => {
  expect(() => new (SentenceBatches as unknown as new () => unknown)()).toThrow(
    "SentenceBatches: the stream is read first: use await SentenceBatches.from(stream, options).",
  );
});

// Lines of 2, 0, 1 and 4 tokens, of 22 characters, of which the end of the empty one is predicted by nobody.
const lines = memoryStream(Int32Array.of(1, 2, 9, 9, 3, 9, 4, 5, 6, 7, 9), 22);
const linesOf = (options: object) =>
  SentenceBatches.from(lines, { end: 9, begin: 8, batchSize: 2, multiple: 2, seed: null, ...options });
const ids = (...tokens: number[]) => Int32Array.from(tokens);

test("a batch has its sentences in columns, those of similar lengths together or in the order of the text", async () => {
  const sorted = await linesOf({});
  const { length, sentences, tokens, characters, cut, skipped, longest } = sorted;
  expect({ length, sentences, tokens, characters, cut, skipped, longest }).toEqual({
    length: 2,
    sentences: 3,
    tokens: 10,
    characters: 21,
    cut: 0,
    skipped: 0,
    longest: { place: "Line 4 of the text", length: 4, ends: true },
  });
  const last = {
    T: 5,
    B: 1,
    inputs: ids(8, 4, 5, 6, 7),
    targets: ids(4, 5, 6, 7, 9),
    lengths: ids(5),
    starts: Float64Array.of(6),
    tokens: 5,
    index: 1,
  };
  const first = {
    T: 4,
    B: 2,
    inputs: ids(8, 8, 3, 1, 0, 2, 0, 0),
    targets: ids(3, 1, 9, 2, -1, 9, -1, -1),
    lengths: ids(2, 3),
    starts: Float64Array.of(4, 0),
    tokens: 5,
    index: 0,
  };
  expect(await epoch(sorted)).toEqual([first, last]);
  expect(await epoch(await linesOf({ inOrder: true, seed: 1 }))).toEqual([
    {
      ...first,
      inputs: ids(8, 8, 1, 3, 2, 0, 0, 0),
      targets: ids(1, 3, 2, 9, 9, -1, -1, -1),
      lengths: ids(3, 2),
      starts: Float64Array.of(0, 4),
    },
    last,
  ]);
  await expect(epoch(sorted, 0, 3)).rejects.toThrow(/SentenceBatches: expected from to be/);
});

test("sentences that are too long are counted as cut or as left out, and lose their end or all of their characters", async () => {
  const cut = await linesOf({ maximumLength: 2, long: "cut", inOrder: true });
  expect(cut).toMatchObject({ sentences: 3, tokens: 7, characters: 15, cut: 1, skipped: 0 });
  expect(cut.longest).toEqual({ place: "Line 1 of the text", length: 2, ends: true });
  expect((await epoch(cut))[1]).toMatchObject({ T: 2, inputs: ids(8, 4), targets: ids(4, 5), lengths: ids(2) });
  const read = await linesOf({ longest: 2, long: "cut" });
  expect(read).toMatchObject({ sentences: 3, tokens: 6, characters: 13, cut: 2 });
  expect(read.longest).toEqual({ place: "Line 1 of the text", length: 2, ends: false });
  const left = await linesOf({ maximumLength: 2, long: "skip" });
  expect(left).toMatchObject({ length: 1, sentences: 2, tokens: 5, characters: 11, cut: 0, skipped: 1 });
  await expect(linesOf({ maximumLength: 2 })).rejects.toThrow("Line 4 of the text has 4 tokens, and at most 2");
  await expect(SentenceBatches.from(lines, { end: 9, batchSize: 2, longest: 3 }, "who", "Cut it")).rejects.toThrow(
    /Cut it, or/,
  );
  await expect(SentenceBatches.from(5 as never, { end: 9, batchSize: 2 }, "who")).rejects.toThrow(
    /^who: expected stream/,
  );
});
