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
import { adam, sgd } from "../../lib/train/optimizers.js";
import { SharedData } from "../../lib/train/sharedData.js";
import { TrainingStep } from "../../lib/train/step.js";
import type { Batch } from "../../lib/train/trainable.js";
import { Trainer } from "../../lib/train/trainer.js";
import type { TrainerOptions } from "../../lib/train/trainerOptions.js";

const text = "a dog and a fox sit by the door, and it rains on both.\nit rains on the quick brown fox.\n".repeat(4);
const tokenizer = CharacterTokenizer.fromText(text);
const stream = memoryStream(tokenizer.encode(text), text.length, tokenizer);
const newModel = (sentences = false, dropout = 0) =>
  LanguageModel.create({ tokenizer, hiddenSize: 10, seed: 3, sentences, dropout, executor: nativeExecutor() });
const windows = () => new WindowData(stream, { batchSize: 4, windowLength: 7 });

const folders = await mkdtemp(join(tmpdir(), "ostinato-local-"));
afterAll(() => rm(folders, { recursive: true }));

type Options = Partial<TrainerOptions<LanguageModelForm>>;

async function trained(size: number, options: Options, sentences = false) {
  const group = size > 1 ? await threadGroup(size) : [undefined];
  const models = await Promise.all(group.map(() => newModel(sentences)));
  const ends = await Promise.all(
    group.map((communicator, rank) => {
      const own = { ...options, ...(communicator ? { communicator } : {}) };
      return new Trainer(models[rank] as LanguageModel, { data: windows(), epochs: 1, ...own }).run();
    }),
  );
  await Promise.all(group.map((communicator) => communicator?.close()));
  return { ends, all: await Promise.all(models.map(parametersOf)) };
}

const namesOf = (model: LanguageModel) => model.parameters.map(({ name }) => name);

async function valuesOf(model: LanguageModel, names: readonly string[]): Promise<number[]> {
  const all: number[] = [];
  for (const name of names) all.push(...(await model.store.read(name)));
  return all;
}

const parametersOf = (model: LanguageModel) => valuesOf(model, namesOf(model));

const distance = (a: readonly number[], b: readonly number[]) =>
  a.reduce((most, x, i) => Math.max(most, Math.abs(x - (b[i] as number))), 0);

async function write(model: LanguageModel, names: readonly string[], values: readonly number[]): Promise<void> {
  let begin = 0;
  for (const name of names) {
    const { length } = await model.store.read(name);
    await model.store.write(name, Float32Array.from(values.slice(begin, begin + length)));
    begin += length;
  }
}

test("ranks learn by themselves and take the mean of it, as the algorithm of the paper does by hand", async () => {
  const [size, steps, localSteps, learningRate, momentum] = [2, 7, 3, 0.6, 0.8];
  const optimizer = adam({ learningRate: 0.02 });
  const outer = { localSteps, outerLearningRate: learningRate, outerMomentum: momentum };
  const { all } = await trained(size, { optimizer, maximumSteps: steps, ...outer });

  const models = await Promise.all([newModel(), newModel()]);
  const inner = models.map(
    (model) => new TrainingStep(model, { optimizer, clipNorm: 5, clipValue: 0, reduction: "token" }),
  );
  const batches = models.map((model, rank) => new SharedData(windows(), model, { rank, size, apart: true }).batches(0));
  const names = namesOf(models[0] as LanguageModel);
  const moments = names.flatMap((name) => [`adam.m/${name}`, `adam.v/${name}`]);
  let start = await parametersOf(models[0] as LanguageModel);
  let velocity = start.map(() => 0);
  for (let step = 1; step <= steps; step++) {
    for (const [rank, own] of inner.entries()) {
      const batch = (await batches[rank]?.next())?.value as Batch<LanguageModelForm>;
      await own.run(batch, { learningRate: 0.02, step, seed: 1 });
    }
    if (step % localSteps > 0 && step < steps) continue;
    const mean = (parts: number[][]) => (parts[0] as number[]).map((x, i) => (x + (parts[1]?.[i] as number)) / 2);
    const reached = mean(await Promise.all(models.map(parametersOf)));
    const averaged = mean(await Promise.all(models.map((model) => valuesOf(model, moments))));
    const change = start.map((x, i) => x - (reached[i] as number));
    velocity = velocity.map((v, i) => momentum * v + (change[i] as number));
    start = start.map((x, i) => x - learningRate * ((change[i] as number) + momentum * (velocity[i] as number)));
    for (const model of models) {
      await write(model, names, start);
      await write(model, moments, averaged);
    }
  }
  expect(distance(all[0] as number[], start)).toBeLessThan(2e-6);
  expect(all[1]).toEqual(all[0]);
});

test("one local step of plain SGD and an outer step of rate 1 is a step made together, but for rounding", async () => {
  const optimizer = sgd({ learningRate: 0.5 });
  const outer = { localSteps: 1, outerLearningRate: 1, outerMomentum: 0 };
  const { all } = await trained(2, { optimizer, clipNorm: 0, ...outer });
  const together = await trained(1, { optimizer, clipNorm: 0 });
  expect(distance(all[0] as number[], together.all[0] as number[])).toBeLessThan(1e-5);
  const alone = await trained(1, { optimizer, clipNorm: 0, ...outer });
  expect(alone.all).toEqual(together.all);
});

test("ranks draw noise of their own and may add up batches; a second training begins without the velocity of the first", async () => {
  const options = { localSteps: 3, accumulate: 2, epochs: 2 };
  const group = await threadGroup(2);
  const models = await Promise.all(group.map(() => newModel(false, 0.3)));
  const run = () =>
    Promise.all(
      group.map(async (communicator, rank) => {
        const model = models[rank] as LanguageModel;
        const losses: number[] = [];
        const trainer = new Trainer(model, { data: windows(), ...options, communicator });
        trainer.on("step", ({ loss }) => losses.push(loss));
        await trainer.run();
        return { losses, parameters: await parametersOf(model) };
      }),
    );
  const start = await parametersOf(models[0] as LanguageModel);
  const [first, second] = await run();
  expect(second?.parameters).toEqual(first?.parameters);
  expect(second?.losses).not.toEqual(first?.losses);
  expect(first?.losses.at(-1)).toBeLessThan(first?.losses[0] as number);
  for (const model of models) await write(model, namesOf(model), start);
  expect((await run())[0]).toEqual(first);
  await Promise.all(group.map((communicator) => communicator.close()));
});

test("validations, an epoch's end and the last update come after an exchange; batches may have fewer rows than ranks", async () => {
  const data = await SentenceData.create(stream, { tokenizer, batchSize: 5 });
  const validation = await SentenceData.create(stream, { tokenizer, batchSize: 5, role: "validate" });
  expect(data.length).toBe(2);
  const { ends, all } = await trained(4, { data, validation, validateEvery: 3, epochs: 12, localSteps: 1000 }, true);
  for (const end of ends) expect(end).toEqual({ ...ends[0], seconds: end.seconds, saved: end.saved });
  expect(ends[0]?.bestLoss).toBeLessThan(3);
  for (const values of all) expect(values).toEqual(all[0]);
});

test("a training of local steps goes on to the bits of an unbroken one, and with another number of ranks", async () => {
  const options = { localSteps: 3, epochs: 2 };
  const folder = (name: string) => join(folders, name);
  const unbroken = await trained(2, { ...options, folder: folder("unbroken") });
  await trained(2, { ...options, folder: folder("again"), maximumSteps: 6 });
  const again = await trained(2, { ...options, folder: folder("again"), resume: true });
  expect(again.all).toEqual(unbroken.all);
  const plain = { ...options, outerMomentum: 0 };
  const whole = await trained(2, { ...plain, folder: folder("whole") });
  expect(whole.all).not.toEqual(unbroken.all);
  await trained(2, { ...plain, folder: folder("plain"), maximumSteps: 6 });
  expect((await trained(2, { ...plain, folder: folder("plain"), resume: true })).all).toEqual(whole.all);
  for (const size of [1, 3]) {
    await trained(2, { ...options, folder: folder(`${size}`), maximumSteps: 6 });
    const { ends } = await trained(size, { ...options, folder: folder(`${size}`), resume: true });
    expect(ends[0]).toMatchObject({ reason: "finished", step: 2 * windows().length });
  }
});

test("a wish to stop takes all ranks out at the same exchange", async () => {
  const group = await threadGroup(2);
  const stopping = new AbortController();
  const ends = await Promise.all(
    group.map(async (communicator, rank) => {
      const trainer = new Trainer(await newModel(), { data: windows(), epochs: 50, communicator, localSteps: 4 });
      if (rank === 1) trainer.on("step", ({ step }) => step === 5 && stopping.abort());
      return trainer.run(rank === 1 ? { signal: stopping.signal } : {});
    }),
  );
  for (const end of ends) expect(end).toMatchObject({ reason: "stopped", step: 8 });
  await Promise.all(group.map((communicator) => communicator.close()));
});
