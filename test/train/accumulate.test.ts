import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { CharacterTokenizer } from "../../lib/data/index.js";
import { memoryStream } from "../../lib/data/tokenStream.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import { threadGroup } from "../../lib/executor/nativeCommunicator.js";
import { LanguageModel } from "../../lib/models/languageModel/languageModel.js";
import type { LanguageModelForm } from "../../lib/models/textModel/data.js";
import { SentenceData, WindowData } from "../../lib/models/textModel/data.js";
import type { TrainingData } from "../../lib/train/data.js";
import { expectSameTraining } from "../../lib/train/fingerprint.js";
import { adam, sgd } from "../../lib/train/optimizers.js";
import { SharedData } from "../../lib/train/sharedData.js";
import type { Batch } from "../../lib/train/trainable.js";
import { Trainer } from "../../lib/train/trainer.js";
import type { TrainerOptions } from "../../lib/train/trainerOptions.js";

const text =
  "a dog\nand a fox sit by the door, and it rains on both.\nit rains\non the quick brown fox today.\n".repeat(3);
const tokenizer = CharacterTokenizer.fromText(text);
const stream = memoryStream(tokenizer.encode(text), text.length, tokenizer);
const newModel = (options: object = {}) =>
  LanguageModel.create({ tokenizer, hiddenSize: 10, seed: 3, executor: nativeExecutor(), ...options });
const windows = () => new WindowData(stream, { batchSize: 4, windowLength: 7 });

const folders = await mkdtemp(join(tmpdir(), "ostinato-accumulate-"));
afterAll(() => rm(folders, { recursive: true }));

type Options = Partial<TrainerOptions<LanguageModelForm>>;

async function trained(model: LanguageModel, options: Options) {
  const trainer = new Trainer(model, { data: windows(), epochs: 1, ...options });
  const losses: number[] = [];
  trainer.on("step", ({ loss }) => losses.push(loss));
  return { end: await trainer.run(), losses, parameters: await parametersOf(model) };
}

async function parametersOf(model: LanguageModel): Promise<number[]> {
  const all: number[] = [];
  for (const { name } of model.parameters) all.push(...(await model.store.read(name)));
  return all;
}

const distance = (a: readonly number[], b: readonly number[]) =>
  a.reduce((most, x, i) => Math.max(most, Math.abs(x - (b[i] as number))), 0);

/** Data whose batches are those of other data, cut into parts of some rows each, with as many targets as they have. */
async function inParts(model: LanguageModel, size: number): Promise<TrainingData<LanguageModelForm>> {
  const whole = await SentenceData.create(stream, { tokenizer, batchSize: 4 });
  const cut = Array.from({ length: size }, (_, rank) => new SharedData(whole, model, { rank, size, apart: true }));
  return {
    length: size * whole.length,
    async *batches(epoch: number) {
      const parts = cut.map((data) => data.batches(epoch));
      for (let i = 0; i < whole.length; i++) {
        for (const part of parts) {
          const { rows, ...batch } = (await part.next()).value as Batch<LanguageModelForm>;
          const targets = batch.feeds.targets as Int32Array;
          yield { ...batch, tokens: targets.filter((id) => id >= 0).length };
        }
      }
    },
  };
}

for (const reduction of ["token", "sequence"] as const) {
  test(`a batch in three parts of unlike lengths teaches what the whole batch does: the loss by ${reduction}`, async () => {
    const options = { optimizer: sgd({ learningRate: reduction === "token" ? 0.5 : 0.02 }), reduction, epochs: 2 };
    const model = { sentences: true, activationPenalty: 1 };
    const data = await SentenceData.create(stream, { tokenizer, batchSize: 4 });
    const whole = await trained(await newModel(model), { ...options, data });
    const own = await newModel(model);
    const parts = await trained(own, { ...options, data: await inParts(own, 3), accumulate: 3 });
    expect(parts.end.step).toBe(whole.end.step);
    expect(distance(parts.parameters, whole.parameters)).toBeLessThan(1e-5);
    for (const [i, loss] of parts.losses.entries()) expect(loss).toBeCloseTo(whole.losses[i] as number, 5);
  });
}

test("state runs through the batches of an update, each draws its own noise, and the last update of an epoch has fewer", async () => {
  const options = { optimizer: sgd({ learningRate: 0 }), epochs: 2 };
  const one = await trained(await newModel({ dropout: 0.4 }), options);
  const { length } = windows();
  expect(length % 4).not.toBe(0);
  const { losses, end } = await trained(await newModel({ dropout: 0.4 }), { ...options, accumulate: 4 });
  expect(end.step).toBe(2 * Math.ceil(length / 4));
  const groups = [0, length].flatMap((begin) =>
    Array.from({ length: Math.ceil(length / 4) }, (_, i) =>
      one.losses.slice(begin + 4 * i, Math.min(begin + 4 * i + 4, begin + length)),
    ),
  );
  for (const [i, group] of groups.entries()) {
    expect(losses[i]).toBeCloseTo(group.reduce((sum, loss) => sum + loss, 0) / group.length, 5);
  }
});

test("several ranks add up as one process does, and a stopped training goes on to the same bits, but not with another number", async () => {
  const options = { optimizer: adam({ learningRate: 0.01 }), accumulate: 3, epochs: 2 };
  const wanted = await trained(await newModel(), options);
  const group = await threadGroup(2);
  const ranks = await Promise.all(
    group.map(async (communicator) => trained(await newModel(), { ...options, communicator })),
  );
  await Promise.all(group.map((communicator) => communicator.close()));
  expect(ranks[1]?.parameters).toEqual(ranks[0]?.parameters);
  expect(distance(ranks[0]?.parameters as number[], wanted.parameters)).toBeLessThan(1e-4);
  for (const [i, loss] of (ranks[0]?.losses ?? []).entries()) expect(loss).toBeCloseTo(wanted.losses[i] as number, 4);

  const folder = join(folders, "resumed");
  await trained(await newModel(), { ...options, folder, maximumSteps: 2 });
  await expect(trained(await newModel(), { ...options, accumulate: 1, folder, resume: true })).rejects.toThrow(
    "has accumulate 3, and this one has 1",
  );
  const { parameters } = await trained(await newModel(), { ...options, folder, resume: true });
  expect(parameters).toEqual(wanted.parameters);
});

test("a training from before there was this option had one batch for each update", () => {
  expectSameTraining("old", {}, { accumulate: 1 });
  expect(() => expectSameTraining("old", {}, { accumulate: 4 })).toThrow("has accumulate 1, and this one has 4");
});

test("a gradient that is not finite in any of the batches changes no parameter", async () => {
  const model = await newModel();
  const { name } = model.parameters.find(({ name }) => name === "embedding.weight") as { name: string };
  const values = (await model.store.read(name)) as Float32Array;
  const bad = tokenizer.encode("q")[0] as number;
  const length = values.length / tokenizer.size;
  values.fill(Number.NaN, bad * length, (bad + 1) * length);
  await model.store.write(name, values);
  const before = await parametersOf(model);
  await expect(trained(model, { accumulate: 100 })).rejects.toThrow(/diverged at step 1: the first value .* came from/);
  expect(await parametersOf(model)).toEqual(before);
});
