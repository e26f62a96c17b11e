import { expect, test } from "vitest";
import type { Tokenizer } from "../../../lib/data/index.js";
import { CharacterTokenizer, memoryStream, SubwordTokenizer, WordTokenizer } from "../../../lib/data/index.js";
import { nativeExecutor } from "../../../lib/executor/native.js";
import { ReferenceExecutor } from "../../../lib/executor/reference/executor.js";
import { LanguageModel } from "../../../lib/models/languageModel/languageModel.js";
import type { LanguageModelForm } from "../../../lib/models/textModel/data.js";
import { SentenceData, WindowData } from "../../../lib/models/textModel/data.js";
import type { TrainingData } from "../../../lib/train/data.js";
import { Trainer } from "../../../lib/train/trainer.js";

const native = nativeExecutor();
const reference = new ReferenceExecutor({ precision: "float64" });
const executors = [native, reference];

/** Words and marks, and no token for the line end. */
const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false };
const special = ["<unk>", "<s>", "</s>"].map((content, id) => ({ id, content, special: true, ...flags }));
const marked = new SubwordTokenizer({
  model: { type: "WordLevel", vocab: { "<unk>": 0, "<s>": 1, "</s>": 2, a: 3, b: 4, c: 5 }, unk_token: "<unk>" },
  normalizer: null,
  pre_tokenizer: { type: "WhitespaceSplit" },
  post_processor: null,
  decoder: null,
  added_tokens: special,
});

const kinds: Record<string, Tokenizer> = {
  characters: CharacterTokenizer.fromText("a b c\n"),
  words: WordTokenizer.fromText("a b c\n", { unknown: true }),
  "marks without a line end": marked,
};

function newModel(tokenizer: Tokenizer, options: object = {}): Promise<LanguageModel> {
  const shape = { hiddenSize: 12, layers: 2, initializer: "uniform:0.8", seed: 3 };
  return LanguageModel.create({ tokenizer, ...shape, sentences: true, executor: native, ...options });
}

async function written(pieces: AsyncIterable<string>): Promise<string> {
  let all = "";
  for await (const piece of pieces) all += piece;
  return all;
}

for (const [kind, tokenizer] of Object.entries(kinds)) {
  test(`${kind}: a text that stands twice is as likely the second time as the first`, async () => {
    for (const executor of executors) {
      for (const cell of ["lstm", "gru", "rnn"] as const) {
        const model = await newModel(tokenizer, { cell, executor });
        const once = await model.logProbability("a b c\n");
        const twice = await model.logProbability("a b c\na b c\n");
        expect(twice.total).toBeCloseTo(2 * once.total, 4);
        expect(twice.tokens.length).toBe(2 * once.tokens.length);
      }
    }
  });

  test(`${kind}: evaluate and logProbability agree, empty lines and a missing last line end included`, async () => {
    for (const executor of executors) {
      const model = await newModel(tokenizer, { executor });
      for (const text of ["a b\n", "a b\nc\n", "c\n\n\na b b a c a\nb\n", "a\nb\nc\n".repeat(30)]) {
        const { total, tokens } = await model.logProbability(text);
        const { loss, tokens: count } = await model.evaluate(text, { batchSize: 3 });
        expect(tokens.length).toBe(count);
        expect(total / count).toBeCloseTo(-loss, 5);
      }
      const open = await model.logProbability("a b\nc");
      const closed = await model.logProbability("a b\nc\n");
      expect(open.tokens).toEqual(closed.tokens.slice(0, -1));
    }
  });

  test(`${kind}: the units do in a second line what they did in the first, and are surprised as much`, async () => {
    for (const executor of executors) {
      const model = await newModel(tokenizer, { executor });
      const { tokens, layers, surprise } = await model.activations("a b c\na b c\n");
      const half = tokens.length / 2;
      expect(tokens.slice(half)).toEqual(tokens.slice(0, half));
      for (const { values, units } of layers) {
        expect(values.subarray(half * units)).toEqual(values.subarray(0, half * units));
      }
      expect(surprise.subarray(half)).toEqual(surprise.subarray(0, half));
      const { total } = await model.logProbability("a b c\na b c\n");
      expect(-surprise.reduce((a, b) => a + b) * Math.LN2).toBeCloseTo(total, 3);
    }
  });

  test(`${kind}: what follows does not depend on earlier lines, in any way to write`, async () => {
    for (const executor of executors) {
      const model = await newModel(tokenizer, { executor });
      for (const prompt of ["", "a b"]) {
        const prompts = [prompt, `c\n${prompt}`, `a\nb b\n${prompt}`];
        const next = await Promise.all(prompts.map((text) => model.nextTokens(text)));
        expect(next[1]?.tokens).toEqual(next[0]?.tokens);
        expect(next[2]?.tokens).toEqual(next[0]?.tokens);
        const greedy = { temperature: 0, maximumLength: 20 };
        const [alone, ...others] = await model.generateAll({ prompts, ...greedy });
        expect(others).toEqual([alone, alone]);
        expect(await written(model.generate({ prompt: prompts[1] as string, ...greedy }))).toBe(alone);
        const beams = { beams: 4, nBest: 4, maximumLength: 6 };
        const [first, second] = await Promise.all(prompts.map((text) => model.beamSearch({ prompt: text, ...beams })));
        expect(second).toEqual(first);
      }
    }
  });

  test(`${kind}: writing stops at the line end, and goes on with lines that begin afresh where that is asked for`, async () => {
    for (const executor of executors) {
      const model = await newModel(tokenizer, { executor });
      const lines = await model.generateAll({ count: 50, seed: 1, maximumLength: 30 });
      expect(lines.filter((line) => line.includes("\n"))).toEqual([]);
      expect(new Set(lines.map(({ length }) => length)).size).toBeGreaterThan(3);
      const on = { end: "never", maximumLength: 30 } as const;
      const drawn = await model.generateAll({ count: 50, seed: 1, ...on });
      expect(drawn.map((text) => text.split("\n", 1)[0]?.trimEnd())).toEqual(lines.map((line) => line.trimEnd()));
      // One beam follows the likeliest token, and so does drawing at temperature 0: both through several lines.
      const { texts } = await model.beamSearch({ beams: 1, banned: [], maximumLength: 30, end: "never" });
      expect(texts[0]?.text).toBe(await written(model.generate({ temperature: 0, ...on })));
    }
  });
}

test("the second line that is drawn has the distribution of the first", async () => {
  const model = await newModel(kinds.characters as Tokenizer);
  const drawn = await model.generateAll({ count: 4000, seed: 5, end: "never", maximumLength: 24 });
  const begins = (line: number) => {
    const letters = drawn.map((text) => text.split("\n")[line]?.[0]).filter((letter) => letter !== undefined);
    return ["a", "b", "c", " "].map((letter) => letters.filter((other) => other === letter).length / letters.length);
  };
  const [first, second] = [begins(0), begins(1)];
  for (const [i, share] of first.entries()) expect(Math.abs(share - (second[i] as number))).toBeLessThan(0.04);
});

test("a mark that both begins and ends a sentence may be drawn", async () => {
  const ends = { ...marked.special, beginOfSentence: 2 };
  const tokenizer = new Proxy(marked, {
    get: (target, name) => {
      if (name === "special") return ends;
      const own = Reflect.get(target, name) as unknown;
      return typeof own === "function" ? own.bind(target) : own;
    },
  });
  const model = await newModel(tokenizer);
  const lines = await model.generateAll({ count: 30, seed: 1, maximumLength: 40 });
  expect(new Set(lines.map(({ length }) => length)).size).toBeGreaterThan(3);
});

test("a line of any length is measured, some steps at a time, as it is when read token by token", async () => {
  const model = await newModel(kinds.characters as Tokenizer);
  const long = "abc a".repeat(500);
  const text = `a\n${long}\nb c\n`;
  const { surprise } = await model.activations(text);
  const bits = surprise.reduce((a, b) => a + b, 0);
  const { total, tokens } = await model.logProbability(text);
  expect(tokens.length).toBe(text.length);
  expect(-total / Math.LN2 / bits).toBeCloseTo(1, 5);
  const { loss } = await model.evaluate(text, { batchSize: 3 });
  expect(loss).toBeCloseTo(-total / text.length, 5);
});

test("a line that overflows does not spoil the next one", async () => {
  for (const executor of executors) {
    const tokenizer = kinds.characters as Tokenizer;
    const model = await newModel(tokenizer, { cell: "rnn", activation: "relu", initializer: "normal:2", executor });
    const long = `${"a b c ".repeat(400)}\n`;
    await expect(model.logProbability(long)).rejects.toThrow("logProbability: the loss is not finite");
    expect(await model.nextTokens(`${long}a b`)).toEqual(await model.nextTokens("a b"));
  }
});

test("a line of one token is measured as every other is", async () => {
  const model = await newModel(kinds.characters as Tokenizer);
  const { loss, tokens } = await model.evaluate("a");
  expect(tokens).toBe(2);
  const both = await model.evaluate("a\na");
  expect(loss).toBeCloseTo(both.loss, 6);
  await expect(model.evaluate("")).rejects.toThrow("evaluate: expected at least 1 token, got 0.");
  await expect(model.logProbability("")).rejects.toThrow("logProbability: expected at least 1 token, got 0.");
});

test("data of another kind or of another tokenizer is refused, in training and in measuring", async () => {
  const other = CharacterTokenizer.fromText("a b c d\n");
  const [letters, text] = [kinds.characters as Tokenizer, "a b c\nc b a\n".repeat(20)];
  const stream = (made: Tokenizer) => memoryStream(made.encode(text), 0, made);
  const model = await newModel(letters);
  await expect(model.evaluate(stream(other))).rejects.toThrow(/made by another tokenizer.*model\.tokenizer/s);
  expect((await model.evaluate(stream(CharacterTokenizer.fromText("a b c\n")))).tokens).toBeGreaterThan(0);
  const windows = new WindowData(stream(letters), { batchSize: 2, windowLength: 4 });
  const lines = (options: object) =>
    SentenceData.create(stream(letters), { tokenizer: letters, batchSize: 4, ...options });
  const train = (own: LanguageModel, data: TrainingData<LanguageModelForm>) =>
    new Trainer(own, { data, epochs: 1 }).run();
  await expect(train(model, windows)).rejects.toThrow(/reads each line on its own.*WindowData is a running text/s);
  const running = await newModel(letters, { sentences: false });
  await expect(train(running, await lines({}))).rejects.toThrow(/sentences: true/);
  const foreign = new WindowData(stream(other), { batchSize: 2, windowLength: 4 });
  await expect(train(running, foreign)).rejects.toThrow(/made by another tokenizer/);
  await expect(lines({ tokenizer: other })).rejects.toThrow(/SentenceData: .*made by another tokenizer/);
  await train(running, windows);
  await train(model, await lines({}));
});

test("a longer line than training allows is refused by its number, cut or skipped", async () => {
  const tokenizer = kinds.characters as Tokenizer;
  const text = `a b\n${"ab".repeat(600)}\n\nc\n`;
  const stream = memoryStream(tokenizer.encode(text), text.length, tokenizer);
  const of = (options: object = {}) => SentenceData.create(stream, { tokenizer, batchSize: 2, seed: 1, ...options });
  await expect(of()).rejects.toThrow(/Line 2 of the text has 1200 tokens, and at most 1000 are allowed/);
  const tokens = async (data: SentenceData) => {
    const lines: string[] = [];
    for await (const { feeds, form, lengths } of data.batches(0)) {
      for (let b = 0; b < form.B; b++) {
        const column = Array.from(
          { length: lengths[b] as number },
          (_, t) => (feeds.targets as Int32Array)[t * form.B + b],
        );
        lines.push(tokenizer.decode(column as number[]));
      }
    }
    return lines.sort();
  };
  const cut = await of({ long: "cut", maximumLength: 10 });
  expect(await tokens(cut)).toEqual(["a b\n", "ababababab", "c\n"]);
  expect([cut.cut, cut.skipped]).toEqual([1, 0]);
  const skipped = await of({ long: "skip", maximumLength: 10 });
  expect(await tokens(skipped)).toEqual(["a b\n", "c\n"]);
  expect([skipped.cut, skipped.skipped]).toEqual([0, 1]);
  // Bits per character are those of the lines that are left.
  expect(skipped.characters).toBeLessThan(12);
  await expect(of({ long: "skip", maximumLength: 0 })).rejects.toThrow(/maximumLength/);
  expect(await tokens(await of({ role: "evaluate" }))).toHaveLength(4);
});

test("sentences in the order of the text have no order to draw: a seed beside it is refused", async () => {
  const tokenizer = CharacterTokenizer.fromText("ab\nba\n");
  const stream = memoryStream(tokenizer.encode("ab\nba\n"), 0);
  const make = SentenceData.create(stream, { tokenizer, batchSize: 1, inOrder: true, seed: 2 });
  await expect(make).rejects.toThrow(/inOrder and seed exclude each other/);
});
