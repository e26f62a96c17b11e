import { expect, test } from "vitest";
import { fitCovariates, fitSeries } from "../../../lib/models/forecaster/fit.js";

const missing = Number.NaN;
const deviationOf = (...values: number[]) => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
};
const scaled = (values: number[], options: object = {}) =>
  fitSeries("a", Float64Array.from(values), { season: 1, scaling: "difference", logarithm: false, ...options });

test("a series has its mean, its deviation, and as scale what the model asks for", () => {
  const values = [1, 5, missing, 2, 12];
  const fitted = { name: "a", center: 5, deviation: expect.closeTo(deviationOf(1, 5, 2, 12), 12), season: 1 };
  expect(scaled(values, { scaling: "deviation" })).toEqual({ ...fitted, scale: fitted.deviation });
  expect(scaled(values, { scaling: "mean" })).toEqual({ ...fitted, scale: 1 + 5 });
  expect(
    scaled(
      values.map((value) => -value),
      { scaling: "mean" },
    ),
  ).toMatchObject({ center: -5, scale: 6 });
  expect(scaled(values)).toEqual({ ...fitted, scale: (4 + 10) / 2 });
});

test.each([
  ["the change over a season", [1, 5, 2, 6, 4, 8], 2, 1.5],
  ["over a step, of a series no longer than a season", [1, 5, 2], 3, 3.5],
  ["over a step, of one that repeats its season exactly", [0, 2, 0, 2], 2, 2],
  ["the deviation, where no two values lie side by side", [5, missing, 5, missing, 8], 3, deviationOf(5, 5, 8)],
  ["1, where nothing changes", [3, 3, 3, 3], 2, 1],
  ["1, where nothing is known", [missing, missing], 1, 1],
])("the scale by difference is %s", (_, values, season, scale) => {
  expect(scaled(values, { season }).scale).toBeCloseTo(scale, 12);
});

test("what does not change has the deviation 1, and what is not known the centre 0", () => {
  expect(scaled([3, 3])).toEqual({ name: "a", center: 3, deviation: 1, scale: 1, season: 1 });
  expect(scaled([missing])).toEqual({ name: "a", center: 0, deviation: 1, scale: 1, season: 1 });
  // Rounding is no change.
  expect(scaled([1e9, 1e9 + 1e-7], { scaling: "deviation" })).toMatchObject({ deviation: 1, scale: 1 });
});

test("a series takes the longer season where it changes less over it", () => {
  const long = [1, 2, 7, 9, 1, 2, 7, 10];
  expect(scaled(long, { season: 2, longSeason: 4 })).toMatchObject({ season: 4, scale: 0.25 });
  expect(scaled(long, { season: 4, longSeason: 2 })).toMatchObject({ season: 4, scale: 0.25 });
  expect(scaled([1, 2, 1, 2, 1, 2], { season: 2, longSeason: 4 })).toMatchObject({ season: 2 });
  expect(scaled([1, 2, 3], { season: 2, longSeason: 4 })).toMatchObject({ season: 2, scale: 2 });
});

test("a covariate has the mean and deviation of all series, and of the numbers of whole series", () => {
  const series = [
    { values: [1], covariates: { heat: [1, missing, 3], rain: [4, 4] }, static: { size: 2 } },
    { values: [1], covariates: { heat: [8] }, static: { size: 6 } },
    { values: [1] },
  ];
  expect(fitCovariates(series, ["heat", "size", "rain", "none"])).toEqual([
    { name: "heat", mean: 4, deviation: expect.closeTo(deviationOf(1, 3, 8), 12) },
    { name: "size", mean: 4, deviation: 2 },
    { name: "rain", mean: 4, deviation: 1 },
    { name: "none", mean: 0, deviation: 1 },
  ]);
});
