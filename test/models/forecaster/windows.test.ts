import { expect, test } from "vitest";
import { trainingFeeds } from "../../../lib/models/forecaster/batch.js";
import type { CompleteForecasterConfig, ForecasterConfig } from "../../../lib/models/forecaster/config.js";
import { completeForecaster } from "../../../lib/models/forecaster/config.js";
import { SeriesData } from "../../../lib/models/forecaster/data.js";
import { expectKnownAhead, prepareSeries, windowBefore } from "../../../lib/models/forecaster/windows.js";

const gap = Number.NaN;
const complete = (options: Partial<ForecasterConfig> = {}) =>
  completeForecaster({ horizon: 2, season: 3, ...options } as ForecasterConfig);
const prepared = (values: number[], config: CompleteForecasterConfig, more: object = {}) =>
  prepareSeries([{ name: "a", values, ...more }], config)[0] as ReturnType<typeof prepareSeries>[number];

test.each([
  [{ horizon: 3 }, { lookback: 6, segment: 1 }],
  [
    { horizon: 3, season: 4 },
    { lookback: 9, segment: 3 },
  ],
  [
    { horizon: 8, season: 4 },
    { lookback: 16, segment: 4 },
  ],
  [
    { horizon: 50, season: 48 },
    { lookback: 144, segment: 48 },
  ],
  [
    { horizon: 5, season: 49 },
    { lookback: 98, segment: 1 },
  ],
  [
    { horizon: 4, season: 2, longSeason: 7 },
    { lookback: 14, segment: 2 },
  ],
  [
    { horizon: 4, segment: 3 },
    { lookback: 9, segment: 3 },
  ],
  [
    { horizon: 4, lookback: 5 },
    { lookback: 5, segment: 1 },
  ],
] as [ForecasterConfig, object][])("the windows of %j are %j", (options, expected) => {
  expect(completeForecaster(options)).toMatchObject(expected);
});

test("counts stay counts: no level, no baseline, no logarithm", () => {
  const counts = { horizon: 2, output: "negative-binomial", level: "none" } as const;
  expect(completeForecaster(counts)).toMatchObject(counts);
  const others = [{ level: "mean" }, { level: "last" }, { baseline: "drift" }, { logarithm: true }] as const;
  for (const other of others) {
    expect(() => completeForecaster({ ...counts, ...other })).toThrow(/needs level "none", baseline "level"/);
  }
  expect(() => completeForecaster({ horizon: 2, quantiles: [0.4, 0.5, 0.5] })).toThrow(/ascending order, each once/);
  expect(() => completeForecaster({ horizon: 2, quantiles: [0.4], output: "point" })).not.toThrow();
  expect(() => completeForecaster({ horizon: 2, seriesEmbedding: 1 })).toThrow(/needs the series/);
  const baseline = { horizon: 1, season: 6, segment: 1, baseline: "seasonal" } as const;
  expect(completeForecaster({ ...baseline, lookback: 6 })).toMatchObject({ lookback: 6 });
  expect(() => completeForecaster({ ...baseline, lookback: 5 })).toThrow(/a lookback of a season or more, got 5 and 6/);
});

test.each([
  ["mean", "level", (4 + 8) / 2, [6, 6]],
  ["last", "level", 8, [8, 8]],
  ["none", "level", 5, [5, 5]],
  ["mean", "seasonal", 6, [4, 6]],
  ["last", "drift", 8, [4 + 3, 6 + 3]],
] as const)("level %s, baseline %s: from the last season before the origin", (level, baseline, expected, base) => {
  const config = complete({ level, baseline, lookback: 6, segment: 1 });
  // The mean of all is 5; 6 is what a season before and the changes beside it say of the gap.
  const series = prepared([1, 3, 5, 4, gap, 8, 9], config);
  const window = windowBefore(series, 6, config);
  expect(window).toMatchObject({ level: expected, scale: series.fitted.scale });
  expect(series.fitted.center).toBe(5);
  expect(Array.from(window.missing)).toEqual([0, 0, 0, 0, 1, 0]);
  const read = [1, 3, 5, 4, 6, 8].map((value) => (value - expected) / series.fitted.scale);
  for (const [i, value] of window.read.entries()) expect(value).toBeCloseTo(read[i] as number, 12);
  for (const [h, value] of window.base.entries()) expect(value).toBeCloseTo(base[h] as number, 12);
});

test.each([
  ["without a season: of all that is looked back on", { season: 1, lookback: 3 }, [100, 2, 4, 9, 70], 4, 5],
  ["of a season longer than the look-back: of what there is", { lookback: 2 }, [100, 7, 1, 4, 70], 4, 2.5],
  ["of a season with a gap: of the others", { lookback: 6 }, [1, 3, 5, 4, gap, 8, 70], 6, 6],
  // The gaps before an origin take the last value that is known.
  ["of a season of gaps: of all, each gap filled", { season: 2, lookback: 4 }, [2, 6, gap, gap, 70], 4, 5],
] as const)("the mean level is, %s", (_, options, values, origin, expected) => {
  const config = complete({ ...options, level: "mean", segment: 1 });
  const { level, base } = windowBefore(prepared([...values], config), origin, config);
  expect([level, ...base]).toEqual([expected, expected, expected]);
});

test("windows end at the last value, a stride apart, and of the last steps alone where those are asked for", () => {
  const unit = (name: string) => ({ name, center: 0, deviation: 1, scale: 1, season: 1 });
  const config = {
    ...complete({ season: 1, level: "none", lookback: 3, segment: 1 }),
    series: [unit("a"), unit("b")],
  };
  const values = (length: number, first: number) => Array.from({ length }, (_, t) => first + t);
  const series = [
    { name: "a", values: values(10, 0) },
    { name: "b", values: values(4, 100) },
  ];
  /** The first value that each window forecasts, in batches. */
  const firsts = (options: object, from = 0) => {
    const data = new SeriesData(series, { config, batchSize: 3, role: "validate", ...options });
    const batches = [...data.batches(0, from)];
    if (from === 0) expect([data.length, data.windows]).toEqual([batches.length, batches.flatMap(targets).length]);
    return batches.map(targets);
  };
  const targets = ({ form, feeds, tokens }: { form: { B: number }; feeds: object; tokens: number }) => {
    const all = Array.from((feeds as { targets: Float32Array }).targets);
    // Segments of one step: the second follows the first.
    expect(all.slice(form.B)).toEqual(all.slice(0, form.B).map((value) => value + 1));
    expect(tokens).toBe(2 * form.B);
    return all.slice(0, form.B);
  };
  // The fullest one, where the series is too short for a full window.
  expect(firsts({})).toEqual([[8, 7, 6], [5, 4, 3], [102]]);
  expect(firsts({}, 1)).toEqual([[5, 4, 3], [102]]);
  expect(firsts({ stride: 3 })).toEqual([[8, 5, 102]]);
  expect(firsts({ lastSteps: 3 })).toEqual([[8, 7, 102], [101]]);
  expect(firsts({ lastSteps: 3, stride: 2 })).toEqual([[8, 102]]);
  const learnt = (epoch: number, options = {}) =>
    [...new SeriesData(series, { config, batchSize: 7, ...options }).batches(epoch)].flatMap(targets);
  expect(learnt(0)).not.toEqual(learnt(1));
  expect(learnt(0)).not.toEqual(learnt(0, { seed: 2 }));
  expect(learnt(0).sort((a, b) => a - b)).toEqual([3, 4, 5, 6, 7, 8, 102]);
});

test("a digest of series tells values, their lengths and their covariates apart, and their identity how they are read", async () => {
  const config = {
    ...complete({ lookback: 3, segment: 1, calendar: ["month"] }),
    ...{ pastCovariates: ["past"], futureCovariates: ["future"], staticCovariates: ["size"] },
  };
  const values = [1, 2, 3, 4, 5, 6];
  const covariates = { past: values, future: [...values, 7, 8] };
  const times = { start: 0, step: { months: 1 } };
  const one = { name: "a", values, covariates, static: { size: 1 }, times };
  const of = (series: object, options = {}) => new SeriesData([series as typeof one], { config, ...options });
  const digests = [
    one,
    { ...one, values: [1, 2, 3, 4, 5, 7] },
    { ...one, static: { size: 5 } },
    { ...one, times: { ...times, start: 5 } },
    { ...one, times: { ...times, step: { months: 2 } } },
    { ...one, covariates: { ...covariates, past: [1, 2, 3, 4, 5, 7] } },
    { ...one, covariates: { ...covariates, future: [...values, 7, 9] } },
    // The same numbers one after the other, with their ends elsewhere.
    { ...one, covariates: { past: [...values, 1], future: [2, 3, 4, 5, 6, 7, 8, 9] } },
    { ...one, covariates: { past: [...values, 1, 2], future: [3, 4, 5, 6, 7, 8, 9] } },
  ].map((series) => of(series).digest());
  expect(new Set(await Promise.all(digests)).size).toBe(digests.length);
  expect(await of({ ...one }).digest()).toBe(await digests[0]);
  const identities = [{}, { batchSize: 2 }, { stride: 2 }, { seed: 2 }, { lastSteps: 2 }].map(
    (options) => of(one, options).identity,
  );
  expect(new Set(identities).size).toBe(identities.length);
});

test("before a series begins its values are missing, and the nearest one stands there", () => {
  const config = complete({ level: "none", lookback: 6, segment: 1 });
  const { read, missing } = windowBefore(prepared([2, 6, 4], config), 2, config);
  expect(Array.from(missing)).toEqual([1, 1, 1, 1, 0, 0]);
  expect(read[0]).toBe(read[4]);
  expect(read[4]).toBeLessThan(0);
  const none = windowBefore(prepared([gap, gap, 4], config), 2, config);
  expect([Array.from(none.read), Array.from(none.base)]).toEqual([
    [0, 0, 0, 0, 0, 0],
    [4, 4],
  ]);
  // A line needs what lies in the window, however much came before it.
  const drifting = complete({ level: "none", baseline: "drift", season: 1, lookback: 2, segment: 1 });
  expect(Array.from(windowBefore(prepared([9, 2, gap, gap, 1], drifting), 4, drifting).base)).toEqual([4, 4]);
  const heated = { ...complete({ lookback: 4, segment: 1, level: "none" }), futureCovariates: ["heat"] };
  const series = prepared([2, 6], heated, { covariates: { heat: [3, 5, 7, 8] } });
  const { feeds } = trainingFeeds([{ prepared: series, origin: 2 }], heated);
  const covariate = Array.from(feeds.inputs as Float32Array).filter((_, i) => i % 3 === 2);
  expect(covariate).toEqual([0, 0, 3, 5]);
});

test("what is read and what is learnt stand segment by segment, with covariates known before and ahead", () => {
  const config = {
    ...complete({ lookback: 4, segment: 2, horizon: 3, level: "none", staticCovariates: ["size"], linear: true }),
    pastCovariates: ["past"],
    futureCovariates: ["future"],
    covariates: [{ name: "future", mean: 10, deviation: 2 }],
    series: [{ name: "a", center: 0, deviation: 1, scale: 2, season: 3 }],
  };
  const values = [2, 4, gap, 8, 10, gap, 14, 16];
  const covariates = { past: [1, 2, 3, gap, 5, 6, 7, 8], future: [10, 12, 14, 16, 18, 20, 22, 24] };
  const series = prepared(values, config, { covariates, static: { size: 7 } });
  const { feeds, values: count } = trainingFeeds([{ prepared: series, origin: 4 }], config);
  expect(count).toBe(2);
  // Values, whether they are missing, the past and the future covariate of two steps, and the number of the whole series.
  expect(Array.from(feeds.inputs as Float32Array)).toEqual([
    ...[1, 2, 0, 0, 1, 2, 0, 1, 7],
    ...[3, 4, 1, 0, 3, 0, 2, 3, 7],
  ]);
  expect(Array.from(feeds.window as Float32Array)).toEqual([1, 2, 3, 4]);
  expect(Array.from(feeds.known as Float32Array)).toEqual([4, 5, 6, 7]);
  expect(Array.from(feeds.targets as Float32Array)).toEqual([5, 0, 7, 0]);
  expect(Array.from(feeds.weights as Float32Array)).toEqual([1, 0, 1, 0]);
  const inTurn = trainingFeeds([{ prepared: series, origin: 4 }], { ...config, decoder: "autoregressive" });
  expect(Array.from((inTurn.feeds.inputs as Float32Array).slice(18))).toEqual([5, 0, 0, 1, 0, 0, 4, 5, 7]);
  expect(inTurn.feeds).not.toHaveProperty("known");
});

test.each(["segments", "autoregressive"] as const)(
  "%s: windows side by side are read and learnt as each is alone",
  (decoder) => {
    const config = {
      ...complete({ lookback: 4, segment: 2, horizon: 5, level: "mean", linear: true, decoder, baseline: "drift" }),
      pastCovariates: ["past"],
      futureCovariates: ["future"],
      seriesEmbedding: 2,
      series: ["a", "b", "c"].map((name, i) => ({ name, center: 1, deviation: 1, scale: 2 + i, season: 3 })),
    };
    const values = (i: number) => [3, 1, 4, 1, 5, 9, gap, 2, 6, gap, 3, 5].map((value, t) => value * (i + 1) + i * t);
    const series = prepareSeries(
      ["a", "b", "c"].map((name, i) => ({
        name,
        values: values(i),
        covariates: { past: values(i + 3), future: values(i + 5) },
      })),
      config,
    );
    const places = series.map((own, i) => ({ prepared: own, origin: 5 + i }));
    const together = trainingFeeds(places, config);
    const alone = places.map((place) => trainingFeeds([place], config));
    expect(together.values).toBe(alone.reduce((sum, own) => sum + own.values, 0));
    expect(together.feeds.series).toEqual(Int32Array.of(0, 1, 2));
    for (const [i, { prepared: own, origin }] of places.entries()) {
      const { base, level, scale } = windowBefore(own, origin, config);
      const feeds = alone[i]?.feeds as Record<string, Float32Array>;
      const learnt = [0, 1, 2, 3, 4].map((h) => (own.values[origin + h] as number) - (base[h] as number));
      const near = (value: number) => expect.closeTo(value, 5);
      const targets = learnt.map((value) => near(Number.isNaN(value) ? 0 : value / scale));
      expect([...(feeds.targets ?? [])]).toEqual([...targets, 0]);
      // In turn the first two segments of the horizon are read: the forecast that the network adds to where a value is missing.
      const expected = [0, 2].flatMap((h) => {
        const steps = [h, h + 1];
        const all = steps.map((step) => own.values[origin + step] as number);
        const heat = steps.map((step) => own.future[0]?.[origin + step] as number);
        return [
          ...all.map((value, k) => near(((Number.isNaN(value) ? (base[h + k] as number) : value) - level) / scale)),
          ...all.map((value) => Number(Number.isNaN(value))),
          ...[0, 0],
          ...heat.map((value) => near(Number.isNaN(value) ? 0 : value)),
        ];
      });
      if (decoder === "autoregressive") expect([...(feeds.inputs ?? []).slice(16)]).toEqual(expected);
    }
    const names = ["inputs", "window", "targets", "weights", ...(decoder === "segments" ? ["known"] : [])];
    expect(Object.keys(together.feeds).sort()).toEqual([...names, "series"].sort());
    const steps: Record<string, number> = { inputs: decoder === "segments" ? 2 : 4, window: 1 };
    for (const name of names) {
      const all = together.feeds[name] as Float32Array;
      const T = steps[name] ?? 3;
      const width = all.length / T / 3;
      for (const [b, { feeds }] of alone.entries()) {
        const rows = Array.from({ length: T }, (_, t) => [
          ...all.subarray((t * 3 + b) * width, (t * 3 + b + 1) * width),
        ]);
        expect(rows.flat(), `${name} ${b}`).toEqual([...(feeds[name] as Float32Array)]);
      }
    }
  },
);

test("counts are learnt as they are, with the divisor of their series, and added to nothing", () => {
  const config = {
    ...complete({ lookback: 2, segment: 1, output: "negative-binomial", level: "none" }),
    series: [{ name: "a", center: 5, deviation: 1, scale: 4, season: 1 }],
  };
  const series = prepared([9, 1, 0, 3], config);
  const { feeds } = trainingFeeds([{ prepared: series, origin: 2 }], config);
  expect([feeds.inputs, feeds.targets, feeds.scale].map((own) => [...(own as Float32Array)])).toEqual([
    [1, 0, -1, 0],
    [0, 3],
    [4],
  ]);
  expect([...windowBefore(series, 2, config).base]).toEqual([0, 0]);
});

test("covariates and the calendar stand one after the other, those of the past alone left out of what is known ahead", () => {
  const config = {
    ...complete({ season: 1, lookback: 1, segment: 1, horizon: 1, level: "none", calendar: ["weekday"] }),
    pastCovariates: ["x", "y"],
    futureCovariates: ["u", "v"],
  };
  const monday = { start: Date.UTC(2024, 1, 26), step: { milliseconds: 86_400_000 } };
  const covariates = { x: [3, 4], y: [5, 6], u: [7, 8], v: [9, 10] };
  const series = prepared([2], config, { times: monday, covariates });
  const { feeds } = trainingFeeds([{ prepared: series, origin: 1 }], config);
  // The only value is the mean, and known.
  expect([...(feeds.inputs as Float32Array)]).toEqual([0, 0, 3, 5, 7, 9, -0.5]);
  expect([...(feeds.known as Float32Array)]).toEqual([8, 10, expect.closeTo(1 / 6 - 0.5, 6)]);
});

test("series that are long enough for a window need their covariates up to its end, others do not", () => {
  const config = { ...complete({ horizon: 3, lookback: 3, segment: 1 }), futureCovariates: ["heat"] };
  const one = (length: number, heat: number) => ({
    values: new Array(length).fill(1),
    covariates: { heat: new Array(heat).fill(0) },
  });
  const windows =
    (...series: object[]) =>
    () =>
      new SeriesData(series as never, { config }).windows;
  expect(windows(one(4, 4))()).toBe(1);
  expect(windows(one(4, 3))).toThrow(/must be known for the 3 steps .* 1 value is missing at its end/);
  expect(windows(one(4, 4), one(3, 2))()).toBe(1);
  expect(windows(one(3, 3))).toThrow(/^No series is long enough: the longest has 3 values/);
  expect(windows()).toThrow(/^SeriesData: expected a list of series/);
});

test("the calendar of each step that is read is the one of its date, and 0 before the series begins", () => {
  const config = complete({ lookback: 6, segment: 2, horizon: 2, level: "none", calendar: ["weekday", "month"] });
  const start = Date.UTC(2024, 1, 26);
  const times = { start, step: { milliseconds: 86_400_000 } };
  const series = prepared([1, 2, 3, 4], config, { times });
  const { feeds } = trainingFeeds([{ prepared: series, origin: 4 }], config);
  const rows = Array.from(feeds.inputs as Float32Array);
  // Two values, whether they are missing, and two features of two steps each.
  const read = [0, 1, 2].map((segment) => rows.slice(8 * segment + 4, 8 * segment + 8));
  const ahead = Array.from(feeds.known as Float32Array);
  // Monday to Thursday, then Friday and Saturday, the first days of March.
  const weekday = (n: number) => expect.closeTo(n / 6 - 0.5, 5);
  const month = (n: number) => expect.closeTo(n / 11 - 0.5, 5);
  expect(read).toEqual([
    [0, 0, 0, 0],
    [weekday(0), weekday(1), month(1), month(1)],
    [weekday(2), weekday(3), month(1), month(1)],
  ]);
  expect(ahead).toEqual([weekday(4), weekday(5), month(2), month(2)]);
});

test("covariates of the horizon must reach its end", () => {
  const config = { ...complete(), futureCovariates: ["heat"] };
  const of = (length: number) => prepared([1, 2, 3, 4], config, { covariates: { heat: new Array(length).fill(0) } });
  expect(() => expectKnownAhead(of(6), 4, config)).not.toThrow();
  expect(() => expectKnownAhead(of(5), 4, config)).toThrow(/"heat" must be known .* 1 value is missing at its end/);
  expect(() => expectKnownAhead(of(4), 4, config)).toThrow(/2 values are missing/);
  expect(() => prepared([1], config)).toThrow(/lacks the covariate "heat"; it has none/);
  expect(() => prepared([1], config, { covariates: { cold: [1] } })).toThrow(/it has cold\./);
  const past = { ...complete(), pastCovariates: ["rain"] };
  const rained = (...rain: number[]) => prepared([1, 2, 3, 4], past, { covariates: { rain } });
  expect(Array.from(rained(5, 6, gap, gap).past[0] as Float64Array)).toEqual([5, 6, gap, gap]);
  expect(() => rained(5, 6, 7, 8, 9)).not.toThrow();
  expect(() => rained(5, 6, 7)).toThrow(
    'the covariate "rain" must be known up to the last value of the series: 1 value is missing at its end. Give NaN',
  );
  expect(() => rained()).toThrow(/4 values are missing at its end/);
  const fixed = { ...complete(), staticCovariates: ["size"] };
  for (const size of [undefined, gap, "5"]) {
    expect(() => prepared([1], fixed, { static: { size } })).toThrow(/expected the number "size"/);
  }
  const learnt = {
    ...complete(),
    seriesEmbedding: 2,
    series: [{ name: "b", center: 0, deviation: 1, scale: 1, season: 1 }],
  };
  expect(() => prepared([1], learnt)).toThrow(/"a" is none of them/);
  expect(() => prepared([1], complete({ calendar: ["month"] } as never))).toThrow(
    /\(month\), and the series has no dates/,
  );
});
