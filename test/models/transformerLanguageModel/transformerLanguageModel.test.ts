import { join } from "node:path";
import { expect, test } from "vitest";
import { CharacterTokenizer, memoryStream } from "../../../lib/data/index.js";
import { nativeExecutor } from "../../../lib/executor/native.js";
import { ReferenceExecutor } from "../../../lib/executor/reference/executor.js";
import { Graph, ops } from "../../../lib/graph/index.js";
import { LanguageModel, Mixture } from "../../../lib/index.js";
import { SentenceData, WindowData } from "../../../lib/models/textModel/data.js";
import { TransformerLanguageModel } from "../../../lib/models/transformerLanguageModel/transformerLanguageModel.js";
import { adam } from "../../../lib/train/optimizers.js";
import { Trainer } from "../../../lib/train/trainer.js";
import { temporaryFolder } from "../../data/temporaryFolder.js";

const text = "The quick brown fox jumps over the lazy dog.\nPack my box with five dozen liquor jugs.\n";
const tokenizer = CharacterTokenizer.fromText(text);
const executor = nativeExecutor();
const kinds = ["rotary", "learned", "sinusoidal"] as const;

function newModel(options: object = {}): Promise<TransformerLanguageModel> {
  const small = { hiddenSize: 16, heads: 2, layers: 2, contextLength: 100 };
  return TransformerLanguageModel.create({ tokenizer, executor, ...small, ...options });
}

/** A model that is sure of something, as a new one is not. */
async function learntModel(options: object = {}): Promise<TransformerLanguageModel> {
  const model = await newModel(options);
  const data = new WindowData(memoryStream(tokenizer.encode(text.repeat(4)), 0), { batchSize: 2, windowLength: 20 });
  await new Trainer(model, { data, epochs: 15, optimizer: adam({ learningRate: 0.01 }) }).run();
  return model;
}

test.each(kinds)(
  "%s: a text read at once is as likely as one read token by token, with keys and values kept",
  async (positions) => {
    const model = await learntModel({ positions });
    const { tokens } = await model.logProbability(text.slice(0, 40));
    for (const at of [1, 10, 39]) {
      const { tokens: next } = await model.nextTokens(text.slice(0, at), { top: tokenizer.size });
      const own = next.find((one) => one.text === text[at]);
      expect(Math.log(own?.probability as number)).toBeCloseTo(tokens[at - 1]?.logProbability as number, 4);
    }
  },
);

test("the native executor agrees with the float64 reference", async () => {
  for (const form of [{}, { positions: "learned", normalization: "post", activation: "swiglu", tied: false }]) {
    const native = await newModel(form);
    const reference = await newModel({ ...form, executor: new ReferenceExecutor({ precision: "float64" }) });
    expect((await native.evaluate(text)).loss).toBeCloseTo((await reference.evaluate(text)).loss, 5);
  }
});

test("one beam writes what generation at temperature 0 writes, also past the context", async () => {
  for (const positions of kinds) {
    const model = await learntModel({ positions, contextLength: 20 });
    let greedy = "";
    for await (const piece of model.generate({ prompt: "The", temperature: 0, maximumLength: 60 })) greedy += piece;
    const { texts } = await model.beamSearch({ prompt: "The", beams: 1, maximumLength: 60 });
    expect(texts.map((found) => found.text)).toEqual([greedy]);
  }
});

test("the score of a text that beams found is its log-probability after the prompt", async () => {
  const model = await learntModel();
  const { texts } = await model.beamSearch({ prompt: "Pack", beams: 6, nBest: 6, maximumLength: 12 });
  expect(texts.length).toBe(6);
  for (const { text: found, score } of texts) {
    const { tokens } = await model.logProbability(`Pack${found}`);
    const after = tokens.slice(3).reduce((sum, { logProbability }) => sum + logProbability, 0);
    expect(score).toBeCloseTo(after, 3);
  }
});

test("a window is as likely whatever stands before it, and longer ones than the context are refused with the knob", async () => {
  const model = await newModel({ contextLength: 16 });
  const half = await model.evaluate(text.slice(0, 17));
  const whole = await model.evaluate(text.slice(0, 33));
  const second = await model.evaluate(text.slice(16, 33));
  expect(whole.loss * 32).toBeCloseTo(half.loss * 16 + second.loss * 16, 4);
  await expect(model.evaluate(text, { windowLength: 17 })).rejects.toThrow(
    /at most 16 tokens .*contextLength.* got windows of 17/,
  );
});

test("label smoothing adds the cross-entropy with all tokens alike to the loss that is learnt, and to no measurement", async () => {
  const labelSmoothing = 0.3;
  const lossOf = async (options: object) => {
    const model = await newModel({ hiddenSize: 8, ...options });
    const data = new WindowData(memoryStream(tokenizer.encode(text), 0), { batchSize: 1, windowLength: 12 });
    let first = Number.NaN;
    const trainer = new Trainer(model, { data, maximumSteps: 1, optimizer: adam({ learningRate: 0 }) });
    trainer.on("step", ({ loss }) => {
      first = loss;
    });
    await trainer.run();
    return { model, first };
  };
  const plain = await lossOf({});
  const smooth = await lossOf({ labelSmoothing });
  // The mean of the cross-entropies with each token as target, over the same window.
  let uniform = 0;
  for (let at = 1; at <= 12; at++) {
    const { tokens } = await plain.model.nextTokens(text.slice(0, at), { top: tokenizer.size });
    uniform -= tokens.reduce((sum, { probability }) => sum + Math.log(probability), 0) / tokenizer.size / 12;
  }
  expect(smooth.first).toBeCloseTo((1 - labelSmoothing) * plain.first + labelSmoothing * uniform, 4);
  expect((await smooth.model.evaluate(text)).loss).toBeCloseTo((await plain.model.evaluate(text)).loss, 6);
});

test("sentences of different lengths are learnt and measured side by side as alone", async () => {
  const model = await newModel({ sentences: true, labelSmoothing: 0.1 });
  const together = await model.evaluate(text, { batchSize: 2 });
  const alone = await model.evaluate(text, { batchSize: 1 });
  expect(together.loss).toBeCloseTo(alone.loss, 5);
  // The loss that is learnt is smoothed, and nothing is asked for past the end of a line.
  const learnt = async (...lines: string[]) => {
    const stream = memoryStream(tokenizer.encode(lines.map((line) => `${line}\n`).join("")), 0);
    const batches = (await SentenceData.create(stream, { tokenizer, batchSize: lines.length })).batches(0);
    let total = 0;
    for await (const { form, feeds } of batches) {
      const graph = new Graph({ training: true });
      graph.output("total", ops.sum(model.recordLoss(graph, form).losses));
      const { outputs } = await executor.compile(graph.program(), model.store).run(feeds);
      total += outputs.total?.[0] as number;
    }
    return total;
  };
  const [short, long] = ["The fox", "Pack my box with five dozen liquor jugs."] as const;
  const sum = (await learnt(short)) + (await learnt(long));
  expect(await learnt(short, long)).toBeCloseTo(sum, 3);
});

test("in a mixture it reads windows from their beginning, while the other model carries its state", async () => {
  const transformer = await newModel({ contextLength: 16 });
  const lstm = await LanguageModel.create({ tokenizer, executor, hiddenSize: 8, layers: 1 });
  for (const [weights, one] of [
    [[1, 0], transformer],
    [[0, 1], lstm],
  ] as const) {
    const mixture = await Mixture.of([transformer, lstm], { weights });
    expect((await mixture.evaluate(text)).loss).toBeCloseTo((await one.evaluate(text)).loss, 5);
    const { tokens } = await mixture.nextTokens("The quick", { top: 3 });
    const { tokens: own } = await one.nextTokens("The quick", { top: 3 });
    expect(tokens.map(({ id }) => id)).toEqual(own.map(({ id }) => id));
  }
});

test("by head it says which token of a text looks at which: distributions over those before", async () => {
  const model = await learntModel();
  const looks = await model.attention("The quick");
  expect(looks.map(({ name }) => name)).toEqual(["block 1", "block 2"]);
  for (const { source, target, heads } of looks) {
    expect([source.length, target.length, heads.length]).toEqual([9, 9, 2]);
    for (const rows of heads) {
      for (const [t, row] of rows.entries()) {
        expect(row.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
        expect(row.slice(t + 1).every((weight) => weight === 0)).toBe(true);
      }
    }
  }
  // The same weights, whatever comes after.
  const longer = await model.attention("The quick brown");
  for (const [t, row] of (looks[1]?.heads[0] ?? []).entries()) {
    for (let s = 0; s < 9; s++) expect(longer[1]?.heads[0]?.[t]?.[s]).toBeCloseTo(row[s] as number, 5);
  }
  await expect(model.attention("")).rejects.toThrow(/the text has no tokens/);
  await expect(model.attention("T".repeat(101))).rejects.toThrow(
    /attention: the text has 101 tokens, and this model reads at most 100 \(contextLength\)/,
  );
});

test("a saved model is what it was", async () => {
  const folder = join(await temporaryFolder(), "model");
  const model = await learntModel({ positions: "sinusoidal", activation: "swiglu" });
  await model.save(folder);
  const again = await TransformerLanguageModel.load(folder, { executor });
  expect(again.network.config).toEqual(model.network.config);
  expect((await again.evaluate(text)).loss).toBe((await model.evaluate(text)).loss);
  await again.quantize("int8");
  expect((await again.evaluate(text)).loss).toBeCloseTo((await model.evaluate(text)).loss, 0);
});
