import { join } from "node:path";
import { expect, test } from "vitest";
import { memoryStream } from "../../lib/data/index.js";
import type { ValidationEvent } from "../../lib/index.js";
import {
  adam,
  CharacterTokenizer,
  LanguageModel,
  loadTrainerHistory,
  SequenceTagger,
  TaggedData,
  TaggerVocabulary,
  Trainer,
  WindowData,
} from "../../lib/index.js";
import type { Parameter } from "../../lib/nn/parameter.js";
import { momentName } from "../../lib/train/optimizers.js";
import { temporaryFolder } from "../data/temporaryFolder.js";

/** Tags that words do not tell: what is learnt of them by heart makes the loss of others rise. */
const sentences = (from: number) =>
  Array.from({ length: 40 }, (_, i) => {
    const tokens = Array.from({ length: 5 }, (_, t) => `w${(from + i * 5 + t * t) % 23}`);
    return { tokens, tags: tokens.map((_, t) => ["A", "B", "C"][(from + i * t + t) % 3] as string) };
  });

const tokenizer = TaggerVocabulary.of(sentences(0));
const data = await TaggedData.create(sentences(0), { tokenizer, wordDropout: 0, batchSize: 8 });
const validation = await TaggedData.create(sentences(7), { tokenizer, role: "validate" });

async function trained(best: "loss" | "accuracy", output: "softmax" | "crf", folder?: string, epochs = 12) {
  const model = await SequenceTagger.create({ tokenizer, hiddenSize: 12, characters: "none", dropout: 0, output });
  const options = { data, validation, epochs, best, optimizer: adam({ learningRate: 0.02 }) };
  const trainer = new Trainer(model, { ...options, ...(folder === undefined ? {} : { folder }) });
  const events: ValidationEvent[] = [];
  trainer.on("validation", (event) => events.push(event));
  await trainer.run();
  return { model, events };
}

test.each(["softmax", "crf"] as const)(
  "the best parameters of a tagger with %s are those of the highest accuracy, where that is asked for",
  async (output) => {
    const { model, events } = await trained("accuracy", output);
    const accuracies = events.map(({ accuracy }) => accuracy as number);
    const top = Math.max(...accuracies);
    expect((await model.evaluate(sentences(7))).accuracy).toBeCloseTo(top, 10);
    for (const [i, { best }] of events.entries()) {
      expect(best).toBe(accuracies.slice(0, i).every((before) => (accuracies[i] as number) > before));
    }
    const byLoss = await trained("loss", output);
    const lowest = Math.min(...byLoss.events.map(({ loss }) => loss));
    expect((await byLoss.model.evaluate(sentences(7))).loss).toBeCloseTo(lowest, 5);
    expect(top).toBeGreaterThan((await byLoss.model.evaluate(sentences(7))).accuracy);
  },
);

test("a resumed training remembers the highest accuracy", async () => {
  const folder = join(await temporaryFolder(), "model");
  const { events } = await trained("accuracy", "softmax", folder, 6);
  const model = await SequenceTagger.load(folder);
  const options = { data, validation, epochs: 12, best: "accuracy", optimizer: adam({ learningRate: 0.02 }) } as const;
  const trainer = new Trainer(model, { ...options, folder, resume: true });
  const more: ValidationEvent[] = [];
  trainer.on("validation", (event) => more.push(event));
  await trainer.run();
  const strip = (all: readonly ValidationEvent[]) => all.map(({ accuracy, best }) => ({ accuracy, best }));
  expect(strip([...events, ...more])).toEqual(strip((await trained("accuracy", "softmax")).events));
});

test("where the accuracy counts, a training that diverges ends with the parameters of the highest", async () => {
  const model = await SequenceTagger.create({ tokenizer, hiddenSize: 8, characters: "none" });
  const optimizer = adam({ learningRate: 0.02 });
  const moment = momentName(optimizer, optimizer.moments[0] as string, model.parameters[0] as Parameter);
  let updates = 0;
  const batches = async function* () {
    if (updates > data.length) await model.store.write(moment, (await model.store.read(moment)).fill(Number.NaN));
    yield* validation.batches(0);
  };
  const broken = { length: validation.length, role: "validate" as const, batches };
  const trainer = new Trainer(model, { data, validation: broken, best: "accuracy", epochs: 30, optimizer });
  trainer.on("step", ({ step }) => {
    updates = step;
  });
  await expect(trainer.run()).rejects.toThrow(/ The parameters are those of the highest accuracy\. Lower the learning/);
});

test("a model without an accuracy is refused before it learns", async () => {
  const characters = CharacterTokenizer.fromText("ab\n");
  const model = await LanguageModel.create({ tokenizer: characters, hiddenSize: 4 });
  const stream = memoryStream(characters.encode("abab\n".repeat(50)), 250);
  const windows = new WindowData(stream, { batchSize: 2, windowLength: 4 });
  const measured = new WindowData(stream, { batchSize: 2, windowLength: 4, role: "validate" });
  const trainer = new Trainer(model, { data: windows, validation: measured, best: "accuracy" });
  await expect(trainer.run()).rejects.toThrow(/best is "accuracy", and this model has none/);
});

test("what counts is the accuracy of the parameters that were kept, and the history says which they are", async () => {
  const folder = join(await temporaryFolder(), "model");
  await trained("loss", "softmax", folder, 4);
  const before = (await loadTrainerHistory(folder)).validations;
  const lowest = Math.min(...before.map(({ loss }) => loss));
  expect(before.findLast(({ best }) => best)?.loss).toBe(lowest);
  const kept = before.findLast(({ best }) => best)?.accuracy as number;
  // By accuracy a later one would have been better, but nobody kept it.
  expect(Math.max(...before.map(({ accuracy }) => accuracy as number))).toBeGreaterThan(kept);
  const model = await SequenceTagger.load(folder);
  const options = {
    data,
    validation,
    epochs: 8,
    best: "accuracy",
    optimizer: adam({ learningRate: 0.02 }),
  } as const;
  const trainer = new Trainer(model, { ...options, folder, resume: true });
  const events: ValidationEvent[] = [];
  trainer.on("validation", (event) => events.push(event));
  await trainer.run();
  let highest = kept;
  for (const { accuracy = 0, best } of events) {
    expect(best).toBe(accuracy > highest);
    if (best) highest = accuracy;
  }
  // Among them one that is better than what was kept, though not better than all that was measured.
  const measured = Math.max(...before.map(({ accuracy }) => accuracy as number));
  expect(events.some(({ best, accuracy = 0 }) => best && accuracy <= measured)).toBe(true);
});
