import { expect, test } from "vitest";
import { constant } from "../../lib/nn/initializers.js";
import { Parameter } from "../../lib/nn/parameter.js";
import { ModelTurn } from "../../lib/train/modelTurn.js";
import { adam, asgd, sgd } from "../../lib/train/optimizers.js";
import { TrainingVariables } from "../../lib/train/trainingVariables.js";
import { WeightAverage } from "../../lib/train/weightAverage.js";

const f32 = (name: string, shape: number[]) => ({ name, dtype: "f32", shape }) as const;

/** A model with a weight that learns and one that does not, and a store of numbers by name. */
function fakeModel(values: Record<string, number[]> = {}) {
  const held = new Map(Object.entries({ w: [1, 2], table: [7], ...values }));
  const parameters = [new Parameter("w", [2], constant(0)), new Parameter("table", [1], constant(0), { frozen: true })];
  const store = {
    declare: ({ name, shape: [length = 1] }: { name: string; shape: number[] }) => {
      if (!held.has(name)) held.set(name, Array(length).fill(9));
    },
    read: async (name: string) => Float32Array.from(held.get(name) as number[]),
    write: async (name: string, own: Float32Array) => {
      if (!held.has(name)) throw new Error(`${name} is not declared`);
      held.set(name, [...own]);
    },
  };
  return { model: { store, parameters, executor: { floats: Float32Array } } as never, held };
}

test("a checkpoint has what is learnt, its moments after the first update, and what programs and older checkpoints carry", async () => {
  const { model, held } = fakeModel({ "adam.m/w": [3, 4], "adam.v/w": [5, 6], "state/h": [8] });
  const carried = [f32("state/h", [1])];
  const variables = new TrainingVariables(model, adam(), { variables: () => [f32("w", [2]), ...carried] as never });
  const moments = [f32("adam.m/w", [2]), f32("adam.v/w", [2])];
  expect(variables.learnt(0)).toEqual([f32("w", [2])]);
  expect(variables.learnt(1)).toEqual([f32("w", [2]), ...moments]);
  expect(variables.all(1)).toEqual([f32("w", [2]), ...moments, ...carried]);
  expect(variables.carriedOf(variables.all(1), 1)).toEqual(carried);
  expect((await variables.read(1)).map(({ name, values }) => [name, ...values])).toEqual([
    ["w", 1, 2],
    ["adam.m/w", 3, 4],
    ["adam.v/w", 5, 6],
    ["state/h", 8],
  ]);
  // The frozen ones, too: they may be another model's.
  expect([...(await variables.parameters())].map(([name, values]) => [name, ...values])).toEqual([
    ["w", 1, 2],
    ["table", 7],
  ]);

  for (const { name } of moments) held.delete(name);
  await variables.restore([
    { ...f32("w", [2]), values: Float32Array.of(10, 20) },
    { ...f32("state/old", [1]), values: Float32Array.of(30) },
  ]);
  expect(Object.fromEntries(held)).toMatchObject({ w: [10, 20], "adam.m/w": [0, 0], "adam.v/w": [0, 0], table: [7] });
  expect(held.get("state/old")).toEqual([30]);
  expect(variables.all(0)).toEqual([f32("w", [2]), f32("state/old", [1]), ...carried]);
});

test("a model is trained by one at a time, and a trainer does not go on after another that has made it its own", () => {
  const { model } = fakeModel();
  const [one, other] = [{}, {}];
  const turn = (trainer: object, goesOn = false) => new ModelTurn(model, { trainer, goesOn });
  const first = turn(one);
  expect(() => turn(one)).toThrow("this training is running already");
  expect(() => turn(other)).toThrow("another Trainer is training this model");
  expect(first.follows).toBe(false);
  first.claim();
  first.end();
  const again = turn(one, true);
  expect(again.follows).toBe(false);
  again.end();
  // It has not made the model its own yet.
  const begun = turn(other);
  expect(begun.follows).toBe(true);
  begun.end();
  turn(one, true).end();
  const second = turn(other);
  second.claim();
  expect(second.follows).toBe(false);
  second.end();
  expect(() => turn(one, true)).toThrow("another Trainer has trained this model since");
  turn(one).end();
  // Another model is another turn.
  new ModelTurn(fakeModel().model, { trainer: one, goesOn: true });
});

test("the mean stands in the place of the weights while it is in use, and for good where it is adopted", async () => {
  const { model, held } = fakeModel({ "asgd.average/w": [5, 6] });
  const weights = () => [...(held.get("w") as number[]), ...(held.get("table") as number[])];
  const average = new WeightAverage(model, asgd({ nonMonotone: 0 }));
  // Before the first update there is no mean.
  expect(await average.inUse(0, async () => weights())).toEqual([1, 2, 7]);
  await average.adopt(0);
  expect(weights()).toEqual([1, 2, 7]);
  const nested = await average.inUse(1, async () => [await average.inUse(1, async () => weights()), weights()]);
  expect(nested).toEqual([
    [5, 6, 7],
    [5, 6, 7],
  ]);
  expect(weights()).toEqual([1, 2, 7]);
  await expect(average.inUse(1, () => Promise.reject(new Error("no text")))).rejects.toThrow("no text");
  expect(weights()).toEqual([1, 2, 7]);
  // A checkpoint has taken the place of both.
  await average.inUse(1, async () => {
    held.set("w", [3, 4]);
    average.forget();
  });
  expect(weights()).toEqual([3, 4, 7]);
  await average.adopt(1);
  expect(weights()).toEqual([5, 6, 7]);
  expect([1, 2, 4].map((step) => average.share(step))).toEqual([1, 1 / 2, 1 / 4]);
});

test("where no averaging has begun the weights are used, and none begins twice or without a rule for it", async () => {
  const { model, held } = fakeModel({ "asgd.average/w": [5, 6] });
  const rising = [1, 2, 3].map((loss, i) => ({ loss, step: 10 * i }));
  const [never, later] = [new WeightAverage(model, sgd()), new WeightAverage(model, asgd({ nonMonotone: 1 }))];
  expect([never.look(rising), never.share(40)]).toEqual([false, 0]);
  expect(later.share(40)).toBe(0);
  for (const average of [never, later]) {
    expect(await average.inUse(40, async () => held.get("w"))).toEqual([1, 2]);
    await average.adopt(40);
    expect(held.get("w")).toEqual([1, 2]);
  }
  expect([later.look(rising), later.look(rising)]).toEqual([true, false]);
  expect(later.share(21)).toBe(1);
  expect(await later.inUse(20, async () => held.get("w"))).toEqual([1, 2]);
  expect(await later.inUse(21, async () => held.get("w"))).toEqual([5, 6]);
});
