import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { naiveForecast, readSeries } from "../../../lib/index.js";
import { mase, smape } from "../../../lib/metrics/forecast.js";
import { drift, naive, naive2, seasonalNaive, withoutGaps } from "../../../lib/models/forecaster/baselines.js";
import { randomNumbers } from "../../data/randomText.js";

test("gaps take the value a season before, and the change of their neighbours since", () => {
  expect(Array.from(withoutGaps([1, 2, Number.NaN, 4], 2))).toEqual([1, 2, 3, 4]);
  expect(Array.from(withoutGaps([Number.NaN, 5, Number.NaN, Number.NaN]))).toEqual([5, 5, 5, 5]);
  expect(Array.from(withoutGaps([Number.NaN, Number.NaN], 2))).toEqual([0, 0]);
  // A wave on a slope loses nothing.
  const wave = Array.from({ length: 40 }, (_, t) => 0.5 * t + ([0, 3, 9, 4][t % 4] as number));
  const gone = wave.map((value, t) => ([11, 12, 17, 23, 30, 31, 39].includes(t) ? Number.NaN : value));
  for (const [t, value] of withoutGaps(gone, 4).entries()) expect(value).toBeCloseTo(wave[t] as number, 9);
});

const gap = Number.NaN;
test.each([
  [
    "no season: straight lines, and the nearest value outside",
    [gap, 2, gap, gap, 5, 7, gap, gap],
    1,
    [2, 2, 3, 4, 5, 7, 7, 7],
  ],
  [
    "a season: the change lies on a line too",
    [1, 10, 4, 2, gap, 6, 3, gap, gap],
    3,
    [1, 10, 4, 2, 11.5, 6, 3, 12.5, 7],
  ],
  ["a gap from within the first season on: the change after it", [1, 10, 4, gap, gap, 6], 3, [1, 10, 4, 3, 12, 6]],
  ["a gap of a season and more in the first two: straight lines", [1, 2, gap, gap, 5], 2, [1, 2, 3, 4, 5]],
  ["nothing after the first season: its last value", [1, 2, 3, gap, gap], 3, [1, 2, 3, 3, 3]],
  ["nothing after a season whose change is known", [1, 2, 5, gap, gap, gap], 2, [1, 2, 5, 6, 9, 10]],
  ["a gap before a season has passed", [4, gap, 8, 5, 7, 9], 3, [4, 6, 8, 5, 7, 9]],
  ["no values", [], 2, []],
])("%s", (_, values, season, expected) => {
  expect(Array.from(withoutGaps(values, season))).toEqual(expected);
});

test("the last value, or season, is repeated; a history shorter than a season has its last value", () => {
  expect(Array.from(naive([1, 3, gap], 3))).toEqual([3, 3, 3]);
  expect(Array.from(naive([], 2))).toEqual([0, 0]);
  expect(Array.from(seasonalNaive([9, 1, 2, 3], 5, 3))).toEqual([1, 2, 3, 1, 2]);
  expect(Array.from(seasonalNaive([1, 2, 3], 4, 3))).toEqual([1, 2, 3, 1]);
  expect(Array.from(seasonalNaive([1, 2], 4, 3))).toEqual([2, 2, 2, 2]);
  expect(Array.from(seasonalNaive([1, 2], 2))).toEqual([2, 2]);
});

test("drift of no more than a season is the season; of one value more, the change between the two first places", () => {
  expect(Array.from(drift([1, 2], 3, 2))).toEqual([1, 2, 1]);
  expect(Array.from(drift([1, 5, 3], 3, 2))).toEqual([7, 5, 9]);
});

test("Naive2 takes no season for one before it has come three times, nor in values that are not above 0", () => {
  const spikes = Array.from({ length: 36 }, (_, t): number => (t % 12 === 11 ? 100 : 1));
  const next = Array.from({ length: 14 }, (_, h) => (h === 11 ? 100 : 1));
  for (const [h, value] of naive2(spikes, 14, 12).entries()) expect(value).toBeCloseTo(next[h] as number, 9);
  expect(Array.from(naive2(spikes.slice(1), 14, 12))).toEqual(new Array(14).fill(100));
  expect(Array.from(naive2(spikes.with(0, 0), 2, 12))).toEqual([100, 100]);
});

test.each([3, 4, 7])("Naive2 puts a season of %s back on the level that the last value has without it", (season) => {
  const factors = Array.from({ length: season }, (_, place) => 1 + place);
  const history = Array.from({ length: 12 * season + 2 }, (_, t) => 10 * (factors[t % season] as number));
  for (const [h, value] of naive2(history, 2 * season, season).entries()) {
    expect(value).toBeCloseTo(10 * (factors[(2 + h) % season] as number), 9);
  }
  // Twice the last value is twice the level.
  const twice = naive2([...history.slice(0, -1), 2 * (history.at(-1) as number)], season, season);
  for (const value of twice) expect(value).toBeGreaterThan(15);
});

test("drift carries a line on, and a line over a season", () => {
  expect(Array.from(drift([1, 2, 3, 4], 2))).toEqual([5, 6]);
  const seasonal = [0, 10, 2, 12, 4, 14];
  expect(Array.from(drift(seasonal, 4, 2))).toEqual([6, 16, 8, 18]);
});

test("a season that no autocorrelation shows is none to Naive2", () => {
  expect(Array.from(naive2([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8], 2, 4))).toEqual([8, 8]);
});

test("Naive2 carries a season on at the level of the last value", () => {
  const season = [5, 10, 15, 10];
  const history = Array.from({ length: 40 }, (_, t) => season[t % 4] as number);
  for (const [h, value] of naive2(history, 6, 4).entries()) expect(value).toBeCloseTo(season[h % 4] as number, 9);
});

test("Naive2 adjusts where the autocorrelation exceeds 1.645 of Bartlett's standard errors", () => {
  const random = randomNumbers(2);
  const [n, season] = [24, 3];
  const found = Array.from({ length: 60 }, () => {
    const strength = random(12);
    const values = Array.from({ length: n }, (_, t) => 20 + random(10) + (t % season === 1 ? strength : 0));
    const mean = values.reduce((sum, value) => sum + value, 0) / n;
    const apart = values.map((value) => value - mean);
    const product = (lag: number) => apart.slice(lag).reduce((sum, value, t) => sum + value * (apart[t] as number), 0);
    const r = (lag: number) => product(lag) / product(0);
    const isSeasonal = Math.abs(r(3)) / Math.sqrt((1 + 2 * (r(1) ** 2 + r(2) ** 2)) / n) > 1.645;
    // A season that is taken changes from step to step; the last value does not.
    expect(new Set(naive2(values, 3, season)).size > 1).toBe(isSeasonal);
    return isSeasonal;
  });
  const share = found.filter(Boolean).length / found.length;
  expect(share).toBeGreaterThan(0.2);
  expect(share).toBeLessThan(0.8);
});

const data = fileURLToPath(new URL("../../../../shared/data/forecast-m4", import.meta.url));
const known = [
  ["naive", naive, 43.003, 11.608],
  ["seasonal naive", seasonalNaive, 13.912, 1.193],
  ["naive 2", naive2, 18.383, 2.395],
] as const;

test.skipIf(!existsSync(data))("M4 Hourly: the published figures to all their digits", async () => {
  const [past, future] = await Promise.all(
    ["Hourly-train.csv", "Hourly-test.csv"].map((file) => readSeries(join(data, file), { layout: "rows" })),
  );
  for (const [name, forecast, expectedSmape, expectedMase] of known) {
    let [sumSmape, sumMase] = [0, 0];
    for (const [i, { values }] of (past ?? []).entries()) {
      const [truth, found] = [future?.[i]?.values as ArrayLike<number>, forecast(values, 48, 24)];
      sumSmape += smape(truth, found);
      sumMase += mase(truth, found, values, { season: 24 });
    }
    expect([name, (sumSmape / 414).toFixed(3), (sumMase / 414).toFixed(3)]).toEqual([
      name,
      expectedSmape.toFixed(3),
      expectedMase.toFixed(3),
    ]);
  }
});

test("a horizon has a million steps at most", () => {
  expect(naiveForecast([2, 3], 1_000_000)).toHaveLength(1_000_000);
  expect(() => naiveForecast([2, 3], 1_000_001)).toThrow(/the horizon .*at most 1000000, got 1000001/);
});
