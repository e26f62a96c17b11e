import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readSeries } from "../../../lib/index.js";
import { mase, smape } from "../../../lib/metrics/forecast.js";
import { drift, naive, naive2, seasonalNaive, withoutGaps } from "../../../lib/models/forecaster/baselines.js";

test("gaps take the value a season before, and the change of their neighbours since", () => {
  expect(Array.from(withoutGaps([1, 2, Number.NaN, 4], 2))).toEqual([1, 2, 3, 4]);
  expect(Array.from(withoutGaps([Number.NaN, 5, Number.NaN, Number.NaN]))).toEqual([5, 5, 5, 5]);
  expect(Array.from(withoutGaps([Number.NaN, Number.NaN], 2))).toEqual([0, 0]);
  // A wave on a slope loses nothing.
  const wave = Array.from({ length: 40 }, (_, t) => 0.5 * t + ([0, 3, 9, 4][t % 4] as number));
  const gone = wave.map((value, t) => ([11, 12, 17, 23, 30, 31, 39].includes(t) ? Number.NaN : value));
  for (const [t, value] of withoutGaps(gone, 4).entries()) expect(value).toBeCloseTo(wave[t] as number, 9);
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
