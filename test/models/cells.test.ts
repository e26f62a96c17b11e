import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CharacterTokenizer, memoryStream, TokenizerPair } from "../../lib/data/index.js";
import type { Executor } from "../../lib/executor/executor.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { LanguageModel } from "../../lib/models/languageModel/languageModel.js";
import { PairData } from "../../lib/models/pairModel/pairData.js";
import { Seq2Seq } from "../../lib/models/seq2seq/seq2seq.js";
import { WindowData } from "../../lib/models/textModel/data.js";
import { knownCells } from "../../lib/nn/cellRegistry.js";
import { adam } from "../../lib/train/optimizers.js";
import { Trainer } from "../../lib/train/trainer.js";
import { temporaryFolder } from "../data/temporaryFolder.js";

const line = "to be or not to be, that is the question.\n";
const text = line.repeat(40);
const characters = CharacterTokenizer.fromText(text);

/** A model that has learnt the line by heart. */
async function reciter(
  cell: string,
  { executor = nativeExecutor(), steps = 150 }: { executor?: Executor; steps?: number } = {},
) {
  const model = await LanguageModel.create({ tokenizer: characters, cell, layers: 2, hiddenSize: 40, executor });
  const stream = memoryStream(characters.encode(text), text.length);
  const trainer = new Trainer(model, {
    data: new WindowData(stream, { batchSize: 4, windowLength: 50 }),
    optimizer: adam({ learningRate: 0.01 }),
    epochs: 1000,
    maximumSteps: steps,
  });
  await trainer.run();
  return model;
}

const pairs = ["abc", "bca", "cab", "acb", "bac", "cba", "ab", "ba", "ca", "bc"].map((source, i) => ({
  source,
  target: [...source].reverse().join(""),
  place: `pair ${i + 1}`,
}));
const letters = CharacterTokenizer.fromText("abc\n", { unknown: true });
const tokenizer = new TokenizerPair(letters, letters);

/** A model that has learnt to reverse a few words. */
async function reverser(cell: string, options: object = {}, steps = 250) {
  const sizes = { hiddenSize: 24, embeddingSize: 12, encoderLayers: 1, decoderLayers: 1 };
  const model = await Seq2Seq.create({ tokenizer, cell, ...sizes, executor: nativeExecutor(), ...options });
  const trainer = new Trainer(model, {
    data: await PairData.create(pairs, { tokenizer, batchSize: 5 }),
    optimizer: adam({ learningRate: 0.01 }),
    epochs: 1000,
    maximumSteps: steps,
  });
  await trainer.run();
  return model;
}

const sources = pairs.map(({ source }) => source);
const targets = pairs.map(({ target }) => target);
const textsOf = async (model: Seq2Seq, beams: number) =>
  (await model.translate(sources, { beams })).map((translation) => translation.text);

describe.each(knownCells().map(({ name }) => name))("%s", (cell) => {
  test("a language model learns a line by heart, writes it, finds it, and comes back from its folder the same", async () => {
    const model = await reciter(cell);
    const { loss: nats } = await model.evaluate(text);
    expect(nats).toBeLessThan(0.15);
    const [written] = await model.generateAll({ prompts: ["to be or"], maximumLength: 20, temperature: 0.1 });
    expect(`to be or${written}`).toBe(line.slice(0, 28));
    let streamed = "";
    const pieces = model.generate({ prompt: "to be or", maximumLength: 20, temperature: 0.1 });
    for await (const piece of pieces) streamed += piece;
    expect(streamed).toBe(written);
    const { texts } = await model.beamSearch({ prompt: "to be or", beams: 3, maximumLength: 20 });
    expect(texts[0]?.text).toBe(written);

    const place = join(await temporaryFolder(), "model");
    await model.save(place);
    const loaded = await LanguageModel.load(place, { executor: nativeExecutor() });
    expect(loaded.network.config).toEqual(model.network.config);
    expect(await loaded.evaluate(text)).toEqual(await model.evaluate(text));

    await loaded.quantize("int8");
    expect((await loaded.evaluate(text)).loss).toBeLessThan(nats + 0.1);
    await loaded.save(`${place}-int8`);
    const small = await LanguageModel.load(`${place}-int8`, { executor: nativeExecutor() });
    expect(await small.evaluate(text)).toEqual(await loaded.evaluate(text));
  });

  test("an encoder-decoder learns to reverse words, greedily and with beams, and comes back from its folder the same", async () => {
    const model = await reverser(cell);
    expect(await textsOf(model, 1)).toEqual(targets);
    expect(await textsOf(model, 4)).toEqual(targets);
    const place = join(await temporaryFolder(), "model");
    await model.save(place);
    const loaded = await Seq2Seq.load(place, { executor: nativeExecutor() });
    expect(loaded.network.config).toEqual(model.network.config);
    expect(await loaded.evaluate(pairs)).toEqual(await model.evaluate(pairs));
  });

  test("the executors learn the same", async () => {
    const [native, reference] = [
      await reciter(cell, { steps: 5 }),
      await reciter(cell, { steps: 5, executor: new ReferenceExecutor({ precision: "float64" }) }),
    ];
    expect((await native.evaluate(line)).loss).toBeCloseTo((await reference.evaluate(line)).loss, 3);
  });

  test.each([
    { attend: "before", encoderLayers: 2 },
    { inputFeeding: true, bidirectional: false },
    { attention: "none", context: "every", decoderLayers: 2 },
    { attention: "none", sharedStack: true, bidirectional: false },
  ] as const)("an encoder-decoder of the form %o learns", async (options) => {
    const untrained = await reverser(cell, options, 1);
    const trained = await reverser(cell, options, 60);
    expect((await trained.evaluate(pairs)).loss).toBeLessThan(0.8 * (await untrained.evaluate(pairs)).loss);
  });
});
