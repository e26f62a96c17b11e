import { expect, test } from "vitest";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import type { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import { constant } from "../../lib/nn/initializers.js";
import { Parameter } from "../../lib/nn/parameter.js";
import { DivergenceError } from "../../lib/train/divergence.js";
import { EvaluationStep } from "../../lib/train/evaluation.js";
import type { StepEvent, ValidationEvent } from "../../lib/train/events.js";
import { expectData } from "../../lib/train/expectData.js";
import { sgd } from "../../lib/train/optimizers.js";
import { stepDecay } from "../../lib/train/schedules.js";
import type { StepOptions } from "../../lib/train/step.js";
import { TrainingStep } from "../../lib/train/step.js";
import type { Trainable } from "../../lib/train/trainable.js";
import { Trainer } from "../../lib/train/trainer.js";

interface Form {
  readonly T: number;
  readonly B: number;
}

/**
 * A model whose losses are w x for inputs x [T,B], with a weight w of 2, in training times a factor of 1 unless a batch says otherwise. It
 * carries the sum of its losses, and predicts the classes that it is given where there is one row of several steps.
 */
async function newModel(): Promise<Trainable<Form>> {
  const executor = new ReferenceExecutor({ precision: "float64" });
  const store = executor.createStore();
  const parameters = [new Parameter("w", [1], constant(2))];
  store.declare({ name: "w", dtype: "f32", shape: [1] });
  await store.write("w", Float64Array.of(2));
  const recordLoss = (graph: Graph, { T, B }: Form) => {
    const x = graph.feed("x", "f32", [T, B]);
    const own = (parameters[0] as Parameter).in(graph);
    const weight = graph.training ? ops.multiply(own, graph.scalar("factor", 1)) : own;
    const losses = graph.within("product", () => ops.multiply(x, ops.reshape(weight, [1, 1])));
    const variable = graph.variable({ name: "state/sum", dtype: "f32", shape: [1] });
    const value = ops.reshape(ops.sum(losses), [1]);
    const count = ops.affine(graph.zeros([]), { shift: T * B });
    const carried = [{ variable, value }];
    if (B > 1 || T === 1 || graph.training) return { losses, count, carried };
    return { losses, count, carried, predictions: graph.feed("classes", "i32", [T]) };
  };
  return { executor, store, parameters, recordLoss };
}

const batch = (x: number[], { T = x.length, B = 1, ...feeds }: Partial<Form> & Record<string, unknown> = {}) => ({
  form: { T, B },
  feeds: { x: Float64Array.from(x), ...feeds } as never,
  tokens: T * B,
});

/** One step from w = 2 at a rate of 0.5. */
async function stepped(batches: ReturnType<typeof batch>[], options: Partial<StepOptions> = {}) {
  const model = await newModel();
  const usual = { optimizer: sgd(), clipNorm: 0, clipValue: 0, reduction: "token" } as const;
  const step = new TrainingStep(model, { ...usual, ...options });
  const result = await step.run(batches, { learningRate: 0.5, step: 1, seed: 1 });
  const weight = (await model.store.read("w"))[0] as number;
  return { ...result, weight, carried: (await model.store.read("state/sum"))[0] };
}

test("a step of plain descent goes against the gradient of the mean, or of the sum over time, clipped as it should be", async () => {
  const wishes = { stop: false, checkpoint: false };
  const one = [batch([1, 3])];
  // The gradient of the mean of w and 3 w is 2, that of their sum 4.
  expect(await stepped(one)).toEqual({ loss: 4, tokens: 2, gradientNorm: 2, wishes, weight: 1, carried: 8 });
  expect(await stepped(one, { reduction: "sequence" })).toMatchObject({ loss: 4, gradientNorm: 4, weight: 0 });
  const rows = [batch([1, 3, 5, 7], { T: 2, B: 2 })];
  expect(await stepped(rows, { reduction: "sequence" })).toMatchObject({ loss: 8, gradientNorm: 8, weight: -2 });
  // The norm that is divided by is larger by 1e-6, as in PyTorch.
  expect(await stepped(one, { clipNorm: 0.5 })).toMatchObject({ gradientNorm: 2, weight: expect.closeTo(1.75, 6) });
  expect(await stepped(one, { clipNorm: 3 })).toMatchObject({ gradientNorm: 2, weight: 1 });
  expect(await stepped(one, { clipValue: 0.5 })).toMatchObject({ gradientNorm: 2, weight: 1.75 });
  expect(await stepped([batch([1, 3], { factor: 3 })])).toMatchObject({ loss: 12, gradientNorm: 6, weight: -1 });
});

test("several batches of unlike sizes teach what one batch of all their targets does", async () => {
  const group = [batch([1, 3]), batch([8]), batch([4, 4])];
  // The mean of 1, 3, 8, 4 and 4 is 4, and their sums are over the three rows that they are.
  expect(await stepped(group)).toMatchObject({ loss: 8, tokens: 5, gradientNorm: 4, weight: 0, carried: 16 });
  expect(await stepped(group, { reduction: "sequence" })).toMatchObject({ gradientNorm: expect.closeTo(20 / 3, 12) });
  const twice = await stepped([batch([2], { factor: 3 }), batch([2], { factor: 3 })]);
  expect(twice).toMatchObject({ loss: 12, gradientNorm: 6, weight: -1 });
});

test("a step whose loss is not finite changes nothing and names the step and the layer, also in the last of several batches", async () => {
  const advice = {
    0: "Lower the learning rate (now 0.5) or clip the gradient (clipNorm 1 to 5).",
    5: "Lower the learning rate (now 0.5).",
  };
  for (const clipNorm of [0, 5] as const) {
    for (const group of [[batch([1, Number.NaN])], [batch([1, 3]), batch([5]), batch([Number.POSITIVE_INFINITY, 1])]]) {
      const model = await newModel();
      const options = { optimizer: sgd(), clipNorm, clipValue: 0, reduction: "token" } as const;
      const step = new TrainingStep(model, options);
      const error = await step.run(group, { learningRate: 0.5, step: 7, seed: 1 }).catch((own: unknown) => own);
      expect(error).toBeInstanceOf(DivergenceError);
      expect(error).toMatchObject({ code: "ERR_OSTINATO_DIVERGED", step: 7, layer: "product" });
      const { message } = error as Error;
      expect(message).toMatch(/at step 7: the first value that is not finite came from multiply in layer "product"\./);
      expect(message).toMatch(/The parameters are those from before this step\. /);
      expect(message.endsWith(advice[clipNorm])).toBe(true);
      expect(await model.store.read("w")).toEqual(Float64Array.of(2));
    }
  }
});

test("a measurement changes no weight, carries a state that is finite where it should, and counts what is predicted", async () => {
  const model = await newModel();
  const carried = async () => (await model.store.read("state/sum"))[0];
  const going = new EvaluationStep(model, {
    also: (graph) => graph.output("twice", ops.affine(graph.scalar("more"), { scale: 2 })),
  });
  const targets = { targets: Int32Array.of(1, 2, -1), classes: Int32Array.of(1, 1, -1) };
  const measured = await going.run(batch([1, 3, 0], targets), () => ({ more: 5 }));
  expect(measured).toMatchObject({ total: 8, tokens: 3, correct: 1, losses: Float64Array.of(2, 6, 0) });
  expect(measured.outputs.twice).toEqual(Float64Array.of(10));
  expect(await carried()).toBe(8);
  const bad = await going.run(batch([Number.NaN, 1], { T: 1, B: 2 }), () => ({ more: 5 }));
  expect(bad).not.toHaveProperty("correct");
  expect([bad.total, await carried()]).toEqual([Number.NaN, 8]);
  const still = new EvaluationStep(model, { carries: false });
  expect((await still.run(batch([1, 4], { T: 1, B: 2 }))).total).toBe(10);
  expect([await carried(), ...(await model.store.read("w"))]).toEqual([8, 2]);
  const wide = (...x: number[]) => batch(x, { T: 1, B: x.length });
  expect(await still.firstNonFinite([wide(1, 2), wide(3, 4)])).toBeUndefined();
  const op = await still.firstNonFinite([wide(1, 2), wide(3, Number.NaN)]);
  expect(op).toMatchObject({ name: "multiply", path: "product" });
});

test("the first batch of which a process has rows shows whether a model can read the data, and whether it has the measure", async () => {
  const seen: unknown[] = [];
  const model = {
    expectForm: (form: Form, of: object) => seen.push([form, of]),
    recordLoss: (_: Graph, { T }: Form) => (T > 1 ? { predictions: {} } : {}),
  };
  const none = { form: { T: 1, B: 0 }, rows: { first: 0, of: 1 } };
  const ofSteps = (T: number) => ({
    length: 3,
    batches: (epoch: number) => (epoch === 0 ? [none, { form: { T, B: 2 } }, { form: { T: 9, B: 9 } }] : []),
  });
  const [data, measured] = [ofSteps(1), ofSteps(2)];
  const check = (options: object) => expectData(model as never, { data, best: "loss", ...options } as never);
  await check({});
  await check({ validation: measured });
  await check({ validation: measured, best: "accuracy" });
  const [first, second] = [
    [{ T: 1, B: 2 }, data],
    [{ T: 2, B: 2 }, measured],
  ];
  expect(seen).toEqual([first, first, second, first, second]);
  await check({ validation: ofSteps(1) });
  await expect(check({ validation: ofSteps(1), best: "accuracy" })).rejects.toThrow(
    'best is "accuracy", and this model has none',
  );
});

/** Data of batches of one row and one step, of whose inputs a gradient is the mean. */
const dataOf = (...inputs: (number | { x: number; rate: number })[]) => ({
  length: inputs.length,
  batches: (_: number, from = 0) =>
    inputs.slice(from).map((input) => {
      if (typeof input === "number") return batch([input]);
      return { ...batch([input.x]), rate: input.rate };
    }),
});

/** Measures 4 w. */
const validation = { length: 1, role: "validate", batches: () => [batch([4, 4], { T: 1, B: 2 })] };

/** Trains from w = 2 at a rate of 0.1. */
async function trained(options: object) {
  const model = await newModel();
  const trainer = new Trainer(
    model as never,
    { optimizer: sgd({ learningRate: 0.1 }), clipNorm: 0, ...options } as never,
  );
  const [steps, validations]: [StepEvent[], ValidationEvent[]] = [[], []];
  trainer.on("step", (event) => steps.push(event));
  trainer.on("validation", (event) => validations.push(event));
  const end = await trainer.run();
  return { end, steps, validations, weight: (await model.store.read("w"))[0], history: trainer.history };
}

const close = (value: number) => expect.closeTo(value, 10);

test("a training says after each update and each validation where it stands", async () => {
  const { end, steps, validations, weight, history } = await trained({
    ...{ data: dataOf(1, 2, 3), validation, epochs: 2, schedule: stepDecay({ start: 1, factor: 0.5 }) },
  });
  // The losses are x w, and an update takes the rate times x from w.
  const expected = [
    { loss: 2, gradientNorm: 1, learningRate: 0.1 },
    { loss: 1.9 * 2, gradientNorm: 2, learningRate: 0.1 },
    { loss: 1.7 * 3, gradientNorm: 3, learningRate: 0.1 },
    { loss: 1.4, gradientNorm: 1, learningRate: 0.05 },
    { loss: 1.35 * 2, gradientNorm: 2, learningRate: 0.05 },
    { loss: 1.25 * 3, gradientNorm: 3, learningRate: 0.05 },
  ].map(({ loss, gradientNorm, learningRate }, i) => ({
    ...{ step: i + 1, epoch: close((i + 1) / 3), tokens: i + 1, progress: close((i + 1) / 6) },
    ...{ loss: close(loss), gradientNorm: close(gradientNorm), learningRate: close(learningRate) },
  }));
  expect(steps).toMatchObject(expected);
  const measured = [
    { step: 3, epoch: 1, loss: close(5.6), perplexity: expect.closeTo(Math.exp(5.6), 6), best: true },
    { step: 6, epoch: 2, loss: close(4.4), perplexity: expect.closeTo(Math.exp(4.4), 6), best: true },
  ];
  expect(validations).toEqual(measured);
  expect(history.validations).toEqual(measured);
  expect(history.steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(end).toMatchObject({ reason: "finished", step: 6, epoch: 2, tokens: 6, saved: false, bestLoss: close(4.4) });
  expect(weight).toBeCloseTo(1.1, 10);
});

test("a training ends where its options say, with the best parameters", async () => {
  // Each update adds 0.1 to w, and the validation loss rises.
  const early = await trained({ data: dataOf(-1), validation, epochs: 9, patience: 2 });
  expect(early.end).toMatchObject({ reason: "early", step: 3, epoch: 3, bestLoss: close(8.4) });
  expect(early.validations.map(({ best }) => best)).toEqual([true, false, false]);
  expect(early.weight).toBeCloseTo(2.1, 10);
  const often = await trained({ data: dataOf(-1, -1, -1, -1, -1), validation, epochs: 1, validateEvery: 2 });
  expect(often.validations.map(({ step, epoch }) => [step, epoch])).toEqual([
    [2, 2 / 5],
    [4, 4 / 5],
    [5, 1],
  ]);
  const short = await trained({ data: dataOf(1, 1, 1), epochs: 5, maximumSteps: 4, schedule: "cosine" });
  expect(short.end).toMatchObject({ reason: "finished", step: 4, epoch: close(4 / 3), tokens: 4 });
  expect(short.end).not.toHaveProperty("bestLoss");
  const rates = short.steps.map(({ learningRate }) => learningRate);
  expect(rates).toEqual([0, 1, 2, 3].map((i) => close((0.1 * (1 + Math.cos((Math.PI * i) / 4))) / 2)));
  expect(short.steps.at(-1)?.progress).toBe(1);
});

test("batches may lower the rate of their update, where it is a mean that is learnt from", async () => {
  const data = dataOf({ x: 1, rate: 0.5 }, 2, { x: 3, rate: 0.25 });
  const rates = async (options: object) =>
    (await trained({ data, epochs: 1, ...options })).steps.map(({ learningRate }) => learningRate);
  expect(await rates({})).toEqual([0.05, 0.1, 0.025].map(close));
  expect(await rates({ accumulate: 2 })).toEqual([0.075, 0.025].map(close));
  expect(await rates({ accumulate: 2, reduction: "sequence" })).toEqual([0.1, 0.1].map(close));
});
