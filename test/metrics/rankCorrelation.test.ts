import { expect, test } from "vitest";
import { spearman } from "../../lib/metrics/rankCorrelation.js";

test("ranks count, not values", () => {
  expect(spearman([1, 2, 3, 4], [10, 20, 30, 1e9])).toBe(1);
  expect(spearman([1, 2, 3, 4], [5, 4, 3, -2])).toBe(-1);
});

test("without ties it is 1 - 6 sum d^2 / (n (n^2 - 1))", () => {
  // Ranks 1..5 against 2, 1, 4, 3, 5: differences of 1 four times.
  expect(spearman([1, 2, 3, 4, 5], [2, 1, 4, 3, 5])).toBeCloseTo(1 - (6 * 4) / (5 * 24), 12);
});

test("equal numbers share the mean of their ranks", () => {
  // Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: covariance 4.5, variances 4.5 and 5.
  expect(spearman([1, 2, 2, 3], [1, 2, 3, 4])).toBeCloseTo(4.5 / Math.sqrt(4.5 * 5), 12);
});

test("what has no order is refused", () => {
  expect(() => spearman([1], [2])).toThrow(/at least 2/);
  expect(() => spearman([1, 2], [1, 2, 3])).toThrow(/2 numbers and 3/);
  expect(() => spearman([1, 1], [1, 2])).toThrow(/no order/);
  expect(() => spearman([1, 2], [1, 1])).toThrow(/no order/);
  expect(() => spearman([1, Number.NaN], [1, 2])).toThrow(/expected a\[1\] to be a number/);
  expect(() => spearman([1, 2], [1, Number.NaN])).toThrow(/expected b\[1\] to be a number/);
});

test("two numbers have an order, and three lists of ties share their ranks", () => {
  expect([spearman([1, 2], [3, 4]), spearman([1, 2], [4, 3])]).toEqual([1, -1]);
  // Ranks 1.5, 1.5, 3.5, 3.5 against 1, 2, 3, 4.
  expect(spearman([5, 5, 7, 7], [1, 2, 3, 4])).toBeCloseTo(4 / Math.sqrt(4 * 5), 12);
});
