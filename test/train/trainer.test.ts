import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CharacterTokenizer, memoryStream } from "../../lib/data/index.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import { LanguageModel } from "../../lib/models/languageModel.js";
import type { LanguageModelForm } from "../../lib/models/languageModelData.js";
import { SentenceData, WindowData } from "../../lib/models/languageModelData.js";
import { readCheckpoint, writeCheckpoint } from "../../lib/train/checkpoint.js";
import { adam, rmsprop, sgd } from "../../lib/train/optimizers.js";
import { plateau } from "../../lib/train/schedules.js";
import { DivergenceError } from "../../lib/train/step.js";
import type { TrainerOptions } from "../../lib/train/trainer.js";
import { Trainer } from "../../lib/train/trainer.js";

const text = "To be, or not to be: that is the question.\nWhether 'tis nobler in the mind to suffer\n".repeat(30);
const tokenizer = CharacterTokenizer.fromText(text);
const ids = tokenizer.encode(text);
const split = Math.floor(ids.length * 0.9);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ostinato-trainer-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function newModel(options: { dropout?: number; seed?: number } = {}): Promise<LanguageModel> {
  return LanguageModel.create({ tokenizer, hiddenSize: 24, layers: 2, executor: nativeExecutor(), ...options });
}

function dataOf(options: Partial<TrainerOptions<LanguageModelForm>> = {}): TrainerOptions<LanguageModelForm> {
  return {
    data: new WindowData(memoryStream(ids.subarray(0, split), 0), { batchSize: 4, windowLength: 16 }),
    validation: new WindowData(memoryStream(ids.subarray(split), 0), {
      batchSize: 4,
      windowLength: 16,
      role: "validate",
    }),
    optimizer: adam({ learningRate: 0.01 }),
    epochs: 3,
    ...options,
  };
}

async function weightsOf(model: LanguageModel): Promise<number[]> {
  const all: number[] = [];
  for (const { name } of model.parameters) all.push(...(await model.store.read(name)));
  return all;
}

async function lossesOf(trainer: Trainer<LanguageModelForm>, options: { stopAt?: number } = {}): Promise<number[]> {
  const losses: number[] = [];
  const controller = new AbortController();
  trainer.on("step", ({ step, loss }) => {
    losses.push(loss);
    if (step === options.stopAt) controller.abort();
  });
  await trainer.run({ signal: controller.signal });
  return losses;
}

for (const optimizer of [adam({ learningRate: 0.01 }), sgd({ learningRate: 0.5, momentum: 0.9 }), rmsprop()]) {
  test(`a training stopped in the middle of an epoch resumes to the bits of one that never stopped (${optimizer.name})`, async () => {
    const options = { optimizer, schedule: plateau({ factor: 0.7 }) };
    const whole = await newModel({ dropout: 0.3 });
    const expected = await lossesOf(new Trainer(whole, dataOf({ ...options, schedule: plateau({ factor: 0.7 }) })));

    const first = await newModel({ dropout: 0.3 });
    const begun = await lossesOf(new Trainer(first, dataOf({ ...options, folder })), { stopAt: 47 });
    const second = await newModel({ dropout: 0.3, seed: 99 });
    const rest = await lossesOf(
      new Trainer(second, dataOf({ ...options, schedule: plateau({ factor: 0.7 }), folder, resume: true })),
    );

    expect(begun.length).toBe(47);
    expect([...begun, ...rest]).toEqual(expected);
  });
}

test("the same seed gives the same weights twice", async () => {
  const [a, b] = [await newModel({ dropout: 0.2 }), await newModel({ dropout: 0.2 })];
  await new Trainer(a, dataOf({ epochs: 1 })).run();
  await new Trainer(b, dataOf({ epochs: 1 })).run();
  expect(await weightsOf(a)).toEqual(await weightsOf(b));
});

test("training learns: the validation loss falls below a third of where it began", async () => {
  const model = await newModel();
  const stream = memoryStream(ids.subarray(split), 0);
  const before = await model.evaluate(stream);
  expect(before.nats).toBeCloseTo(Math.log(tokenizer.size), 1);
  await new Trainer(model, dataOf({ epochs: 12 })).run();
  expect((await model.evaluate(stream)).nats).toBeLessThan(before.nats / 3);
});

test("after training the model has the parameters of the lowest validation loss", async () => {
  const model = await newModel();
  // A rate this high makes the loss jump about.
  const trainer = new Trainer(model, dataOf({ optimizer: adam({ learningRate: 0.2 }), epochs: 5 }));
  const losses: number[] = [];
  trainer.on("validation", ({ loss }) => losses.push(loss));
  const { bestLoss } = await trainer.run();
  expect(bestLoss).toBe(Math.min(...losses));
  const data = new WindowData(memoryStream(ids.subarray(split), 0), {
    batchSize: 4,
    windowLength: 16,
    role: "validate",
  });
  const again = new Trainer(model, dataOf({ validation: data, maximumSteps: 1, optimizer: sgd({ learningRate: 0 }) }));
  const measured: number[] = [];
  again.on("validation", ({ loss }) => measured.push(loss));
  await again.run();
  expect(measured[0]).toBeCloseTo(bestLoss as number, 5);
});

test("a resumed training that finds nothing better ends with the best parameters from before", async () => {
  const model = await newModel();
  const { bestLoss: before } = await new Trainer(model, dataOf({ epochs: 8, folder })).run();
  const best = await weightsOf(model);
  // Losses below 0 do not exist: with the best one said to be 0, nothing that follows is better.
  await writeCheckpoint(folder, { ...(await readCheckpoint(folder)), bestLoss: 0 });
  const resumed = await newModel({ seed: 5 });
  const trainer = new Trainer(resumed, dataOf({ epochs: 10, folder, resume: true }));
  const losses: number[] = [];
  trainer.on("validation", ({ loss }) => losses.push(loss));
  await trainer.run();
  expect(losses.length).toBe(2);
  expect(losses[0]).not.toBe(before);
  expect(await weightsOf(resumed)).toEqual(best);
});

test("a resume with another network is refused and says in what it differs", async () => {
  await new Trainer(await newModel(), dataOf({ epochs: 1, folder })).run();
  const other = new Trainer(await newModel({ dropout: 0.5 }), dataOf({ folder, resume: true }));
  await expect(other.run()).rejects.toThrow(/its dropout is 0, not 0.5/);
});

test("early stopping ends a training that no longer improves", async () => {
  const trainer = new Trainer(
    await newModel(),
    dataOf({ optimizer: sgd({ learningRate: 0 }), epochs: 20, patience: 2 }),
  );
  const end = await trainer.run();
  expect(end.reason).toBe("early");
  expect(end.epoch).toBe(3);
});

test("a training that diverges names step and layer and leaves the weights as they were", async () => {
  const model = await newModel();
  const weight = model.network.output.weight.name;
  const values = await model.store.read(weight);
  values[3] = Number.NaN;
  await model.store.write(weight, values);
  const before = await weightsOf(model);
  const error = await new Trainer(model, dataOf()).run().catch((e: unknown) => e);
  expect(error).toBeInstanceOf(DivergenceError);
  expect(error).toMatchObject({ step: 1, layer: "output", code: "ERR_OSTINATO_DIVERGED" });
  expect(await weightsOf(model)).toEqual(before);
});

test("whole sentences train too, each from its beginning", async () => {
  const model = await newModel();
  const stream = memoryStream(ids, 0);
  const data = await SentenceData.of(stream, { tokenizer, batchSize: 8 });
  const end = await new Trainer(model, { data, epochs: 25, optimizer: adam({ learningRate: 0.01 }) }).run();
  expect(end.reason).toBe("finished");
  const { nats } = await model.evaluate(stream);
  expect(nats).toBeLessThan(1.5);
});

test("a resume with other options is refused and says which", async () => {
  await new Trainer(await newModel(), dataOf({ epochs: 1, folder })).run();
  const other = new Trainer(await newModel(), dataOf({ folder, resume: true, clipNorm: 1 }));
  await expect(other.run()).rejects.toThrow(/clipNorm 5, and this one has 1/);
});

test("an unknown option is refused with a guess", () => {
  const options = { ...dataOf(), clipnorm: 3 };
  return newModel().then((model) => expect(() => new Trainer(model, options)).toThrow(/did you mean clipNorm/));
});
