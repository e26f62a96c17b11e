import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CharacterTokenizer, memoryStream } from "../../lib/data/index.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import { LanguageModel } from "../../lib/models/languageModel/languageModel.js";
import type { LanguageModelForm } from "../../lib/models/textModel/data.js";
import { WindowData } from "../../lib/models/textModel/data.js";
import type { TrainingData } from "../../lib/train/data.js";
import { DivergenceError } from "../../lib/train/divergence.js";
import type { ValidationEvent } from "../../lib/train/events.js";
import { adam, asgd, momentName, sgd } from "../../lib/train/optimizers.js";
import { plateau } from "../../lib/train/schedules.js";
import { Trainer } from "../../lib/train/trainer.js";

const text = "To be, or not to be: that is the question.\n".repeat(20);
const tokenizer = CharacterTokenizer.fromText(text);
const stream = memoryStream(tokenizer.encode(text), 0);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ostinato-divergence-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const newModel = () => LanguageModel.create({ tokenizer, hiddenSize: 12, executor: nativeExecutor() });

const data = new WindowData(stream, { batchSize: 4, windowLength: 16 });
const sound = new WindowData(stream, { batchSize: 4, windowLength: 16, role: "validate" });

/** Data whose first `bad` whole readings are met by a model with weights of which nothing finite comes. */
function badAtFirst(model: LanguageModel, bad: number): TrainingData<LanguageModelForm> {
  const { name } = model.network.output.weight;
  return {
    length: sound.length,
    role: "validate",
    async *batches() {
      const values = await model.store.read(name);
      if (bad > 0) await model.store.write(name, new Float32Array(values.length).fill(Number.NaN));
      try {
        yield* sound.batches(0);
        bad--;
      } finally {
        await model.store.write(name, values);
      }
    },
  };
}

async function weightsOf(model: LanguageModel): Promise<number[]> {
  const all: number[] = [];
  for (const { name } of model.parameters) all.push(...(await model.store.read(name)));
  return all;
}

const failure = (work: Promise<unknown>) => work.then(() => null).catch((error: unknown) => error);

test("a validation loss that is not finite is never the best, and those after it count", async () => {
  const model = await newModel();
  const schedule = plateau({ factor: 0.5, patience: 2 });
  const trainer = new Trainer(model, { data, validation: badAtFirst(model, 2), epochs: 5, folder, schedule });
  const seen: ValidationEvent[] = [];
  trainer.on("validation", (event) => seen.push(event));
  const { bestLoss } = await trainer.run();
  expect(seen.map(({ best }) => best)).toEqual([false, false, true, true, true]);
  expect(seen.map(({ loss }) => Number.isFinite(loss))).toEqual([false, false, true, true, true]);
  expect(bestLoss).toBe(seen[4]?.loss);
  // Two misses halved the rate; the plateau then compares with losses, not with NaN.
  expect(schedule.save()).toMatchObject({ decays: 1, misses: 0, best: bestLoss });
});

test("a validation loss that stays NaN or infinite is divergence", async () => {
  const model = await newModel();
  const trainer = new Trainer(model, { data, validation: badAtFirst(model, 9), epochs: 9 });
  const seen: ValidationEvent[] = [];
  trainer.on("validation", (event) => seen.push(event));
  const error = await failure(trainer.run());
  expect(error).toBeInstanceOf(DivergenceError);
  expect(error).toMatchObject({ layer: "output", step: 3 * data.length });
  expect((error as Error).message).toMatch(
    /validation loss was not finite 3 times in a row; the first value .* "output"/,
  );
  expect(seen.length).toBe(3);
});

test("a training that ends without any finite validation loss does not end well", async () => {
  const model = await newModel();
  const error = await failure(new Trainer(model, { data, validation: badAtFirst(model, 9), epochs: 1, folder }).run());
  expect((error as Error).message).toMatch(/validation loss was not finite; the first value/);
});

test("a last update that makes the parameters infinite is not saved as finished, and the last checkpoint comes back", async () => {
  const model = await newModel();
  const before = await weightsOf(model);
  const optimizer = sgd({ learningRate: 3e38 });
  const trainer = new Trainer(model, { data, optimizer, clipNorm: 0, maximumSteps: 1, folder });
  const error = await failure(trainer.run());
  expect(error).toBeInstanceOf(DivergenceError);
  expect((error as Error).message).toMatch(
    /diverged at step 1.*The parameters are those of step 0, the last checkpoint/,
  );
  expect(await weightsOf(model)).toEqual(before);
  expect(await weightsOf(await LanguageModel.load(folder, { executor: nativeExecutor() }))).toEqual(before);
});

test("a last update after which the loss is not finite is divergence too", async () => {
  const trainer = new Trainer(await newModel(), { data, optimizer: sgd({ learningRate: 1e38 }), maximumSteps: 1 });
  const error = await failure(trainer.run());
  expect(error).toBeInstanceOf(DivergenceError);
  expect((error as Error).message).toMatch(/at step 1: after its update, the first value that is not finite came from/);
});

test("looking at the last update changes nothing: a finished training goes on to the same bits", async () => {
  const [whole, parts] = [await newModel(), await newModel()];
  await new Trainer(whole, { data, epochs: 2 }).run();
  await new Trainer(parts, { data, epochs: 2, maximumSteps: 7, folder }).run();
  await new Trainer(parts, { data, epochs: 2, folder, resume: true }).run();
  expect(await weightsOf(parts)).toEqual(await weightsOf(whole));
});

test("an update that nobody saw overflow is undone when the next step meets it", async () => {
  const model = await newModel();
  const { name } = model.network.output.weight;
  const trainer = new Trainer(model, { data, folder, epochs: 2 });
  trainer.on("step", async ({ step }) => {
    if (step === 5) await model.store.write(name, (await model.store.read(name)).fill(Number.POSITIVE_INFINITY));
  });
  const error = await failure(trainer.run());
  expect(error).toBeInstanceOf(DivergenceError);
  expect((error as Error).message).toMatch(/The parameters are those of step 0, the last checkpoint in/);
  expect((await weightsOf(model)).every(Number.isFinite)).toBe(true);
  // The trainer stands where its parameters are.
  let steps = 0;
  trainer.removeAllListeners("step").on("step", () => steps++);
  await trainer.run();
  expect(steps).toBe(2 * data.length);
});

test.each([
  ["adam", adam({ learningRate: 0.01 })],
  ["asgd", asgd({ learningRate: 1, nonMonotone: 0 })],
])(
  "a moment of %s that overflows is found before better parameters are kept, and those of the last best come back",
  async (_, optimizer) => {
    const model = await newModel();
    const moment = momentName(optimizer, optimizer.moments[0] as string, model.network.output.weight);
    let updates = 0;
    let best: number[] = [];
    const validation: TrainingData<LanguageModelForm> = {
      length: sound.length,
      role: "validate",
      async *batches() {
        if (updates === data.length) best = await weightsOf(model);
        else if (updates > 0)
          await model.store.write(moment, (await model.store.read(moment)).fill(Number.POSITIVE_INFINITY));
        yield* sound.batches(0);
      },
    };
    const trainer = new Trainer(model, { data, validation, optimizer, epochs: 9 });
    trainer.on("step", ({ step }) => {
      updates = step;
    });
    const error = await failure(trainer.run());
    expect(error).toMatchObject({ layer: moment, step: 2 * data.length });
    expect((error as Error).message).toBe(
      `Training diverged at step ${2 * data.length}: ${moment} is not finite. ` +
        "The parameters are those of the lowest validation loss. Lower the learning rate.",
    );
    expect(best.length).toBeGreaterThan(0);
    expect(await weightsOf(model)).toEqual(best);
  },
);

test("an error of a step that is no divergence stays what it is", async () => {
  const wrong: TrainingData<LanguageModelForm> = {
    length: data.length,
    async *batches() {
      for await (const { feeds, ...batch } of data.batches(0))
        yield { ...batch, feeds: { ...feeds, inputs: (feeds.inputs as Int32Array).map(() => 999) } };
    },
  };
  const error = await failure(new Trainer(await newModel(), { data: wrong }).run());
  expect(error).toMatchObject({ code: "ERR_OSTINATO_INPUT", message: expect.stringContaining("999") });
});

test("weights that are not finite are neither measured nor saved", async () => {
  const model = await newModel();
  await model.save(folder);
  const file = join(folder, "model.safetensors");
  const before = await readFile(file);
  const { name } = model.network.output.weight;
  const values = await model.store.read(name);
  values[3] = Number.NaN;
  await model.store.write(name, values);
  await expect(model.evaluate(text)).rejects.toThrow(/the loss is not finite \(NaN\)/);
  await expect(model.save(folder)).rejects.toThrow(`a weight of ${name} is not finite`);
  expect((await readFile(file)).equals(before)).toBe(true);
});

test("two trainers do not train one model at the same time, nor go on where the other one was", async () => {
  const model = await newModel();
  const controller = new AbortController();
  const first = new Trainer(model, { data, epochs: 2 });
  first.on("step", ({ step }) => {
    if (step === 3) controller.abort();
  });
  const running = first.run({ signal: controller.signal });
  await expect(new Trainer(model, { data }).run()).rejects.toThrow(/another Trainer is training this model/);
  await expect(first.run()).rejects.toThrow(/running already/);
  await running;
  await new Trainer(model, { data, epochs: 1 }).run();
  await expect(first.run()).rejects.toThrow(/another Trainer has trained this model since/);
});

test("a trainer that is refused leaves the training of another one as it is", async () => {
  await new Trainer(await newModel(), { data, maximumSteps: 1, folder }).run();
  const weights = async (refused: object | null) => {
    const model = await newModel();
    const controller = new AbortController();
    const first = new Trainer(model, { data, epochs: 1, optimizer: adam({ learningRate: 0.01 }) });
    first.on("step", ({ step }) => {
      if (step === 3) controller.abort();
    });
    await first.run({ signal: controller.signal });
    if (refused) {
      const second = new Trainer(model, { data, folder, optimizer: adam({ learningRate: 0.01 }), ...refused });
      await expect(second.run()).rejects.toThrow(folder);
    }
    await first.run();
    return weightsOf(model);
  };
  const undisturbed = await weights(null);
  expect(await weights({})).toEqual(undisturbed);
  expect(await weights({ resume: true, seed: 7 })).toEqual(undisturbed);
});

test("a second trainer begins with the moments of a first one, not with those that another left", async () => {
  const weights = async (trainings: number) => {
    const model = await newModel();
    const first = await weightsOf(model);
    for (let i = 0; i < trainings; i++) {
      let at = 0;
      for (const { name, shape } of model.parameters) {
        const n = shape.reduce((a, b) => a * b, 1);
        await model.store.write(name, Float32Array.from(first.slice(at, at + n)));
        at += n;
      }
      await new Trainer(model, { data, epochs: 1, optimizer: adam({ learningRate: 0.01 }) }).run();
    }
    return weightsOf(model);
  };
  expect(await weights(2)).toEqual(await weights(1));
});

test("a resume on data of the same size that is not the same is refused, also in the validation", async () => {
  const other = memoryStream(tokenizer.encode(text.replaceAll("not", "ton")), 0);
  const validation = new WindowData(stream, { batchSize: 2, windowLength: 16, role: "validate" });
  await new Trainer(await newModel(), { data, validation, maximumSteps: 2, folder }).run();
  const resumed = async (options: { data?: typeof data; validation?: typeof data }) =>
    new Trainer(await newModel(), { data, validation, maximumSteps: 3, folder, resume: true, ...options }).run();
  await expect(resumed({ data: new WindowData(other, { batchSize: 4, windowLength: 16 }) })).rejects.toThrow(
    /the data to learn from is as long as that of the training in .*, and not the same/,
  );
  await expect(
    resumed({ validation: new WindowData(other, { batchSize: 2, windowLength: 16, role: "validate" }) }),
  ).rejects.toThrow(/the validation data is as long as that/);
  await expect(resumed({ validation: sound })).rejects.toThrow(
    /the validation data of the training in .* was 2 x 16 of .*, and now is 4 x 16/,
  );
  expect((await resumed({})).step).toBe(3);
});
