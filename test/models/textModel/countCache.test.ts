import { expect, test } from "vitest";
import { CountCache, mixedLoss } from "../../../lib/models/textModel/countCache.js";
import { randomNumbers } from "../../data/randomText.js";

const never = Number.POSITIVE_INFINITY;

test.each([0, 0.1, 0.5, 0.9])(
  "a mixture with a cache of weight %s has both probabilities in their shares",
  (weight) => {
    for (const own of [1, 0.7, 0.01, 0]) {
      for (const p of [0, 0.2, 1]) {
        const mixed = mixedLoss(-Math.log(own), { p, weight });
        const expected = -Math.log((1 - weight) * own + weight * p);
        if (expected === never) expect(mixed).toBe(never);
        else expect(mixed).toBeCloseTo(expected, 12);
      }
    }
  },
);

test("probabilities that are too small for a number still count", () => {
  expect(mixedLoss(800, { p: 0, weight: 0.5 })).toBeCloseTo(800 + Math.LN2, 9);
  expect(mixedLoss(800, { p: 0.5, weight: 0.5 })).toBeCloseTo(Math.log(4), 12);
});

test.each([1, 4, 50])("a cache of %s counts the last tokens, and those alone", (size) => {
  const [random, weight] = [randomNumbers(3), 0.3];
  const cache = new CountCache({ size, weight });
  const tokens = Array.from({ length: 40 }, () => random(5));
  for (const [t, token] of tokens.entries()) {
    const before = tokens.slice(Math.max(0, t - size), t);
    const p = before.filter((other) => other === token).length / before.length;
    const expected = t === 0 ? 2 : -Math.log((1 - weight) * Math.exp(-2) + weight * p);
    expect(cache.read(token, 2)).toBeCloseTo(expected, 12);
  }
});
