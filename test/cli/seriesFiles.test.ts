import { expect, test } from "vitest";
import { forecastObject, forecastTable } from "../../lib/cli/forecastTable.js";
import { continued } from "../../lib/cli/seriesFiles.js";
import type { Series } from "../../lib/data/index.js";
import type { Forecast } from "../../lib/models/forecaster/forecast.js";

const monthly = (year: number, month: number) =>
  ({ start: Date.UTC(year, month - 1), step: { months: 1 }, form: "month" }) as const;
const plain = (values: ArrayLike<number>) => Array.from(values);

/** One series with what comes after it. */
function joined(before: Series, after: Series, missingDates?: "refuse" | "fill") {
  const { series, steps } = continued([before], [after], missingDates ? { missingDates } : {});
  const [{ values, covariates = {} }] = series as [Series];
  const known = Object.fromEntries(Object.entries(covariates).map(([name, own]) => [name, plain(own)]));
  return { values: plain(values), covariates: known, steps };
}

test("values that come after stand behind those of the series of their name, and the covariates behind theirs", () => {
  const before = { values: [1, 2], covariates: { price: [10, 20], holiday: [0, 1, 1, 0] } };
  const after = { values: [3, 4, 5], covariates: { price: [30, 40, 50] } };
  expect(joined(before, after)).toEqual({
    values: [1, 2, 3, 4, 5],
    covariates: { price: [10, 20, 30, 40, 50], holiday: [0, 1, 1, 0] },
    steps: 3,
  });
  // Prices that were known beforehand make way for those that came.
  const ahead = { values: [1, 2], covariates: { price: [10, 20, 29, 39, 49] } };
  expect(joined(ahead, after).covariates).toEqual({ price: [10, 20, 30, 40, 50] });
  const two = continued(
    [
      { name: "a", values: [1] },
      { name: "b", values: [2] },
    ],
    [
      { name: "b", values: [20, 21] },
      { name: "a", values: [10, 11] },
    ],
  );
  expect(two.series.map(({ values }) => plain(values))).toEqual([
    [1, 10, 11],
    [2, 20, 21],
  ]);
  expect(two.steps).toBe(2);
});

test("dates between a series and what comes after are refused, or filled with missing values", () => {
  const before = { name: "sold", place: "a.csv", values: [1, 2], times: monthly(2003, 11), covariates: { c: [7, 8] } };
  const after = (year: number, month: number) =>
    ({ name: "sold", place: "b.csv", values: [3], times: monthly(year, month), covariates: { c: [9] } }) as const;
  expect(joined(before, after(2004, 1)).values).toEqual([1, 2, 3]);
  expect(() => joined(before, after(2004, 3))).toThrow(
    "b.csv: the values that come after begin at 2004-03, expected 2004-01, which follows a.csv. Missing dates can be filled",
  );
  expect(joined(before, after(2004, 3), "fill")).toEqual({
    values: [1, 2, Number.NaN, Number.NaN, 3],
    covariates: { c: [7, 8, Number.NaN, Number.NaN, 9] },
    steps: 1,
  });
  // The past cannot be filled, nor a date that is no whole number of steps away.
  const daily = (day: number) =>
    ({ start: Date.UTC(2004, 0, day), step: { milliseconds: 86_400_000 }, form: "day" }) as const;
  const overlapping = { name: "sold", values: [3], times: daily(2) };
  expect(() => joined({ name: "sold", values: [1, 2], times: daily(1) }, overlapping, "fill")).toThrow(
    /begin at 2004-01-02, expected 2004-01-03, which follows sold\.$/,
  );
  expect(() => joined(before, after(2003, 12), "fill")).toThrow(/2003-12, expected 2004-01, which follows a\.csv\.$/);
  const between = { ...after(2004, 3), times: { ...monthly(2004, 3), start: Date.UTC(2004, 2, 15) } };
  expect(() => joined(before, between, "fill")).toThrow(/2004-03, expected 2004-01, which follows a\.csv\.$/);
});

test("each series needs a continuation, and all as many steps", () => {
  const series = [
    { name: "a", place: "a.csv, series a", values: [1] },
    { name: "b", values: [2] },
  ];
  const error = (after: Series[]) => () => continued(series, after);
  expect(error([{ name: "b", values: [3] }])).toThrow("a.csv, series a: no series of this name among the values");
  expect(error([{ name: "a", values: [3] }])).toThrow(/^b: no series of this name/);
  expect(
    error([
      { name: "a", values: [3] },
      { name: "b", values: [3, 4] },
    ]),
  ).toThrow("The values that come after are of different lengths: 1, 2.");
});

test("names of series are cells of CSV, and no formulas", () => {
  const forecast = (name: string) =>
    ({
      name,
      point: Float64Array.of(1, 2.5),
      levels: [0.5],
      quantiles: [Float64Array.of(1, 2)],
    }) as unknown as Forecast;
  const rows = forecastTable(['a "b", c', "x\ny", "=1+1", "-3"].map(forecast)).trimEnd();
  expect(rows).toBe(
    [
      "series,step,point,0.5",
      '"a ""b"", c",1,1,1',
      '"a ""b"", c",2,2.5,2',
      '"x\ny",1,1,1',
      '"x\ny",2,2.5,2',
      "'=1+1,1,1,1",
      "'=1+1,2,2.5,2",
      "-3,1,1,1",
      "-3,2,2.5,2",
    ].join("\n"),
  );
  expect(forecastObject(forecast("a"))).toEqual({ series: "a", point: [1, 2.5], quantiles: { 0.5: [1, 2] } });
});
