import { expect, test } from "vitest";
import {
  crps,
  intervalCoverage,
  intervalScore,
  mape,
  mase,
  meanAbsoluteError,
  meanSquaredError,
  msis,
  owa,
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
  expect(mase(truth, forecast, values, { season: 2 })).toBeCloseTo(4 / 3 / 3, 12);
});

test("MSIS adds 2/α times the distance of what lies outside, in the history's changes", () => {
  const interval = [
    [0, 0, 0],
    [10, 10, 10],
  ] as const;
  expect(msis([5, 11, -2], interval, [1, 3, 5])).toBeCloseTo((10 + 10 + 40 + 10 + 80) / 3 / 2, 9);
  expect(msis([5, 11, -2], interval, [1, 3, 5, 9], { season: 2, coverage: 0.8 })).toBeCloseTo(
    (10 + 10 + 10 + 10 + 20) / 3 / 5,
    9,
  );
  expect(intervalCoverage([5, 11, -2], [0, 0, 0], [10, 10, 10])).toBeCloseTo(1 / 3, 12);
});

test("the quantile score of a point at every level is its absolute error where levels are symmetric", () => {
  const point = [12, 18, 99, 40];
  expect(crps(truth, [0.1, 0.5, 0.9], [point, point, point])).toBeCloseTo(4 / 3, 12);
});

test("the quantile score of the true distribution is its CRPS", () => {
  // Uniform on [0, 1] and the value 1/2: CRPS = 1/12 (integral of (F - 1)² and F² on both halves).
  const levels = Array.from({ length: 999 }, (_, k) => (k + 1) / 1000);
  expect(
    crps(
      [0.5],
      levels,
      levels.map((level) => [level]),
    ),
  ).toBeCloseTo(1 / 12, 3);
});

test("OWA is 1 for the reference itself, and one half for half of its errors", () => {
  expect(owa({ smape: 3, mase: 2 }, { smape: 3, mase: 2 })).toBe(1);
  expect(owa({ smape: 1.5, mase: 1 }, { smape: 3, mase: 2 })).toBe(0.5);
});

test("forecasts of another length are refused", () => {
  expect(() => smape([1, 2], [1])).toThrow("expected as many forecasts as values, got 1 for 2");
});

test("a forecast that is missing where the truth is known is no gap: the score is NaN", () => {
  const missing = [12, Number.NaN, 1, 40];
  const scores = [
    meanAbsoluteError(truth, missing),
    meanSquaredError(truth, missing),
    smape(truth, missing),
    mape(truth, missing),
    mase(truth, missing, [1, 2, 3]),
    crps(truth, [0.5], [missing]),
    msis(truth, [forecast, missing], [1, 2, 3]),
    intervalCoverage(truth, missing, forecast),
  ];
  expect(scores).toEqual(scores.map(() => Number.NaN));
  expect(meanAbsoluteError(truth, [12, 18, Number.NaN, 40])).toBeCloseTo(4 / 3, 12);
});

test("steps without a share of their own are left out or count 0, and nothing observed has no score", () => {
  expect(mape([0, 10, -20], [5, 12, -15])).toBeCloseTo((20 + 25) / 2, 12);
  expect(mape([0], [1])).toBeNaN();
  expect(smape([0, 2], [0, -2])).toBe(100);
  expect(meanAbsoluteError([], [])).toBeNaN();
  expect(meanAbsoluteError([Number.NaN], [1])).toBeNaN();
  expect(seasonalDifference([1, 2, 4], 3)).toBeNaN();
  expect(seasonalDifference([1, 2, 5])).toBe(2);
  expect([seasonalDifference([1, 4]), seasonalDifference([1, 2, 4, 9], 3)]).toEqual([3, 8]);
});

test("the quantile score weighs what lies above a forecast by its level, and what lies below by the rest", () => {
  expect(crps([10], [0.9], [[8]])).toBeCloseTo(2 * 0.9 * 2, 12);
  expect(crps([8], [0.9], [[10]])).toBeCloseTo(2 * 0.1 * 2, 12);
  expect(crps([10, 8], [0.9, 0.25], [Float32Array.of(8, 10), [10, 4]])).toBeCloseTo((3.6 + 0.4) / 4 + (0 + 2) / 4, 12);
});

test("the ends of an interval are inside it", () => {
  expect(intervalCoverage([0, 10, -0.1, 10.1], [0, 0, 0, 0], [10, 10, 10, 10])).toBe(0.5);
  expect(intervalScore([0, 10], [0, 0], [10, 10], 0.5)).toBe(10);
  expect(intervalScore([-1, 13], [0, 0], [10, 10], 0.5)).toBe(10 + (4 * (1 + 3)) / 2);
  expect(intervalScore([5, -4], [2, -3], [10, -1], 0.5)).toBe((8 + 2 + 4) / 2);
});

test("what is no list of numbers is refused by what it was to be", () => {
  const own = [1, 2];
  const texts = ["1", "2"] as unknown as number[];
  const refused: [act: () => unknown, message: string][] = [
    [() => smape(texts, own), "smape: expected the values to be an array of numbers, got an array of 2."],
    [() => smape(own, texts), "smape: expected a forecast to be an array of numbers"],
    [
      () => smape(new DataView(new ArrayBuffer(2)) as never, own),
      "smape: expected the values to be an array of numbers",
    ],
    [() => smape({ length: 2 } as never, own), "smape: expected the values to be an array of numbers"],
    [() => mase(own, own, texts), "mase: expected the history to be an array of numbers"],
    [() => mase(own, own, own, { season: 0 }), "mase: expected season to be a whole number at least 1"],
    [() => msis(own, [own, own], texts), "msis: expected the history to be an array of numbers"],
    [() => msis(own, "ab" as never, own), 'msis: expected [low, high], got "ab".'],
    [() => msis(own, [own, own], own, { coverage: 1 }), "msis: expected coverage to be a number above 0 and below 1"],
    [() => msis(own, [own, own], own, { coverage: 0 }), "msis: expected coverage to be a number above 0 and below 1"],
    [() => crps(own, ["0.5"] as never, [own]), "crps: expected the levels to be an array of numbers"],
    [() => crps(own, [0], [own]), "crps: expected levels between 0 and 1 and a forecast for each"],
    [() => crps(own, [1], [own]), "crps: expected levels between 0 and 1 and a forecast for each"],
    [() => crps(own, [0.5], [own, own]), "crps: expected levels between 0 and 1 and a forecast for each"],
    [() => crps(own, [0.5], own as never), "crps: expected levels between 0 and 1"],
    [() => owa({ smape: 1 } as never, { smape: 1, mase: 1 }), "owa: expected { smape, mase }, got"],
    [() => owa({ smape: 1, mase: 1 }, { mase: 1 } as never), "owa: expected { smape, mase }, got"],
    [() => owa({ smape: 1, mase: 1 }, null as never), "owa: expected { smape, mase }, got null."],
  ];
  for (const [act, message] of refused) expect(act).toThrow(message);
});
