import { expect, test } from "vitest";
import {
  crps,
  intervalCoverage,
  intervalScore,
  mape,
  meanAbsoluteError,
  meanSquaredError,
  smape,
} from "../../../lib/metrics/forecast.js";
import { backtest } from "../../../lib/models/forecaster/backtest.js";
import { drift, naive, naive2, seasonalNaive } from "../../../lib/models/forecaster/baselines.js";
import { completeForecaster } from "../../../lib/models/forecaster/config.js";

const gap = Number.NaN;
const config = completeForecaster({
  horizon: 2,
  season: 2,
  series: ["a", "b", "c"].map((name, i) => ({ name, center: 0, deviation: 2 + i, scale: 1, season: 2 })),
});
const series = [
  { name: "a", values: [1, 5, 2, 6, 4, 7, 3, 9] },
  { name: "b", values: [10, 12, 11, 14, 13, gap, 14, 10] },
  // One pair of values is not known at all, and before the first origin nothing changes from season to season.
  { name: "c", values: [1, 2, 1, 2, gap, gap, 1, 3] },
];
const levels = [0.025, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.975];
const quantile = (level: number) => Float64Array.of(4 + 8 * level, 3 + 10 * level);
const model = { config, forecast: async (places: readonly unknown[]) => places.map(() => written(levels)) };
const written = (own: number[]) => ({ name: "", point: quantile(0.5), levels: own, quantiles: own.map(quantile) });

/** Series, origin and unit of each window. */
const windows = [
  { of: 0, origin: 4, unit: 1 },
  { of: 0, origin: 6, unit: 1 },
  { of: 1, origin: 4, unit: 1.5 },
  { of: 1, origin: 6, unit: 1.5 },
  { of: 2, origin: 6, unit: gap },
];

/** The scores of forecasts by their definitions: means over the windows that have them. */
function scoresOf(point: (history: number[]) => ArrayLike<number>, of: (level: number) => ArrayLike<number> | null) {
  const all = windows.map(({ of: i, origin, unit }) => {
    const values = series[i]?.values as number[];
    const truth = values.slice(origin, origin + 2);
    const own = point(values.slice(0, origin));
    const [low, high] = [of(0.025), of(0.975)];
    const deciles = levels.slice(1, -1);
    const seen = truth.filter((value) => !Number.isNaN(value));
    return {
      mase: meanAbsoluteError(truth, own) / unit,
      smape: smape(truth, own),
      mape: mape(truth, own),
      meanAbsoluteError: meanAbsoluteError(truth, own),
      meanSquaredError: meanSquaredError(truth, own),
      scaledSquaredError: meanSquaredError(truth, own) / (2 + i) ** 2,
      msis: low && high ? intervalScore(truth, low, high, 0.95) / unit : gap,
      coverage: low && high ? intervalCoverage(truth, low, high) : gap,
      loss:
        seen.length *
        crps(
          truth,
          deciles,
          deciles.map((level) => of(level) ?? own),
        ),
      size: seen.reduce((sum, value) => sum + Math.abs(value), 0),
    };
  });
  const mean = (name: keyof (typeof all)[number]) => {
    const known = all.map((one) => one[name]).filter((value) => !Number.isNaN(value));
    return known.length === 0 ? gap : known.reduce((sum, value) => sum + value, 0) / known.length;
  };
  const names = ["mase", "smape", "mape", "meanAbsoluteError", "meanSquaredError", "scaledSquaredError"] as const;
  const means = [...names, "msis" as const, "coverage" as const].map((name) => [name, mean(name)]);
  return { ...Object.fromEntries(means), crps: mean("loss") / mean("size") } as Record<string, number>;
}

const near = (scores: object) =>
  Object.fromEntries(
    Object.entries(scores).map(([name, value]) => [
      name,
      typeof value === "number" && !Number.isNaN(value) ? expect.closeTo(value, 10) : value,
    ]),
  );

const baselines = (season: number) =>
  [
    ["naive", (history: number[]) => naive(history, 2)],
    ["seasonal naive", (history: number[]) => seasonalNaive(history, 2, season)],
    ["drift", (history: number[]) => drift(history, 2, season)],
    ["naive 2", (history: number[]) => naive2(history, 2, season)],
  ] as const;

test("the scores of a backtest are the means over its windows, of the model and of what learns nothing", async () => {
  const result = await backtest(series, { lastSteps: 4, stride: 2 }, model);
  const expected = [
    { name: "model", ...scoresOf(() => quantile(0.5), quantile) },
    ...baselines(2).map(([name, forecast]) => ({ name, ...scoresOf(forecast, () => null) })),
  ] as ({ name: string } & Record<string, number>)[];
  const reference = expected.at(-1) as Record<string, number>;
  const [scale, base] = [reference.smape as number, reference.mase as number];
  const scores = expected.map((own) => ({
    ...own,
    owa: ((own.smape as number) / scale + (own.mase as number) / base) / 2,
  }));
  expect(result.scores).toEqual(scores.map(near));
  const [own, ...others] = expected.map(({ mase }) => mase as number);
  const least = Math.min(...others);
  expect(result).toMatchObject({ series: 3, windows: 5, values: 9, pays: (own as number) < least });
  expect(result.best.mase).toBeCloseTo(least, 10);
  expect(result.best).toEqual(result.scores.find(({ name }) => name === result.best.name));
});

test("a forecast of points has no interval, and one of logarithms no variance", async () => {
  const points = {
    config: { ...config, logarithm: true },
    forecast: async (all: readonly unknown[]) => all.map(() => written([])),
  };
  const [own] = (await backtest(series, { lastSteps: 4, stride: 2 }, points)).scores;
  const { scaledSquaredError, ...expected } = scoresOf(
    () => quantile(0.5),
    () => null,
  );
  expect(scaledSquaredError).not.toBeNaN();
  expect(own).toEqual({ ...near(expected), name: "model", owa: expect.any(Number), scaledSquaredError: gap });
});

test("a model pays where it is better than the best of the others, and not where it is as good", async () => {
  const like = (point: (history: number[], horizon: number) => ArrayLike<number>) => ({
    config,
    forecast: async (places: readonly { origin: number; prepared: { values: Float64Array } }[]) =>
      places.map(({ prepared, origin }) => ({
        ...written([]),
        point: Float64Array.from(point([...prepared.values.subarray(0, origin)], 2)),
      })),
  });
  const two = series.slice(0, 1);
  const best = (await backtest(two, {}, model)).best.name;
  const [, same] = baselines(2).find(([name]) => name === best) as NonNullable<ReturnType<typeof baselines>[number]>;
  expect(await backtest(two, {}, like(same) as never)).toMatchObject({ pays: false, windows: 1 });
  expect(await backtest(two, {}, like(() => [3, 9]) as never)).toMatchObject({ pays: true });
  // Without a change there is no unit: the absolute error decides.
  const flat = [{ name: "a", values: [1, 1, 1, 1, 1, 2] }];
  const right = await backtest(flat, {}, like(() => [1, 2]) as never);
  expect(right).toMatchObject({ pays: true });
  expect(right.scores[0]).toMatchObject({ mase: gap, meanAbsoluteError: 0 });
});

test("Naive2 is left out of a test from many origins, and the seasonal forecast where there is no season", async () => {
  const values = Array.from({ length: 80 }, (_, t) => t % 7);
  const names = async (lastSteps: number, season: number) => {
    const own = { ...model, config: { ...config, season } };
    const { scores } = await backtest([{ name: "a", values }], { lastSteps, stride: 1 }, own);
    return scores.map(({ name, owa }) => (Number.isNaN(owa) ? name : `${name}!`));
  };
  expect(await names(51, 2)).toEqual(["model!", "naive!", "seasonal naive!", "drift!", "naive 2!"]);
  expect(await names(52, 2)).toEqual(["model", "naive", "seasonal naive", "drift"]);
  expect(await names(51, 1)).toEqual(["model!", "naive!", "drift!", "naive 2!"]);
});

test("what a backtest is asked for is asked of the model, 512 windows at a time, and its share is told", async () => {
  const values = Array.from({ length: 530 }, (_, t) => 1 + (t % 7));
  const asked: [windows: number, options: object][] = [];
  const own = {
    config,
    forecast: async (places: readonly { origin: number }[], options: object) => {
      asked.push([places.length, options]);
      return places.map(({ origin }) => ({
        ...written(levels),
        point: Float64Array.from(values.slice(origin, origin + 2)),
      }));
    },
  };
  const shares: number[] = [];
  const { signal } = new AbortController();
  const options = {
    lastSteps: 521,
    stride: 1,
    seed: 5,
    paths: 7,
    signal,
    onProgress: (share: number) => shares.push(share),
  };
  const { scores, windows } = await backtest([{ name: "a", values }], options, own);
  expect(windows).toBe(520);
  expect(scores[0]).toMatchObject({ name: "model", meanAbsoluteError: 0 });
  const given = { levels, seed: 5, paths: 7, signal };
  expect(asked).toEqual([
    [512, given],
    [8, given],
  ]);
  expect(shares).toEqual([512 / 520, 1]);
  await backtest([{ name: "a", values }], {}, own);
  expect(asked.at(-1)).toEqual([1, { levels, seed: 1 }]);
});

test("a test needs a horizon to measure and something before it", async () => {
  await expect(backtest(series, { lastSteps: 1 }, model)).rejects.toThrow(
    /the horizon of 2 is longer than what is to be forecast, the last step\./,
  );
  const longer = { ...model, config: completeForecaster({ horizon: 3 }) };
  await expect(backtest(series, { lastSteps: 2 }, longer)).rejects.toThrow(
    "backtest: the horizon of 3 is longer than what is to be forecast, the last 2 steps.",
  );
  await expect(backtest([{ name: "a", values: [1, 2] }], {}, model)).rejects.toThrow(
    /has 2 values: .* nothing is left/,
  );
  expect(await backtest([{ name: "a", values: [1, 2, 3] }], {}, model)).toMatchObject({ windows: 1, values: 2 });
});

test("a series that the training has not met is fitted on what was before the first origin", async () => {
  const other = (last: number) => ({ name: "other", values: [1, 5, 2, 6, 4, last, 10 * last, last] });
  const fitted = async (last: number) => {
    const seen: unknown[] = [];
    const forecast = async (places: readonly { prepared: { fitted: unknown } }[]) => {
      seen.push(...places.map(({ prepared }) => prepared.fitted));
      return places.map(() => written(levels));
    };
    await backtest([other(last)], { lastSteps: 4 }, { config, forecast: forecast as never });
    return seen;
  };
  expect(await fitted(3)).toEqual(await fitted(1000));
});
