import { expect, test } from "vitest";
import {
  intervalCoverage,
  intervalScore,
  mape,
  mase,
  meanSquaredError,
  quantileScore,
  seasonalDifference,
  smape,
} from "../../lib/metrics/forecast.js";

const truth = [10, 20, Number.NaN, 40];
const forecast = [12, 18, 99, 40];

test("scores are means over the steps that were observed", () => {
  expect(mape(truth, forecast)).toBeCloseTo((20 + 10 + 0) / 3, 12);
  expect(smape(truth, forecast)).toBeCloseTo((400 / 22 + 400 / 38 + 0) / 3, 12);
  expect(meanSquaredError(truth, forecast)).toBeCloseTo((4 + 4 + 0) / 3, 12);
});

test("MASE counts errors in the history's change from season to season, gaps left out", () => {
  const values = [1, 2, 3, 5, Number.NaN, 9];
  expect(seasonalDifference(values, 2)).toBeCloseTo((2 + 3 + 4) / 3, 12);
  expect(mase(truth, forecast, { values, season: 2 })).toBeCloseTo(4 / 3 / 3, 12);
});

test("the interval score adds 2/α times the distance of what lies outside", () => {
  expect(intervalScore([5, 11, -2], [0, 0, 0], [10, 10, 10], 0.95)).toBeCloseTo((10 + 10 + 40 + 10 + 80) / 3, 9);
  expect(intervalCoverage([5, 11, -2], [0, 0, 0], [10, 10, 10])).toBeCloseTo(1 / 3, 12);
});

test("the quantile score of a point at every level is its absolute error where levels are symmetric", () => {
  const point = [12, 18, 99, 40];
  expect(quantileScore(truth, [0.1, 0.5, 0.9], [point, point, point])).toBeCloseTo(4 / 3, 12);
});

test("the quantile score of the true distribution is its CRPS", () => {
  // Uniform on [0, 1] and the value 1/2: CRPS = 1/12 (integral of (F - 1)² and F² on both halves).
  const levels = Array.from({ length: 999 }, (_, k) => (k + 1) / 1000);
  expect(
    quantileScore(
      [0.5],
      levels,
      levels.map((level) => [level]),
    ),
  ).toBeCloseTo(1 / 12, 3);
});

test("forecasts of another length are refused", () => {
  expect(() => smape([1, 2], [1])).toThrow("expected as many forecasts as values, got 1 for 2");
});
