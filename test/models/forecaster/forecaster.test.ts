import { join } from "node:path";
import { expect, test } from "vitest";
import type { ForecasterOptions, Series } from "../../../lib/index.js";
import { adam, Forecaster, loadModel, SeriesData, Trainer } from "../../../lib/index.js";
import { drift, seasonalNaive } from "../../../lib/models/forecaster/baselines.js";
import { EvaluationStep } from "../../../lib/train/evaluation.js";
import { temporaryFolder } from "../../data/temporaryFolder.js";

/** Waves of a period of 8 on a slope, of different sizes. */
function waves(count: number, length: number): Series[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `wave ${i}`,
    values: Float64Array.from(
      { length },
      (_, t) =>
        (i + 1) * (10 + 0.05 * t + 4 * Math.sin((2 * Math.PI * (t + i)) / 8) + 0.3 * Math.sin(7.7 * t * (i + 1))),
    ),
  }));
}

type Options = Partial<ForecasterOptions>;

async function trained(series: readonly Series[], options: Options = {}, epochs = 6): Promise<Forecaster> {
  const model = await Forecaster.create({ horizon: 12, season: 8, lookback: 24, hiddenSize: 24, series, ...options });
  const data = new SeriesData(series, { config: model.network.config, batchSize: 32 });
  await new Trainer(model, { data, epochs, optimizer: adam({ learningRate: 0.01 }) }).run();
  return model;
}

const withoutEnd = (series: readonly Series[], steps: number) =>
  series.map((one) => ({ ...one, values: Array.from(one.values).slice(0, one.values.length - steps) }));

test.each([
  ["segments and quantiles", {}],
  ["a seasonal baseline and a line", { baseline: "seasonal", linear: true }],
  ["a drifting baseline", { baseline: "drift", scaling: "difference" }],
  ["points by their squared error", { output: "point", pointLoss: "squared" }],
  ["gaussian, in turn", { output: "gaussian", decoder: "autoregressive", segment: 2 }],
  ["student-t", { output: "student-t", baseline: "seasonal", linear: true }],
  ["vectors of series, LSTM", { seriesEmbedding: 4, cell: "lstm", segment: 4 }],
] as [string, Options][])("%s: what is learnt is better than what learns nothing", async (_, options) => {
  const series = waves(5, 140);
  const model = await trained(withoutEnd(series, 12), options, 40);
  const result = await model.backtest(series, { paths: 40 });
  expect(result.scores[0]?.name).toBe("model");
  expect(result.scores[0]?.mase).toBeLessThan(result.best.mase as number);
  expect(result.pays).toBe(true);
});

test("in turn, each segment of the horizon but the last is read after it has been forecast", async () => {
  const series = [{ name: "a", values: Float64Array.from({ length: 36 }, (_, t) => 100 + t * t) }];
  const options = {
    horizon: 6,
    lookback: 24,
    segment: 2,
    season: 1,
    decoder: "autoregressive",
    output: "gaussian",
  } as const;
  const model = await Forecaster.create({ ...options, baseline: "level", hiddenSize: 4, series });
  const data = new SeriesData(series, { config: model.network.config, batchSize: 1, lastSteps: 6, role: "validate" });
  const [batch] = [...data.batches(0)];
  const inputs = batch?.feeds.inputs as Float32Array;
  const read = inputs.length / 14;
  const values = Array.from({ length: 14 }, (_, s) => Array.from(inputs.subarray(s * read, s * read + 2))).flat();
  const [base, slope] = [values[0] as number, (values[1] as number) - (values[0] as number)];
  const [first, second] = [series[0]?.values[6] as number, series[0]?.values[7] as number];
  // The last but one of 24 + 4 values is the series' at 32, in the units that the first two say.
  for (const [i, value] of values.entries()) {
    const expected = ((series[0]?.values[6 + i] as number) - first) / (second - first);
    expect((value - base) / slope).toBeCloseTo(expected, 2);
  }
});

test.each(["seasonal", "drift"] as const)(
  "before it has learnt, a model forecasts its baseline: %s",
  async (baseline) => {
    const series = waves(3, 61);
    for (const output of ["point", "quantile", "student-t"] as const) {
      const model = await Forecaster.create({ horizon: 12, season: 8, hiddenSize: 8, baseline, output, series });
      const found = await model.forecast(series);
      for (const [i, { point }] of found.entries()) {
        const values = series[i]?.values as Float64Array;
        const expected = baseline === "drift" ? drift(values, 12, 8) : seasonalNaive(values, 12, 8);
        const size = Math.max(...expected);
        for (const [h, value] of point.entries()) expect(value / size).toBeCloseTo((expected[h] as number) / size, 4);
      }
    }
  },
);

test("a model that has learnt nothing loses, and says so", async () => {
  const series = waves(3, 100);
  const model = await Forecaster.create({ horizon: 12, season: 8, hiddenSize: 8, series });
  const result = await model.backtest(series);
  expect(result.pays).toBe(false);
  expect(result.scores.map(({ name }) => name)).toEqual(["model", "naive", "seasonal naive", "drift", "naive 2"]);
});

test.each(["segments", "autoregressive"] as const)(
  "%s: neighbours and batches change no bit of a forecast",
  async (decoder) => {
    const series = waves(70, 60);
    const output = decoder === "segments" ? "quantile" : "gaussian";
    const model = await trained(series.slice(0, 4), { decoder, output, segment: 4 }, 1);
    const together = await model.forecast(series, { paths: 3 });
    for (const i of [0, 1, 63, 64, 69]) {
      const [alone] = await model.forecast([series[i] as Series], { paths: 3 });
      expect(alone).toEqual(together[i]);
    }
  },
);

test("the same seed draws the same paths, another seed others", async () => {
  const series = waves(2, 60);
  const model = await trained(series, { decoder: "autoregressive", output: "student-t" }, 1);
  const [first, again, other] = await Promise.all([1, 1, 2].map((seed) => model.forecast(series, { seed, paths: 5 })));
  expect(again).toEqual(first);
  expect(other?.[0]?.paths).not.toEqual(first?.[0]?.paths);
});

test.each(["segments", "autoregressive"] as const)(
  "%s: sampled paths differ by their place and by the name of their series, and come where they are asked for",
  async (decoder) => {
    const [{ values }] = waves(1, 30) as [Series];
    const series = ["a", "b"].map((name) => ({ name, values }));
    const options = { season: 1, lookback: 6, segment: 2, hiddenSize: 4, output: "gaussian", decoder } as const;
    const model = await Forecaster.create({ ...options, horizon: 3, quantiles: [0.3, 0.5], series });
    const found = await model.forecast(series, { paths: 4, levels: [0.2, 0.9] });
    const written = found.flatMap(({ paths = [] }) => paths.map((path) => path.join(" ")));
    expect(new Set(written).size).toBe(8);
    for (const { paths = [], point, levels, quantiles } of found) {
      expect(levels).toEqual([0.2, 0.9]);
      for (const h of [0, 1, 2]) {
        const own = quantiles.map((quantile) => quantile[h] as number);
        if (decoder === "segments") {
          // A normal distribution has them 0.8416 deviations below its mean, and 1.2816 above.
          const deviation = ((own[1] as number) - (point[h] as number)) / 1.281551566;
          expect(own[0]).toBeCloseTo((point[h] as number) - 0.841621234 * deviation, 6);
          continue;
        }
        const [a, b, c, d] = paths.map((path) => path[h] as number).sort((x, y) => x - y) as [number, ...number[]];
        // Between the four values lie thirds: 0.2 is 3/5 of the first, and 0.9 is 7/10 of the last.
        const [first, last] = [(b as number) - a, (d as number) - (c as number)];
        expect(own).toEqual([a + 0.6 * first, (c as number) + 0.7 * last].map((x) => expect.closeTo(x, 9)));
        expect(point[h]).toBeCloseTo(((b as number) + (c as number)) / 2, 9);
      }
    }
    const [usual] = await model.forecast(series);
    expect(usual?.levels).toEqual([0.3, 0.5]);
    expect(usual?.paths?.length).toBe(decoder === "segments" ? undefined : 200);
  },
);

test("gaps cost accuracy, never a number", async () => {
  const series = waves(5, 140).map(({ values, ...one }) => ({
    ...one,
    values: Array.from(values, (value, t) => ((t * 7919) % 10 < 2 ? Number.NaN : value)),
  }));
  const model = await trained(withoutEnd(series, 12), {}, 4);
  const gone = { name: "gone", values: new Float64Array(30).fill(Number.NaN) };
  const edge = {
    name: "edge",
    values: [...Array.from(series[0]?.values ?? []), ...new Float64Array(24).fill(Number.NaN)],
  };
  const short = { name: "short", values: [3] };
  for (const { point, quantiles } of await model.forecast([...series, gone, edge, short])) {
    for (const values of [point, ...quantiles]) expect(Array.from(values).every(Number.isFinite)).toBe(true);
  }
  const { scores } = await model.backtest(series);
  expect(scores.every(({ mase }) => Number.isFinite(mase))).toBe(true);
});

test.each(["segments", "autoregressive"] as const)(
  "%s: points, each with the vector of its series, are what the training pass says of them",
  async (decoder) => {
    // Two series of the same values: their vectors alone tell them apart.
    const values = Float64Array.from({ length: 40 }, (_, t) => 2 + Math.sin(t) + 0.05 * t);
    const series = ["a", "b"].map((name, i) => ({ name, values: values.map((value) => value * (1 + i * 1e-6)) }));
    const shared = { season: 1, lookback: 8, segment: 2, hiddenSize: 8, baseline: "level", level: "last" } as const;
    const options = {
      ...shared,
      decoder,
      // The last segment has one step.
      horizon: 5,
      output: "point",
      pointLoss: "absolute",
      seriesEmbedding: 3,
    } as const;
    const model = await trained(series, { ...options, logarithm: true }, 8);
    const written = await model.forecast(series, { paths: 2 });
    expect(written[0]?.point).not.toEqual(written[1]?.point);
    for (const { levels, quantiles } of written) expect([levels, quantiles]).toEqual([[], []]);
    // The values of a forecast, taken for the truth, leave no absolute error; those of the other series do.
    const lossOf = async (points: readonly ArrayLike<number>[]) => {
      const longer = series.map((one, i) => ({ ...one, values: [...one.values, ...Array.from(points[i] ?? [])] }));
      const { config } = model.network;
      const data = new SeriesData(longer, { config, lastSteps: 5, role: "validate" });
      expect(data.windows).toBe(2);
      const [batch] = [...data.batches(0)];
      const { total, tokens } = await new EvaluationStep(model).run(batch as NonNullable<typeof batch>);
      return total / tokens;
    };
    const points = written.map(({ point }) => point);
    expect(await lossOf(points)).toBeLessThan(1e-6);
    expect(await lossOf([...points].reverse())).toBeGreaterThan(1e-4);
  },
);

test("counts are forecast as counts", async () => {
  const series = waves(3, 120).map(({ name, values }) => ({
    name: name as string,
    values: Array.from(values, Math.round),
  }));
  const options = { output: "negative-binomial", scaling: "mean", level: "none" } as const;
  const model = await trained(series, { ...options, decoder: "autoregressive", segment: 1 }, 3);
  const [{ paths } = {}] = await model.forecast(series, { paths: 4 });
  for (const path of paths ?? [])
    for (const value of path) expect(Math.abs(value - Math.round(value))).toBeLessThan(1e-6);
});

test("covariates, calendar and static numbers are read, and asked for by name", async () => {
  const noise = Float64Array.from({ length: 132 }, (_, t) => Math.sin(t * t));
  const one: Series = {
    name: "driven",
    // Sales follow a price that only the covariate tells.
    values: noise.slice(0, 120).map((price, t) => 20 + 10 * price + (t % 7 === 5 ? 6 : 0)),
    covariates: { price: noise, weather: noise.slice(0, 120).map((value) => -value) },
    static: { size: 3 },
    times: { start: Date.UTC(2024, 0, 1), step: { milliseconds: 86_400_000 }, form: "day" },
  };
  const names = {
    futureCovariates: ["price"],
    pastCovariates: ["weather"],
    staticCovariates: ["size"],
    calendar: ["weekday"],
  } as const;
  const model = await trained([one], { ...names, season: 7, segment: 1, lookback: 14 } as never, 60);
  const [{ point, times } = { point: new Float64Array(), times: undefined }] = await model.forecast([one]);
  const expected = Array.from(point, (_, h) => 20 + 10 * (noise[120 + h] as number) + ((120 + h) % 7 === 5 ? 6 : 0));
  const error = point.reduce((sum, value, h) => sum + Math.abs(value - (expected[h] as number)), 0) / point.length;
  expect(error).toBeLessThan(3);
  expect(times?.start).toBe(Date.UTC(2024, 0, 1) + 120 * 86_400_000);
  await expect(model.forecast([{ ...one, covariates: {} }])).rejects.toThrow(
    /lacks the covariate "weather"; it has none/,
  );
  const cut = { ...one, covariates: { ...one.covariates, price: noise.slice(0, 125) } };
  await expect(model.forecast([cut])).rejects.toThrow(
    /must be known for the 12 steps of the horizon too: 7 values are missing/,
  );
  const short = { ...one, covariates: { ...one.covariates, price: noise.slice(0, 119) } };
  for (const none of [[], undefined, 3]) {
    expect(() => new SeriesData(none as never, { config: model.network.config })).toThrow(
      /^SeriesData: expected a list of series, \{ name\?, values \}, got /,
    );
  }
  expect(() => new SeriesData([short], { config: model.network.config, batchSize: 32 })).toThrow(
    /must be known for the 12 steps of the horizon too: 1 value is missing/,
  );
  await expect(model.forecast([{ ...one, times: undefined } as never])).rejects.toThrow(
    /sees the calendar \(weekday\)/,
  );
});

test("a folder gives the forecasts back, scales of the series included", async () => {
  const folder = join(await temporaryFolder(), "saved");
  const series = waves(3, 80);
  const model = await trained(series, {}, 1);
  await model.save(folder);
  const loaded = (await loadModel(folder)) as Forecaster;
  // A known series keeps the scale of its training, whatever is known of it now.
  const short = series.map((one) => ({ ...one, values: Array.from(one.values).slice(-30) }));
  expect(await loaded.forecast(short)).toEqual(await model.forecast(short));
  expect(loaded.network.config.series.map(({ name }) => name)).toEqual(["wave 0", "wave 1", "wave 2"]);
});

test.each([
  [{ lookback: 10, segment: 4 }, /lookback must be a multiple of segment/],
  [{ quantiles: [0.1, 0.9] }, /expected 0.5 among the quantiles/],
  [{ quantiles: [0.5, 0.1] }, /ascending order/],
  [{ output: "negative-binomial" }, /needs level "none"/],
  [
    { baseline: "seasonal", season: 24, lookback: 12, segment: 12 },
    /the baseline seasonal needs a lookback of a season or more/,
  ],
] as [Options, RegExp][])("%j is refused", async (options, message) => {
  await expect(Forecaster.create({ horizon: 4, series: waves(1, 50), ...options })).rejects.toThrow(message);
});

test("values that have no logarithm are named, and series of one name", async () => {
  const series = [{ name: "a", values: [1, 2, 0, 4] }];
  const options = { horizon: 1, logarithm: true };
  await expect(Forecaster.create({ ...options, series })).rejects.toThrow(/series "a": value 3 is 0/);
  await expect(Forecaster.create({ horizon: 1, series: [...series, ...series] })).rejects.toThrow(
    /has the name "a", as/,
  );
});

test("series are checked before a model is made of them", async () => {
  const create = (series: unknown) => Forecaster.create({ horizon: 1, series: series as Series[] });
  await expect(create([])).rejects.toThrow("Forecaster: expected a list of series, { name?, values }, got");
  await expect(create([{ values: [1, 2, "3"] }])).rejects.toThrow(/value 3 of 3 values to be a number, or NaN/);
  await expect(create([{ values: [1, 2] }, { name: "a", values: [Number.NaN, Number.NaN] }])).rejects.toThrow(
    'series "a" has no values.',
  );
  const { config } = (await create([{ values: [1, 2] }, { name: "b", values: [1, 2] }, { values: [1, 2] }])).network;
  expect(config.series.map(({ name }) => name)).toEqual(["1", "b", "3"]);
  const tokenizer = { size: 3 };
  await expect(Forecaster.create({ horizon: 1, series: [{ values: [1, 2] }], tokenizer } as never)).rejects.toThrow(
    "Forecaster: expected tokenizer to be left out, got",
  );
  await expect(create([{ name: "a", values: 5 }])).rejects.toThrow(/series "a" to have values, an array of numbers/);
});

test("windows with nothing to forecast are left out, and where no series has another that is an error", async () => {
  const series = [
    { name: "a", values: [1, 2, 3, 4, 5, Number.NaN, Number.NaN] },
    { name: "b", values: [1, 2] },
  ];
  const { config } = (await Forecaster.create({ horizon: 2, lookback: 2, series })).network;
  expect(new SeriesData(series, { config }).windows).toBe(3);
  expect(() => new SeriesData(series, { config, lastSteps: 2 })).toThrow(
    "No series is long enough: the longest has 7 values, and a window needs one and the 2 of the horizon, within the last 2. " +
      "Take a shorter horizon, or hold out less.",
  );
  expect(() => new SeriesData(series.slice(1), { config })).toThrow(
    "No series is long enough: the longest has 2 values, and a window needs one and the 2 of the horizon. Take",
  );
});

test("data of another configuration is refused", async () => {
  const series = waves(2, 60);
  const [one, other] = [
    await Forecaster.create({ horizon: 4, series }),
    await Forecaster.create({ horizon: 5, series }),
  ];
  const data = new SeriesData(series, { config: other.network.config });
  await expect(new Trainer(one, { data, epochs: 1 }).run()).rejects.toThrow(/made for another configuration/);
});

test("a signal ends a backtest", async () => {
  const series = waves(3, 100);
  const model = await Forecaster.create({ horizon: 12, season: 8, hiddenSize: 8, series });
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(model.backtest(series, { signal })).rejects.toThrow("enough");
});
