import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { CharacterTokenizer, memoryStream } from "../../lib/data/index.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import { LanguageModel } from "../../lib/models/languageModel/languageModel.js";
import type { LanguageModelForm } from "../../lib/models/textModel/data.js";
import { WindowData } from "../../lib/models/textModel/data.js";
import { asgd, sgd } from "../../lib/train/optimizers.js";
import { Trainer } from "../../lib/train/trainer.js";
import type { TrainerOptions } from "../../lib/train/trainerOptions.js";
import { triggeredAt, WeightAverage } from "../../lib/train/weightAverage.js";

const text = "To be, or not to be: that is the question.\nWhether 'tis nobler in the mind to suffer\n".repeat(20);
const tokenizer = CharacterTokenizer.fromText(text);
const ids = tokenizer.encode(text);
const split = Math.floor(ids.length * 0.9);

function newModel(seed = 1): Promise<LanguageModel> {
  return LanguageModel.create({ tokenizer, hiddenSize: 12, layers: 1, executor: nativeExecutor(), seed });
}

function dataOf(options: Partial<TrainerOptions<LanguageModelForm>> = {}): TrainerOptions<LanguageModelForm> {
  const held = memoryStream(ids.subarray(split), 0);
  return {
    data: new WindowData(memoryStream(ids.subarray(0, split), 0), { batchSize: 4, windowLength: 16 }),
    validation: new WindowData(held, { batchSize: 4, windowLength: 16, role: "validate" }),
    epochs: 4,
    ...options,
  };
}

async function weightsOf(model: LanguageModel): Promise<Float64Array> {
  const all: number[] = [];
  for (const { name } of model.parameters) all.push(...(await model.store.read(name)));
  return Float64Array.from(all);
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "ostinato-average-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The trigger as the algorithm of Merity et al. (2018) has it, in the words of their program. */
function plainTrigger(losses: readonly number[], n: number): number | null {
  for (const [t, loss] of losses.entries()) {
    const before = losses.slice(0, t).slice(0, n > 0 ? -n : undefined);
    if (t > n && loss > Math.min(...before)) return t;
  }
  return null;
}

test("the trigger fires where a loss is higher than the lowest of those before the last n", () => {
  const runs = [
    [5, 4, 3, 2, 1],
    [5, 4, 3, 3.5, 3, 2],
    [1, 2, 3, 4],
    [4, 3, 2, 2, 2, 2, 2, 2.5],
    [3, 1, 2, 1, 2, 1, 2],
    [],
  ];
  for (const losses of runs) {
    const validations = losses.map((loss, i) => ({ loss, step: 10 * i }));
    for (const n of [1, 2, 3, 5]) {
      const at = plainTrigger(losses, n);
      expect(triggeredAt(validations, n), `${losses} ${n}`).toBe(at === null ? null : 10 * at);
    }
  }
  const unsound = [Number.NaN, 3, Number.NaN, 2, Number.POSITIVE_INFINITY, 2.5, 2];
  expect(
    triggeredAt(
      unsound.map((loss, step) => ({ loss, step })),
      1,
    ),
  ).toBe(4);
});

test("from the first update on, the model is the mean of the weights after each, and the updates are those of sgd", async () => {
  const [plain, averaged] = [await newModel(), await newModel()];
  const rule = { learningRate: 0.5 };
  const { validation: _, ...data } = dataOf({ epochs: 1, maximumSteps: 12 });
  const sum = new Float64Array((await weightsOf(plain)).length);
  for (let step = 1; step <= 12; step++) {
    const model = await newModel();
    await new Trainer(model, { ...data, maximumSteps: step, optimizer: sgd(rule) }).run();
    for (const [i, w] of (await weightsOf(model)).entries()) sum[i] = (sum[i] as number) + w / 12;
  }
  await new Trainer(averaged, { ...data, optimizer: asgd({ ...rule, nonMonotone: 0 }) }).run();
  for (const [i, w] of (await weightsOf(averaged)).entries()) expect(w).toBeCloseTo(sum[i] as number, 5);
});

/** An optimizer whose average begins soon, since its rate makes the loss jump about. */
const soon = () => asgd({ learningRate: 20, nonMonotone: 1 });

test("once it averages, validations and the kept parameters are of the mean; the weights go on beside it", async () => {
  const model = await newModel();
  const trainer = new Trainer(model, dataOf({ epochs: 12, validateEvery: 10, optimizer: soon() }));
  let began = Number.NaN;
  trainer.on("averaging", ({ step }) => {
    began = step;
  });
  await trainer.run();
  const { validations } = trainer.history;
  expect(began).toBe(triggeredAt(validations, 1));
  expect(began).toBeLessThan(validations.at(-1)?.step as number);
  const best = validations.findLast((one) => one.best);
  expect(best?.step).toBeGreaterThan(began);
  const { loss } = await model.evaluate(memoryStream(ids.subarray(split), 0));
  expect(loss).toBeCloseTo(best?.loss as number, 1);

  const other = await newModel();
  const without = new Trainer(other, dataOf({ epochs: 12, validateEvery: 10, optimizer: sgd({ learningRate: 20 }) }));
  await without.run();
  const before = (history: typeof validations) => history.filter(({ step }) => step <= began).map((one) => one.loss);
  expect(before(validations)).toEqual(before(without.history.validations));
  expect(validations.at(-1)?.loss).not.toBe(without.history.validations.at(-1)?.loss);
  // The updates are those of plain descent, whatever is measured.
  expect(trainer.history.steps.at(-1)?.loss).toBe(without.history.steps.at(-1)?.loss);
});

test("the mean goes all the way to the first weights that count, half of it to the second, a third to the third", async () => {
  const average = new WeightAverage(await newModel(), asgd({ learningRate: 1, nonMonotone: 1 }));
  const losses = [3, 2, 1, 4];
  const looks = losses.map((_, i) =>
    average.look(losses.slice(0, i + 1).map((own, t) => ({ step: 10 * t, loss: own }))),
  );
  expect(looks).toEqual([false, false, false, true]);
  expect([31, 32, 33, 40].map((step) => average.share(step))).toEqual([1, 1 / 2, 1 / 3, 1 / 10]);
});

test("a training stopped while it averages resumes to the bits of one that never stopped", async () => {
  const folder = await temporaryFolder();
  const whole = await newModel();
  const expected = new Trainer(whole, dataOf({ epochs: 8, validateEvery: 10, optimizer: soon() }));
  let began = 0;
  expected.on("averaging", ({ step }) => {
    began = step;
  });
  await expected.run();
  expect(began).toBeGreaterThan(0);

  const stop = new AbortController();
  const first = new Trainer(await newModel(), dataOf({ epochs: 8, validateEvery: 10, optimizer: soon(), folder }));
  first.on("step", ({ step }) => {
    if (step === began + 30) stop.abort();
  });
  await first.run({ signal: stop.signal });
  const model = await newModel(7);
  const rest = new Trainer(model, dataOf({ epochs: 8, validateEvery: 10, optimizer: soon(), folder, resume: true }));
  await rest.run();
  expect(rest.history.validations).toEqual(expected.history.validations);
  expect(await weightsOf(model)).toEqual(await weightsOf(whole));
});

test("a trigger without a validation to fire it is refused", async () => {
  const { validation: _, ...data } = dataOf({ optimizer: "asgd" });
  const model = await newModel();
  expect(() => new Trainer(model, data)).toThrow(/there is no validation. Give one, or nonMonotone 0/);
});

test("without a validation, the saved model and the one in memory are the mean", async () => {
  const folder = await temporaryFolder();
  const model = await newModel();
  const { validation: _, ...data } = dataOf({
    epochs: 1,
    optimizer: asgd({ learningRate: 2, nonMonotone: 0 }),
    folder,
  });
  await new Trainer(model, data).run();
  const saved = await LanguageModel.load(folder, { executor: nativeExecutor() });
  expect(await weightsOf(saved)).toEqual(await weightsOf(model));
  const plain = await newModel();
  const { folder: __, ...rest } = data;
  await new Trainer(plain, { ...rest, optimizer: sgd({ learningRate: 2 }) }).run();
  expect(await weightsOf(plain)).not.toEqual(await weightsOf(model));
});
