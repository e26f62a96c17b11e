import { expect, test } from "vitest";
import { BestValidation } from "../../lib/train/best.js";
import { firstNonFinite } from "../../lib/train/divergence.js";
import { expectFiniteLoss, Tally } from "../../lib/train/evaluation.js";
import { expectAnyTarget } from "../../lib/train/expectData.js";
import { nonFiniteInARow } from "../../lib/train/soundness.js";
import { savableModel } from "../../lib/train/trainable.js";

const part = (total: number, tokens: number, correct?: number) =>
  ({ total, tokens, losses: [], outputs: {}, ...(correct === undefined ? {} : { correct }) }) as never;

test("measures are means over all tokens, whatever the batches", () => {
  const tally = new Tally();
  tally.add(part(6, 3));
  tally.add(part(2, 1), 0);
  expect(tally.measures()).toEqual({ loss: 2, perplexity: Math.exp(2) });
  expect(tally.measures(16)).toEqual({ loss: 2, perplexity: Math.exp(2), bitsPerCharacter: 8 / Math.LN2 / 16 });
  expect(tally.measures(1).bitsPerCharacter).toBe(8 / Math.LN2);
  tally.add(part(4, 2), 1);
  expect(tally.measures(16)).toEqual({ loss: 2, perplexity: Math.exp(2) });
  expect(tally.sums).toEqual({ total: 12, tokens: 6, unknown: 1, correct: undefined });
});

test("an accuracy is there where a model predicts, also where nothing is right", () => {
  const tally = new Tally();
  tally.add(part(6, 3, 0));
  expect(tally.measures().accuracy).toBe(0);
  tally.add(part(2, 1, 1));
  expect(tally.measures().accuracy).toBe(1 / 4);
});

test("what several processes have measured adds up, and has an accuracy if one of them has", () => {
  const [one, other, whole] = [new Tally(), new Tally(), new Tally()];
  one.add(part(6, 3), 2);
  other.add(part(2, 1), 1);
  whole.replace([one.sums, other.sums]);
  expect(whole.sums).toEqual({ total: 8, tokens: 4, unknown: 3, correct: undefined });
  expect(whole.measures()).not.toHaveProperty("accuracy");
  other.add(part(2, 4, 3), 0);
  whole.replace([one.sums, other.sums]);
  expect(whole.sums).toEqual({ total: 10, tokens: 8, unknown: 3, correct: 3 });
  expect(whole.measures().accuracy).toBe(3 / 8);
});

test("a validation is the best where its loss is lower, or its accuracy higher, and not where it is the same", () => {
  const measures = (loss: number, accuracy?: number) => ({
    loss,
    perplexity: 1,
    ...(accuracy === undefined ? {} : { accuracy }),
  });
  const [byLoss, byAccuracy] = [new BestValidation("loss"), new BestValidation("accuracy")];
  expect([byLoss.misses, byLoss.found, byLoss.isBeatenBy(measures(9))]).toEqual([0, null, true]);
  for (const best of [byLoss, byAccuracy]) best.take(measures(2, 0.5));
  const beaten = (loss: number, accuracy?: number) =>
    [byLoss, byAccuracy].map((best) => best.isBeatenBy(measures(loss, accuracy)));
  expect(beaten(2, 0.5)).toEqual([false, false]);
  expect(beaten(1, 0.5)).toEqual([true, false]);
  expect(beaten(3, 0.6)).toEqual([false, true]);
  expect(beaten(3)).toEqual([false, false]);
  byLoss.miss();
  byLoss.miss();
  expect(byLoss.misses).toBe(2);
  byLoss.take(measures(1));
  expect([byLoss.misses, byLoss.found]).toEqual([0, { loss: 1 }]);
  byAccuracy.restore({
    bestLoss: 4,
    misses: 3,
    validations: [
      { best: true, accuracy: 0.7 },
      { best: true, accuracy: 0.8 },
      { best: false, accuracy: 0.6 },
    ],
  } as never);
  expect([byAccuracy.misses, byAccuracy.found]).toEqual([3, { loss: 4, accuracy: 0.8 }]);
  expect(beaten(5, 0.75)).toEqual([false, false]);
  byAccuracy.restore({ bestLoss: null, misses: 0, validations: [] });
  expect(byAccuracy.isBeatenBy(measures(9, 0))).toBe(true);
});

test("losses that are not finite count from the last one that is", () => {
  const inARow = (...losses: number[]) => nonFiniteInARow(losses.map((loss) => ({ loss })));
  const { NaN: none, POSITIVE_INFINITY: infinite } = Number;
  expect([
    inARow(),
    inARow(1),
    inARow(none),
    inARow(1, none, infinite),
    inARow(none, 1),
    inARow(none, 1, none),
  ]).toEqual([0, 0, 1, 2, 0, 1]);
  expect(firstNonFinite({ name: "exp", path: "output" })).toEqual({
    layer: "output",
    what: 'the first value that is not finite came from exp in layer "output"',
  });
  const unknown = { layer: "unknown", what: expect.stringContaining('came from an op in layer "unknown"') };
  expect(firstNonFinite(undefined)).toEqual(unknown);
  expect(firstNonFinite({ name: "exp", path: "" }).layer).toBe("unknown");
  expectFiniteLoss("evaluate", 0);
  for (const loss of [none, infinite]) expect(() => expectFiniteLoss("evaluate", loss)).toThrow(`(${loss})`);
  expectAnyTarget("data", 1);
  expect(() => expectAnyTarget("validation data", 0)).toThrow("the validation data has nothing that is predicted");
});

test("what a Trainer trains has a store, parameters and losses", () => {
  const model = { store: {}, parameters: [], recordLoss: () => {} };
  expect(savableModel.fits(model)).toBe(true);
  for (const name of Object.keys(model)) expect(savableModel.fits({ ...model, [name]: 5 }), name).toBe(false);
  for (const other of [null, undefined, 5, {}]) expect(savableModel.fits(other)).toBe(false);
});
