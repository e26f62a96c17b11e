import { describe, expect, test } from "vitest";
import { CharacterTokenizer, memoryStream } from "../../../lib/data/index.js";
import { nativeExecutor } from "../../../lib/executor/native.js";
import { Graph } from "../../../lib/graph/index.js";
import { LanguageModel, Mixture } from "../../../lib/index.js";
import { SentenceData, WindowData } from "../../../lib/models/textModel/data.js";
import { TransformerLanguageModel } from "../../../lib/models/transformerLanguageModel/transformerLanguageModel.js";
import { Trainer } from "../../../lib/train/trainer.js";

const letters = "abcdefgh";
const tokenizer = CharacterTokenizer.fromText(`${letters}\n`);
const executor = nativeExecutor();

/** A line of so many tokens, its end left out. */
const line = (length: number) => letters.repeat(Math.ceil(length / 8)).slice(0, length);

function newModel(contextLength: number, options: object = {}): Promise<TransformerLanguageModel> {
  const small = { hiddenSize: 8, heads: 2, layers: 1, sentences: true, contextLength };
  return TransformerLanguageModel.create({ tokenizer, executor, ...small, ...options });
}

function linesOf(model: TransformerLanguageModel, lengths: readonly number[], options: object = {}) {
  const stream = memoryStream(model.tokenizer.encode(lengths.map((length) => `${line(length)}\n`).join("")), 0);
  return SentenceData.create(stream, { tokenizer: model.tokenizer, ...options });
}

describe.each([
  [100, [96, 97, 98, 99]],
  [50, [48, 49]],
  [20, [16, 17, 18, 19]],
  [2, [1]],
] as const)("with a context of %i", (contextLength, lengths) => {
  test.each(["rotary", "learned", "sinusoidal"])(
    "%s: every line that fits is learnt and measured",
    async (positions) => {
      const model = await newModel(contextLength, { positions });
      for (const length of lengths) {
        const { tokens } = await model.evaluate(line(length));
        expect(tokens).toBe(length + 1);
        expect((await model.logProbability(`${line(length)}\n`)).tokens.length).toBe(length + 1);
      }
      const data = await linesOf(model, lengths);
      const validation = await linesOf(model, lengths, { role: "validate" });
      await new Trainer(model, { data, validation, epochs: 2 }).run();
      expect((await model.evaluate(lengths.map(line).join("\n"), { batchSize: 3 })).tokens).toBe(
        lengths.reduce((sum, length) => sum + length + 1, 0),
      );
    },
  );

  test("a longer line is refused by its number and length, before an update, and can be cut or left out", async () => {
    const model = await newModel(contextLength);
    const long = [1, contextLength];
    const message = new RegExp(
      `[Ll]ine 2 of the text has ${contextLength} tokens, ${contextLength + 1} with its end, and this model reads at most ` +
        `${contextLength} \\(contextLength\\)`,
    );
    await expect(model.evaluate(long.map(line).join("\n"))).rejects.toThrow(message);
    await expect(model.logProbability(long.map(line).join("\n"))).rejects.toThrow(message);
    await expect(linesOf(model, long, { longest: contextLength })).rejects.toThrow(message);
    for (const role of ["train", "validate"] as const) {
      const data = await linesOf(model, [1]);
      const unknowing = await linesOf(model, long, { role });
      const parts = role === "train" ? { data: unknowing } : { data, validation: unknowing };
      let steps = 0;
      const trainer = new Trainer(model, { ...parts, epochs: 1 });
      trainer.on("step", () => steps++);
      await expect(trainer.run()).rejects.toThrow(message);
      expect(steps).toBe(0);
    }
    for (const rule of ["cut", "skip"] as const) {
      const options = { longest: model.network.windowLength, long: rule };
      const data = await linesOf(model, long, options);
      const validation = await linesOf(model, long, { ...options, role: "validate" });
      expect([data.cut, data.skipped]).toEqual(rule === "cut" ? [1, 0] : [0, 1]);
      await new Trainer(model, { data, validation, epochs: 1 }).run();
    }
  });
});

test("a line that is not whole in a batch is refused where a step is made of it", async () => {
  const model = await newModel(20);
  const form = { T: 20, B: 1, role: "train", lengths: true, carried: true } as const;
  expect(() => model.recordLoss(new Graph({ training: true }), form as never)).toThrow(
    "A line of more than 20 tokens is read in parts, and this model carries nothing from one to the next: make SentenceData with " +
      "longest, the windowLength of the model's network.",
  );
  expect(() => model.recordLoss(new Graph(), { ...form, T: 21, carried: false } as never)).toThrow(
    "TransformerLanguageModel: this model reads at most 20 tokens at a time (contextLength), got 21. Make windows or lines",
  );
});

test("a line in a context of one token has no room for its end", async () => {
  const model = await newModel(1);
  await expect(model.evaluate("a")).rejects.toThrow(/has 1 token, 2 with its end, and this model reads at most 1 /);
});

test("padding changes no line's loss where the context cuts it short", async () => {
  const model = await newModel(15, { positions: "learned" });
  const lines = [3, 14, 13, 14].map(line);
  const alone = [];
  for (const one of lines) alone.push((await model.logProbability(`${one}\n`)).total);
  const { loss, tokens } = await model.evaluate(lines.join("\n"), { batchSize: 4 });
  expect(loss * tokens).toBeCloseTo(-alone.reduce((sum, total) => sum + total, 0), 3);
});

test("lines of more than a thousand tokens are read whole, as nothing is carried from one part to the next", async () => {
  const model = await newModel(1300);
  expect((await model.evaluate(line(1200))).tokens).toBe(1201);
  const validation = await linesOf(model, [1200], { role: "validate", longest: 1300 });
  await new Trainer(model, { data: await linesOf(model, [3]), validation, epochs: 1 }).run();
});

test("a mixture reads the lines that its Transformer reads", async () => {
  const transformer = await newModel(20);
  const lstm = await LanguageModel.create({ tokenizer, executor, hiddenSize: 8, sentences: true });
  const mixture = await Mixture.of([transformer, lstm], { weights: [1, 0] });
  expect((await mixture.evaluate(line(17))).loss).toBeCloseTo((await transformer.evaluate(line(17))).loss, 5);
  await expect(mixture.evaluate(line(20))).rejects.toThrow(/20 tokens, 21 with its end, .* at most 20/);
});

describe("windows", () => {
  const stream = memoryStream(tokenizer.encode(line(4000)), 0);

  test("of drawn lengths stay within the context", async () => {
    const model = await newModel(32, { sentences: false });
    const data = new WindowData(stream, { windowLength: 32, windowSpread: 8, batchSize: 2, longest: 32 });
    const lengths: number[] = [];
    for await (const { form } of data.batches(0)) lengths.push(form.T);
    expect(Math.max(...lengths)).toBe(32);
    expect(Math.min(...lengths)).toBeLessThan(30);
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(1999);
    await new Trainer(model, { data, epochs: 1 }).run();
  });

  test("that are longer than the context are refused before an update, with the knob", async () => {
    const model = await newModel(32, { sentences: false });
    const message = /this model reads at most 32 tokens at a time \(contextLength\), got windows of .*(33|40)/;
    expect(() => new WindowData(stream, { windowLength: 33, longest: 32 })).toThrow(message);
    await expect(model.evaluate(line(100), { windowLength: 33 })).rejects.toThrow(message);
    for (const sizes of [{ windowLength: 33 }, { windowLength: 32, windowSpread: 8 }]) {
      const data = new WindowData(stream, { ...sizes, batchSize: 2 });
      await expect(new Trainer(model, { data, epochs: 1 }).run()).rejects.toThrow(
        /at most 32 tokens at a time .* got windows of/,
      );
    }
  });
});

test("dynamic evaluation learns from whole windows unless it is told otherwise, as each begins afresh", async () => {
  const text = "the cat sat on the mat. the dog ran. ".repeat(8);
  const own = CharacterTokenizer.fromText(text);
  const of = { executor, hiddenSize: 8 };
  const transformer = await TransformerLanguageModel.create({
    ...{ ...of, tokenizer: own, heads: 2, layers: 1, contextLength: 16 },
  });
  const lstm = await LanguageModel.create({ ...of, tokenizer: own, layers: 1 });
  for (const [model, windowLength] of [
    [transformer, 16],
    [lstm, 5],
  ] as const) {
    const usual = await model.evaluate(text, { dynamicRate: 0.1 });
    expect(usual.loss).toBe((await model.evaluate(text, { dynamicRate: 0.1, windowLength })).loss);
    expect(usual.loss).not.toBe((await model.evaluate(text, { dynamicRate: 0.1, windowLength: 7 })).loss);
  }
});

test("attention of a model of sentences is that of one line, with its beginning", async () => {
  const model = await newModel(20);
  const [block] = await model.attention(line(19));
  expect(block?.source.length).toBe(20);
  await expect(model.attention(`${line(3)}\n${line(3)}`)).rejects.toThrow(/reads each line on its own: give one/);
  await expect(model.attention(line(20))).rejects.toThrow(/the text has 20 tokens, 21 with its end, .* at most 20/);
});
