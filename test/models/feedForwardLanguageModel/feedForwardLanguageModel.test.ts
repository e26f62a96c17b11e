import { join } from "node:path";
import { expect, test } from "vitest";
import { memoryStream, WordTokenizer } from "../../../lib/data/index.js";
import { nativeExecutor } from "../../../lib/executor/native.js";
import { ReferenceExecutor } from "../../../lib/executor/reference/executor.js";
import { FeedForwardLanguageModel } from "../../../lib/models/feedForwardLanguageModel/feedForwardLanguageModel.js";
import { loadModel } from "../../../lib/models/registry.js";
import { SentenceData, WindowData } from "../../../lib/models/textModel/data.js";
import { adam } from "../../../lib/train/optimizers.js";
import { Trainer } from "../../../lib/train/trainer.js";
import { temporaryFolder } from "../../data/temporaryFolder.js";

const line = "the cat sat on the mat and the dog sat on the log .\n";
const tokenizer = WordTokenizer.fromText(line, { unknown: true });
const V = tokenizer.size;
const oracle = () => new ReferenceExecutor({ precision: "float64" });
const small = { order: 4, embeddingSize: 3, hiddenSize: 5, initializer: "uniform:0.8", seed: 2 };

function newModel(options: object = {}) {
  return FeedForwardLanguageModel.create({ tokenizer, executor: nativeExecutor(), ...small, ...options });
}

/** y = b + W x + U tanh(d + H x) and its softmax, in plain loops. @param recent the last n - 1 tokens, the newest first. */
async function logProbabilitiesOf(model: FeedForwardLanguageModel, recent: readonly (number | null)[]) {
  const read = async (name: string) => (await model.store.read(name)) as Float64Array;
  const [C, H, d, U, b] = await Promise.all(
    ["embedding.weight", "hidden.weight", "hidden.bias", "output.weight", "output.bias"].map(read),
  );
  const { embeddingSize: E, direct } = model.network.config;
  const x = recent.flatMap((token) => {
    const row = token === null ? 0 : token + 1;
    return Array.from((C as Float64Array).subarray(row * E, (row + 1) * E));
  });
  const times = (matrix: Float64Array | undefined, vector: readonly number[], bias: Float64Array | undefined) =>
    Array.from(bias as Float64Array, (start, r) =>
      vector.reduce(
        (sum, value, i) => sum + value * ((matrix as Float64Array)[r * vector.length + i] as number),
        start,
      ),
    );
  const hidden = times(H, x, d).map(Math.tanh);
  const y = times(U, direct ? [...hidden, ...x] : hidden, b);
  const normalizer = Math.log(y.reduce((sum, value) => sum + Math.exp(value), 0));
  return y.map((value) => value - normalizer);
}

for (const direct of [false, true]) {
  test(`the probabilities are those of equation 1, direct connections: ${direct}`, async () => {
    const model = await newModel({ direct, executor: oracle() });
    const ids = [...tokenizer.encode("the cat sat on the mat")];
    const { tokens } = await model.logProbability("the cat sat on the mat");
    expect(tokens).toHaveLength(ids.length - 1);
    for (const [i, { logProbability }] of tokens.entries()) {
      // Before the text stands no token.
      const recent = [0, 1, 2].map((k) => ids[i - k] ?? null);
      const all = await logProbabilitiesOf(model, recent);
      expect(logProbability).toBeCloseTo(all[ids[i + 1] as number] as number, 10);
    }
  });
}

test("a token is predicted from the n - 1 before it and no others", async () => {
  const model = await newModel();
  const last = async (prompt: string) =>
    (await model.nextTokens(prompt, { top: V })).tokens.map(({ probability }) => probability);
  expect(await last("dog dog the cat sat")).toEqual(await last("log the cat sat"));
  expect(await last("the cat sat")).not.toEqual(await last("dog cat sat"));
});

test("windows of any length, and parts side by side, read the same text", async () => {
  for (const executor of [nativeExecutor(), oracle()]) {
    const model = await newModel({ executor });
    const text = line.repeat(4);
    const { loss } = await model.evaluate(text, { windowLength: 64 });
    for (const windowLength of [1, 2, 3, 7]) {
      expect((await model.evaluate(text, { windowLength })).loss).toBeCloseTo(loss, 6);
    }
    const { total, tokens } = await model.logProbability(text);
    expect(-total / tokens.length).toBeCloseTo(loss, 6);
  }
});

test("a model of sentences begins each line at its beginning, alone and beside longer ones", async () => {
  for (const executor of [nativeExecutor(), oracle()]) {
    const model = await newModel({ sentences: true, executor });
    const lines = ["the cat sat\n", "the dog sat on the log and the cat sat on the mat .\n", "on\n"];
    const alone = await Promise.all(lines.map((text) => model.logProbability(text)));
    const together = await model.logProbability(lines.join(""));
    expect(together.total).toBeCloseTo(
      alone.reduce((sum, { total }) => sum + total, 0),
      5,
    );
    // Step by step, as texts are written.
    const { tokens } = await model.nextTokens("the cat sat\n", { top: V });
    const first = (await model.logProbability("the\n")).tokens[0];
    expect(tokens.find(({ token }) => token === "the")?.logProbability).toBeCloseTo(first?.logProbability as number, 5);
  }
});

test("it learns a line by heart, writes it, finds it, and comes back from its folder the same", async () => {
  const text = line.repeat(30);
  const model = await newModel({ order: 5, embeddingSize: 12, hiddenSize: 24, direct: true, initializer: "default" });
  const data = new WindowData(memoryStream(tokenizer.encode(text), text.length), { batchSize: 4, windowLength: 8 });
  await new Trainer(model, {
    data,
    optimizer: adam({ learningRate: 0.02 }),
    epochs: 100,
    maximumSteps: 200,
  }).run();
  expect((await model.evaluate(text)).loss).toBeLessThan(0.1);
  let written = "";
  for await (const piece of model.generate({ prompt: "the cat", maximumLength: 12, temperature: 0.1 }))
    written += piece;
  expect(`the cat${written}`).toBe(line.trimEnd());
  const { texts } = await model.beamSearch({ prompt: "the cat", beams: 3, maximumLength: 20 });
  expect(texts[0]?.text).toBe(written);
  const [[again]] = [await model.generateAll({ prompts: ["the cat"], maximumLength: 12, temperature: 0.1 })];
  expect(again).toBe(written);

  const place = join(await temporaryFolder(), "model");
  await model.save(place);
  const loaded = (await loadModel(place, { executor: nativeExecutor() })) as FeedForwardLanguageModel;
  expect(loaded).toBeInstanceOf(FeedForwardLanguageModel);
  expect(loaded.network.config).toEqual(model.network.config);
  expect(await loaded.evaluate(text)).toEqual(await model.evaluate(text));
  await loaded.quantize("int8");
  expect((await loaded.evaluate(text)).loss).toBeLessThan(0.2);
});

test("the executors learn the same, from sentences too", async () => {
  const losses = await Promise.all(
    [nativeExecutor(), oracle()].map(async (executor) => {
      const model = await newModel({ executor, sentences: true, direct: true });
      const stream = memoryStream(model.tokenizer.encode(line.repeat(10)), 10 * line.length);
      const data = await SentenceData.create(stream, { tokenizer: model.tokenizer, batchSize: 3 });
      await new Trainer(model, { data, epochs: 2 }).run();
      return (await model.evaluate(line)).loss;
    }),
  );
  expect(losses[0]).toBeCloseTo(losses[1] as number, 4);
});

test("a training that was stopped inside a text goes on with the tokens before, to the same weights", async () => {
  const text = line.repeat(10);
  const folder = join(await temporaryFolder(), "model");
  const trained = async (...steps: number[]) => {
    const model = await newModel({ direct: true });
    for (const [i, maximumSteps] of steps.entries()) {
      const stream = memoryStream(tokenizer.encode(text), text.length);
      const data = new WindowData(stream, { batchSize: 2, windowLength: 5 });
      const where = steps.length > 1 ? { folder, resume: i > 0 } : {};
      await new Trainer(model, { data, epochs: 2, maximumSteps, ...where }).run();
    }
    return model.store.read("output.weight");
  };
  expect(await trained(3, 9)).toEqual(await trained(9));
});

test("an order that leaves no token to read is refused by its name", async () => {
  await expect(newModel({ order: 1 })).rejects.toThrow("FeedForwardLanguageModel: expected order to be");
});
