import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CharacterTokenizer, memoryStream } from "../../lib/data/index.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import { loadTrainerState, saveTrainerState } from "../../lib/formats/trainerFile.js";
import { LanguageModel } from "../../lib/models/languageModel/languageModel.js";
import type { LanguageModelForm } from "../../lib/models/textModel/data.js";
import { SentenceData, WindowData } from "../../lib/models/textModel/data.js";
import { DivergenceError } from "../../lib/train/divergence.js";
import { adam, rmsprop, sgd } from "../../lib/train/optimizers.js";
import { plateau } from "../../lib/train/schedules.js";
import { Trainer } from "../../lib/train/trainer.js";
import type { TrainerOptions } from "../../lib/train/trainerOptions.js";

const text = "To be, or not to be: that is the question.\nWhether 'tis nobler in the mind to suffer\n".repeat(30);
const tokenizer = CharacterTokenizer.fromText(text);
const ids = tokenizer.encode(text);
const split = Math.floor(ids.length * 0.9);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ostinato-trainer-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function newModel(options: { dropout?: number; seed?: number; sentences?: boolean } = {}): Promise<LanguageModel> {
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

test("a sample comes with the loss and the epoch of the update before it", async () => {
  const samples = { every: 3, write: () => Promise.resolve("a text") };
  const trainer = new Trainer(await newModel(), dataOf({ maximumSteps: 6, samples }));
  const [updates, ofSamples]: [object[], object[]] = [[], []];
  trainer.on("step", ({ step, epoch, loss }) => updates.push({ step, epoch, loss, text: "a text" }));
  trainer.on("sample", (sample) => ofSamples.push(sample));
  await trainer.run();
  expect(ofSamples).toEqual([updates[2], updates[5]]);
  expect(trainer.history.samples).toEqual(ofSamples);
});

test("a sample that a stop cuts off is none, and one that fails ends the training", async () => {
  const controller = new AbortController();
  const write = async (signal?: AbortSignal) => {
    controller.abort();
    throw signal?.reason;
  };
  const trainer = new Trainer(await newModel(), dataOf({ maximumSteps: 6, samples: { every: 2, write } }));
  const end = await trainer.run({ signal: controller.signal });
  expect([end.reason, end.step, trainer.history.samples]).toEqual(["stopped", 2, []]);
  const samples = { every: 2, write: () => Promise.reject(new Error("no words")) };
  const failing = new Trainer(await newModel(), dataOf({ maximumSteps: 6, samples }));
  await expect(failing.run()).rejects.toThrow("no words");
});

test("a resume needs a folder", async () => {
  const trainer = new Trainer(await newModel(), dataOf({ resume: true }));
  await expect(trainer.run()).rejects.toThrow("Trainer: resume needs the folder of the training to continue.");
});

test("the first update of adam moves a weight by the learning rate, however steep the loss is", async () => {
  const model = await newModel();
  const { name } = model.parameters.find((parameter) => parameter.name === "output.bias") as { name: string };
  const before = await model.store.read(name);
  await new Trainer(model, dataOf({ optimizer: adam({ learningRate: 0.01 }), maximumSteps: 1 })).run();
  const after = await model.store.read(name);
  for (const [i, value] of after.entries()) expect(Math.abs(value - (before[i] as number))).toBeCloseTo(0.01, 4);
});

test("the same seed gives the same weights twice", async () => {
  const [a, b] = [await newModel({ dropout: 0.2 }), await newModel({ dropout: 0.2 })];
  await new Trainer(a, dataOf({ epochs: 1 })).run();
  await new Trainer(b, dataOf({ epochs: 1 })).run();
  expect(await weightsOf(a)).toEqual(await weightsOf(b));
});

test("dropout leaves out others of a batch in every epoch", async () => {
  const trainer = new Trainer(
    await newModel({ dropout: 0.5 }),
    dataOf({ optimizer: sgd({ learningRate: 0 }), epochs: 3 }),
  );
  const losses = await lossesOf(trainer);
  const perEpoch = losses.length / 3;
  const first = [0, 1, 2].map((epoch) => losses[epoch * perEpoch]);
  expect(new Set(first).size).toBe(3);
});

test("training learns: the validation loss falls below a third of where it began", async () => {
  const model = await newModel();
  const stream = memoryStream(ids.subarray(split), 0);
  const before = await model.evaluate(stream);
  expect(before.loss).toBeCloseTo(Math.log(tokenizer.size), 1);
  await new Trainer(model, dataOf({ epochs: 12 })).run();
  expect((await model.evaluate(stream)).loss).toBeLessThan(before.loss / 3);
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
  const { tensors, state } = await loadTrainerState(folder);
  await saveTrainerState(folder, { tensors, state: { ...state, bestLoss: 0 } });
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

test("a checkpoint whose tensors are of another type is refused with the one that is expected", async () => {
  await new Trainer(await newModel(), dataOf({ maximumSteps: 1, folder })).run();
  const { tensors, state } = await loadTrainerState(folder);
  for (const [beginning, type] of [
    ["state/", "float32 or int32"],
    ["output.", "float32"],
  ] as const) {
    const { name } = tensors.find((tensor) => tensor.name.startsWith(beginning)) as { name: string };
    const changed = tensors.map((tensor) =>
      tensor.name === name ? { ...tensor, values: new BigInt64Array(tensor.values.length) } : tensor,
    );
    await saveTrainerState(folder, { tensors: changed as never, state });
    const resumed = new Trainer(await newModel(), dataOf({ folder, resume: true })).run();
    await expect(resumed).rejects.toThrow(`expected tensor "${name}" of ${type}, got a BigInt64Array`);
  }
});

test("a resume that makes no step keeps the moments and the carried state", async () => {
  const whole = await newModel();
  const expected = await lossesOf(new Trainer(whole, dataOf()));
  await lossesOf(new Trainer(await newModel(), dataOf({ folder })), { stopAt: 20 });
  const stopped = AbortSignal.abort();
  await new Trainer(await newModel(), dataOf({ folder, resume: true })).run({ signal: stopped });
  const rest = await lossesOf(new Trainer(await newModel(), dataOf({ folder, resume: true })));
  expect(rest).toEqual(expected.slice(20));
});

test("a training stopped while it validates resumes to the same figures", async () => {
  const measured = async (trainer: Trainer<LanguageModelForm>, stopAt = 0) => {
    const controller = new AbortController();
    const seen: number[] = [];
    trainer.on("validation", ({ loss }) => seen.push(loss));
    trainer.on("step", ({ step }) => step === stopAt && controller.abort());
    await trainer.run({ signal: controller.signal });
    return seen;
  };
  const expected = await measured(new Trainer(await newModel(), dataOf({ validateEvery: 10 })));
  const begun = await measured(new Trainer(await newModel(), dataOf({ validateEvery: 10, folder })), 30);
  const rest = await measured(new Trainer(await newModel(), dataOf({ validateEvery: 10, folder, resume: true })));
  expect(begun.length).toBe(2);
  expect([...begun, ...rest]).toEqual(expected);
});

test("what was measured before a stop is not measured again on resume", async () => {
  const seen: number[] = [];
  const run = async (options: Partial<TrainerOptions<LanguageModelForm>>, stopAt?: number) => {
    const controller = new AbortController();
    const trainer = new Trainer(await newModel(), dataOf({ validateEvery: 10, maximumSteps: 50, folder, ...options }));
    trainer.on("validation", ({ step }) => {
      seen.push(step);
      if (step === stopAt) controller.abort();
    });
    await trainer.run({ signal: controller.signal });
    return trainer.history.validations.map(({ step }) => step);
  };
  expect(await run({}, 30)).toEqual([10, 20, 30]);
  expect(await run({ resume: true })).toEqual([10, 20, 30, 40, 50]);
  expect(seen).toEqual([10, 20, 30, 40, 50]);
});

test("the last parameters are measured too, once", async () => {
  for (const options of [{ validateEvery: 7, maximumSteps: 21 }, { validateEvery: 1000 }, { maximumSteps: 5 }]) {
    const trainer = new Trainer(await newModel(), dataOf({ epochs: 1, ...options }));
    const steps: number[] = [];
    trainer.on("validation", ({ step }) => steps.push(step));
    const end = await trainer.run();
    expect(steps.at(-1)).toBe(end.step);
    expect(new Set(steps).size).toBe(steps.length);
  }
});

test("data that would be read differently is refused on resume, and so is validation data made to train on", async () => {
  await new Trainer(await newModel(), dataOf({ epochs: 1, folder })).run();
  const stream = memoryStream(ids.subarray(0, split), 0);
  const turned = new WindowData(stream, { batchSize: 16, windowLength: 4 });
  await expect(new Trainer(await newModel(), dataOf({ data: turned, folder, resume: true })).run()).rejects.toThrow(
    /data of the training in .* was 4 x 16 of .*, and now is 16 x 4/,
  );
  const model = await newModel();
  expect(() => new Trainer(model, dataOf({ validation: turned }))).toThrow(/role: "validate"/);
});

test("early stopping is remembered: a resume goes no further", async () => {
  const options = { optimizer: sgd({ learningRate: 0 }), epochs: 20, patience: 2, folder };
  const first = await new Trainer(await newModel(), dataOf(options)).run();
  const again = await new Trainer(await newModel(), dataOf({ ...options, resume: true })).run();
  expect(again).toMatchObject({ reason: "early", step: first.step });
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
  const errorOf = (options: Partial<TrainerOptions<LanguageModelForm>>): Promise<unknown> =>
    new Trainer(model, dataOf(options)).run().catch((e: unknown) => e);
  const error = await errorOf({});
  expect(error).toBeInstanceOf(DivergenceError);
  expect(error).toHaveProperty("message", expect.stringMatching(/Lower the learning rate \(now 0\.01\)\.$/));
  expect(await errorOf({ clipNorm: 0 })).toHaveProperty(
    "message",
    expect.stringMatching(/Lower the learning rate \(now 0\.01\) or clip the gradient \(clipNorm 1 to 5\)\.$/),
  );
  expect(error).toMatchObject({ step: 1, layer: "output", code: "ERR_OSTINATO_DIVERGED" });
  expect(await weightsOf(model)).toEqual(before);
});

test("whole sentences train too, and are measured and written as they were read", async () => {
  const model = await newModel({ sentences: true });
  const stream = memoryStream(ids, 0);
  const data = await SentenceData.create(stream, { tokenizer, batchSize: 8 });
  const validation = await SentenceData.create(stream, { tokenizer, batchSize: 3, role: "validate" });
  const trainer = new Trainer(model, { data, validation, epochs: 25, optimizer: adam({ learningRate: 0.01 }) });
  const end = await trainer.run();
  expect(end.reason).toBe("finished");
  const { loss } = await model.evaluate(stream);
  expect(loss).toBeLessThan(1.5);
  expect(loss).toBeCloseTo(end.bestLoss as number, 4);
  // The first character is predicted too: after the beginning of a line, only "T" and "W" have been seen.
  const [first] = (await model.logProbability("To be")).tokens;
  expect(first?.token).toBe("T");
  expect(Math.exp(first?.logProbability as number)).toBeCloseTo(0.5, 1);
});

test("a resume with other options is refused and says which", async () => {
  await new Trainer(await newModel(), dataOf({ epochs: 1, folder })).run();
  const other = new Trainer(await newModel(), dataOf({ folder, resume: true, clipNorm: 1 }));
  await expect(other.run()).rejects.toThrow(/clipNorm 5, and this one has 1/);
});

test("clipping by norm and by value exclude each other, and steps are whole numbers", async () => {
  const model = await newModel();
  expect(() => new Trainer(model, dataOf({ clipNorm: 5, clipValue: 1 }))).toThrow(
    /clipNorm and clipValue exclude each other/,
  );
  expect(() => new Trainer(model, dataOf({ maximumSteps: Number.NaN }))).toThrow(/maximumSteps/);
  const end = await new Trainer(model, dataOf({ clipValue: 1, maximumSteps: 3 })).run();
  expect(end.step).toBe(3);
});

test("an unknown option is refused with a guess", () => {
  const options = { ...dataOf(), clipnorm: 3 };
  return newModel().then((model) => expect(() => new Trainer(model, options)).toThrow(/did you mean clipNorm/));
});

test("what is no training data is refused before a training begins", async () => {
  const model = await newModel();
  expect(() => new Trainer(model, { data: [1, 2] as never })).toThrow(
    /expected data to be training data .* got an array of 2\./,
  );
});

test("an option of the optimizer or one of another library is shown where it is written", () => {
  const refused = (options: object) => () =>
    new Trainer({ store: {}, parameters: [], recordLoss() {} } as never, options as never);
  expect(refused({ learningRate: 0.1 })).toThrow("it belongs to optimizer: adam({ learningRate: ... }).");
  expect(() => new WindowData(memoryStream(ids, 0), { windowSize: 8 } as never)).toThrow(
    "here it is called windowLength.",
  );
});

test("a schedule that several trainings are given begins afresh in each", async () => {
  const schedule = plateau({ factor: 0.5, minimumGain: 10 });
  const rates: number[][] = [];
  for (let i = 0; i < 2; i++) {
    const own: number[] = [];
    const trainer = new Trainer(await newModel(), dataOf({ optimizer: sgd({ learningRate: 0.1 }), schedule }));
    trainer.on("step", ({ learningRate }) => own.push(learningRate));
    await trainer.run();
    rates.push(own);
  }
  expect(rates[0]?.[0]).toBe(0.1);
  expect(rates[0]?.at(-1)).toBeLessThan(0.1);
  expect(rates[1]).toEqual(rates[0]);
});

test("a schedule whose factor is no number is named before it does harm", async () => {
  const schedule = { ...plateau(), name: "mine", factor: () => Number.NaN };
  await expect(new Trainer(await newModel(), dataOf({ schedule })).run()).rejects.toThrow(
    'Trainer: the schedule "mine" gives the factor NaN for step 1.',
  );
});
