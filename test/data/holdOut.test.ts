import { expect, test } from "vitest";
import { holdOut } from "../../lib/data/holdOut.js";
import {
  ByteTokenizer,
  CharacterTokenizer,
  Corpus,
  sentenceTokenizer,
  splitFolds,
  splitPairs,
  splitSequences,
  WordTokenizer,
} from "../../lib/data/index.js";
import { SentenceData } from "../../lib/models/textModel/data.js";

const names = Array.from({ length: 200 }, (_, i) => `name ${String(i).padStart(3, "0")}`);
const text = `${names.join("\n\n")}\n`;

test("lines are held out at random by seed, whole, in order, each in one part and in no other", async () => {
  const corpus = Corpus.fromText(text);
  const tokenizer = await CharacterTokenizer.fromCorpus(corpus);
  const tokens = await corpus.tokenize(tokenizer);
  const linesOf = async (options: { validation?: number; test?: number; seed?: number }) => {
    const parts = await tokens.splitLines(options);
    const lines = async (part: keyof typeof parts) => {
      const written = tokenizer.decode(await parts[part].read(0, parts[part].length));
      expect(parts[part].characters).toBe(written.length);
      expect(written === "" || written.endsWith("\n")).toBe(true);
      return written.split("\n").slice(0, -1);
    };
    return { train: await lines("train"), validation: await lines("validation"), test: await lines("test") };
  };
  const parts = await linesOf({ validation: 0.2, test: 0.1 });
  expect([parts.train.length, parts.validation.length, parts.test.length]).toEqual([140, 40, 20]);
  for (const part of Object.values(parts)) expect(part).toEqual([...part].sort());
  expect(Object.values(parts).flat().sort()).toEqual(names);
  // Each of the sorted list's four quarters gives about a quarter.
  for (const first of ["0", "1"]) {
    const share = parts.validation.filter((line) => line[5] === first).length / 40;
    expect(Math.abs(share - 0.5)).toBeLessThan(0.25);
  }
  expect(await linesOf({ validation: 0.2, test: 0.1, seed: 1 })).toEqual(parts);
  expect(await linesOf({ validation: 0.2, test: 0.1, seed: 2 })).not.toEqual(parts);
  expect((await linesOf({})).validation.length).toBe(20);
  expect((await linesOf({ validation: 0 })).train).toEqual(names);
  await expect(tokens.splitLines({ validation: 0.6, test: 0.4 })).rejects.toThrow(/leave nothing to train on/);
  await expect(tokens.splitLines({ validation: 1 })).rejects.toThrow(/splitLines: expected validation to be a number/);
});

test("any piece of a part is the piece of its whole, in memory and on disk", async () => {
  const corpus = Corpus.fromText(`${text}no line end at the end`);
  for (const memoryLimit of [0, 2 ** 20]) {
    const tokens = await corpus.tokenize(new ByteTokenizer(), { memoryLimit });
    const { train, validation } = await tokens.splitLines({ validation: 0.3, seed: 5 });
    for (const part of [train, validation]) {
      const whole = await part.read(0, part.length);
      expect(whole.length).toBe(part.length);
      for (const [start, end] of [
        [0, 1],
        [7, 8],
        [8, 9],
        [9, 300],
        [part.length - 1, part.length],
        [40, 40],
      ] as const) {
        expect(await part.read(start, end)).toEqual(whole.subarray(start, end));
      }
    }
    await tokens.close();
  }
});

test("the parts are what a model of lines learns from: as many sentences as lines", async () => {
  const corpus = Corpus.fromText(text);
  const tokenizer = sentenceTokenizer(await WordTokenizer.fromCorpus(corpus));
  const { train, validation } = await (await corpus.tokenize(tokenizer)).splitLines({ validation: 0.1 });
  const options = { tokenizer, batchSize: 8 };
  expect((await SentenceData.create(train, options)).identity).toMatch(/^180 sentences of 540 tokens/);
  expect((await SentenceData.create(validation, options)).identity).toMatch(/^20 sentences of 60 tokens/);
});

test("a line that is too long is named by its number in the whole text", async () => {
  const corpus = Corpus.fromText(`\n${"short\n".repeat(30)}\n${"long".repeat(9)}\n`);
  const tokenizer = await CharacterTokenizer.fromCorpus(corpus);
  const tokens = await corpus.tokenize(tokenizer);
  const parts = await tokens.splitLines({ validation: 0.5 });
  const longest = { tokenizer, batchSize: 8, maximumLength: 9 };
  const refusals = await Promise.all(
    [parts.train, parts.validation].map((part) =>
      SentenceData.create(part, longest).catch((error: Error) => error.message),
    ),
  );
  expect(refusals.filter((refusal) => typeof refusal === "string")).toEqual([
    expect.stringMatching(/^Line 33 of the text has 36 tokens/),
  ]);
});

test("pairs are held out at random by seed, each in one part and in no other", () => {
  const pairs = names.map((source) => ({ source, target: source, place: source }));
  const { train, validation, test: rest } = splitPairs(pairs, { validation: 0.05, test: 0.05, seed: 3 });
  expect([train.length, validation.length, rest.length]).toEqual([180, 10, 10]);
  expect([...train, ...validation, ...rest].map(({ source }) => source).sort()).toEqual(names);
  expect(validation).not.toEqual(pairs.slice(-20, -10));
  expect(splitPairs(pairs, { validation: 0.05, test: 0.05, seed: 3 }).validation).toEqual(validation);
  expect(splitPairs(pairs, { validation: 0.05, seed: 4 }).validation).not.toEqual(validation);
  expect(() => splitPairs(pairs, { share: 0.1 } as never)).toThrow(/splitPairs: unknown option "share"/);
});

test("a stream of no lines has nothing to hold out", async () => {
  const corpus = await Corpus.fromText("\n\n").tokenize(new ByteTokenizer());
  await expect(corpus.splitLines()).rejects.toThrow(/no sentence among them/);
});

test("folds have every text once to measure on and in all others to learn from, in order, by seed", () => {
  const examples = names.slice(0, 23).map((text, i) => ({ text, label: String(i % 2) }));
  const folds = splitFolds(examples, { folds: 4 });
  expect(folds.map(({ test }) => test.length).sort()).toEqual([5, 6, 6, 6]);
  expect(folds.flatMap(({ test }) => test).sort((a, b) => (a.text < b.text ? -1 : 1))).toEqual(examples);
  for (const { train, test } of folds) {
    expect(train).toEqual(examples.filter((example) => !test.includes(example)));
    expect(test).toEqual(examples.filter((example) => test.includes(example)));
  }
  expect(splitFolds(examples, { folds: 4 })).toEqual(folds);
  expect(splitFolds(examples, { folds: 4, seed: 2 })).not.toEqual(folds);
  expect(() => splitFolds(examples.slice(0, 3), { folds: 4 })).toThrow(
    /expected 4 examples or more for 4 folds, got 3/,
  );
});

test("sequences are held out whole; of a single one its last frames are, with their labels and lines", () => {
  const sequence = (n: number) => ({
    frames: { shape: [10, 2], values: Float32Array.from({ length: 20 }, (_, i) => i) },
    labels: Array.from({ length: 10 }, (_, t) => (t < 9 ? "a" : "b")),
    lines: Array.from({ length: 10 }, (_, t) => t + 2),
    name: String(n),
  });
  const many = splitSequences(
    Array.from({ length: 20 }, (_, n) => sequence(n)),
    { validation: 0.25, test: 0.1 },
  );
  expect(Object.values(many).map((part) => part.length)).toEqual([13, 5, 2]);
  expect(
    Object.values(many)
      .flat()
      .map(({ name }) => Number(name))
      .sort((a, b) => a - b),
  ).toEqual([...Array(20).keys()]);
  const { train, validation, test: last } = splitSequences([sequence(0)], { validation: 0.2, test: 0.1 });
  expect(train[0]?.frames.shape).toEqual([7, 2]);
  expect(Array.from(validation[0]?.frames.values ?? [], Number)).toEqual([14, 15, 16, 17]);
  expect(validation[0]?.lines).toEqual([9, 10]);
  expect([last[0]?.labels, last[0]?.name]).toEqual([["b"], "0"]);
  expect(splitSequences([sequence(0)], { validation: 0 }).validation).toEqual([]);
});

test("numbers are held out in rising order, each once, and what is no list is refused", () => {
  const { train, validation, test: rest } = holdOut("who", 40, { validation: 0.3, test: 0.2 });
  for (const part of [train, validation, rest]) expect(part).toEqual(part.slice().sort());
  expect([train.length, validation.length, rest.length]).toEqual([20, 12, 8]);
  expect([...train, ...validation, ...rest].sort((a, b) => a - b)).toEqual([...Array(40).keys()]);
  expect(train).not.toEqual(Uint32Array.from({ length: 20 }, (_, i) => i));
  expect(splitFolds([1, 2, 3], { folds: 3 }).map(({ test }) => test.length)).toEqual([1, 1, 1]);
  expect(() => splitFolds("ab" as never)).toThrow('splitFolds: expected examples to be an array, got "ab".');
  expect(() => splitPairs("ab" as never)).toThrow('splitPairs: expected pairs to be an array, got "ab".');
  expect(() => splitSequences([{ frames: 5 } as never])).toThrow("sequence 1 of 1: expected frames to be an array");
});
