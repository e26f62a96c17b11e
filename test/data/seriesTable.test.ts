import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import {
  calendarFeature,
  calendarFeatures,
  parseDate,
  stepBetween,
  timeAfter,
  writeDate,
} from "../../lib/data/dates.js";
import { readSeries } from "../../lib/index.js";

const folder = mkdtempSync(join(tmpdir(), "ostinato-series-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

function file(text: string, extension = "csv"): string {
  const path = join(folder, `series${files++}.${extension}`);
  writeFileSync(path, text);
  return path;
}

const plain = async (path: string, options = {}) =>
  (await readSeries(path, options)).map(({ name, values }) => [name, Array.from(values)]);

test("a column is a series, and the column of dates is found", async () => {
  const path = file("month,a,b\n2020-01,1,2\n2020-02,,4\n2020-03,5,6\n");
  expect(await plain(path)).toEqual([
    ["a", [1, Number.NaN, 5]],
    ["b", [2, 4, 6]],
  ]);
  const [{ times } = {}] = await readSeries(path);
  expect(times).toEqual({ start: Date.UTC(2020, 0, 1), step: { months: 1 }, form: "month" });
});

test("rows under each other are told apart by a column", async () => {
  const path = file("shop,date,sold\nx,2021-03-01,1\nx,2021-03-02,2\ny,2021-03-01,7\n");
  expect(await plain(path, { series: "shop" })).toEqual([
    ["x", [1, 2]],
    ["y", [7]],
  ]);
});

test("a row is a series whose empty end is none of it", async () => {
  const path = file('"V1","V2","V3","V4"\n"H1",1,2,\n"H2",3,,5\n');
  expect(await plain(path, { layout: "rows" })).toEqual([
    ["H1", [1, 2]],
    ["H2", [3, Number.NaN, 5]],
  ]);
});

test("JSON has null where a value is missing, and dates beside values", async () => {
  const path = file('[{"name":"a","values":[1,null,3],"dates":["2020-01-01","2020-01-08","2020-01-15"]}]', "json");
  expect(await plain(path)).toEqual([["a", [1, Number.NaN, 3]]]);
  expect((await readSeries(path))[0]?.times?.step).toEqual({ milliseconds: 7 * 86_400_000 });
});

test("JSON has numbers of a whole series, and covariates, by name", async () => {
  const path = file('{"values":[1,2],"static":{"size":3},"covariates":{"price":[10,null,12]}}', "json");
  const [series] = await readSeries(path);
  expect(series?.static).toEqual({ size: 3 });
  expect(Array.from(series?.covariates?.price ?? [])).toEqual([10, Number.NaN, 12]);
});

test("covariates go on behind the last value", async () => {
  const path = file("day,y,price\n2020-01-01,1,10\n2020-01-02,2,11\n2020-01-03,,12\n");
  const [series] = await readSeries(path, { covariates: ["price"] });
  expect(Array.from(series?.values ?? [])).toEqual([1, 2]);
  expect(Array.from(series?.covariates?.price ?? [])).toEqual([10, 11, 12]);
});

test.each([
  ["twice", "d,y\n2020-01-01,1\n2020-01-01,2\n", /line 3: the date 2020-01-01 comes twice/],
  ["unsorted", "d,y\n2020-01-02,1\n2020-01-01,2\n", /line 3: the date 2020-01-01 is before that of the row above/],
  ["irregular", "d,y\n2020-01-01,1\n2020-01-03,2\n2020-01-05,2\n2020-01-08,3\n", /line 5: .*steps of 2 days/],
  [
    "left out",
    "d,y\n2020-01-01,1\n2020-01-02,2\n2020-01-04,3\n2020-01-05,3\n",
    /line 4: .*1 of the series' steps of 1 day is left out/,
  ],
  ["no date", "date,y\n2020-01-01,1\n2020-13-02,2\n", /line 3: expected a date/],
  ["no number", "d,y\n2020-01-01,1\n2020-01-02,x\n", /line 3, column "y": expected a number/],
  ["decimal comma", 'd;y\n2020-01-01;1\n2020-01-02;"1,5"\n', /Decimal commas are to be written as points/],
  ["too long", "d,y\n2020-01-01,1,3\n", /line 2 has 3 columns, and the first row has 2/],
])("%s: the error names file and line", async (_, text, message) => {
  await expect(readSeries(file(text))).rejects.toThrow(message);
});

test("dates that are left out become missing values where that is asked for", async () => {
  const path = file("d,y\n2020-01-01,1\n2020-01-02,2\n2020-01-04,3\n2020-01-05,4\n");
  expect(await plain(path, { missingDates: "fill" })).toEqual([["y", [1, 2, Number.NaN, 3, 4]]]);
});

test("a column is its name or its number, from the first to the last", async () => {
  const path = file("day,sold,left\n2020-01-01,1,7\n2020-01-02,2,5\n");
  expect(await plain(path, { values: [3] })).toEqual([["left", [7, 5]]]);
  expect(await plain(path, { time: 1, values: [2] })).toEqual([["sold", [1, 2]]]);
  await expect(readSeries(path, { values: [4] })).rejects.toThrow(/has no column 4/);
});

test("a column that is not there is named with those that are", async () => {
  const path = file("day,sold\n2020-01-01,1\n");
  await expect(readSeries(path, { values: ["sales"] })).rejects.toThrow(
    /has no column "sales": its first line names day, sold/,
  );
});

test.each([
  ["2021-03-04", "2021-03-04"],
  ["2021/3/4", "2021-03-04"],
  ["3/4/2021", "2021-03-04"],
  ["4.3.2021", "2021-03-04"],
  ["20210304", "2021-03-04"],
  ["2021-03", "2021-03"],
  ["2021", "2021"],
  ["2021-03-04 5:06", "2021-03-04 05:06"],
  ["2021-03-04T05:06:07Z", "2021-03-04 05:06:07"],
])("%s is a date", (text, written) => {
  const date = parseDate(text);
  expect(date && writeDate(date.time, date.form)).toBe(written);
});

test.each(["2021-02-30", "13/13/2021", "hello", "", "1.5", "2021-03 05:00"])("%s is no date", (text) => {
  expect(parseDate(text)).toBeNull();
});

test("the last day of a month stays the last", () => {
  const january = Date.UTC(2020, 0, 31);
  const march = timeAfter(january, { months: 1 }, 2);
  expect(writeDate(timeAfter(january, { months: 1 }, 1), "day")).toBe("2020-02-29");
  expect(writeDate(march, "day")).toBe("2020-03-31");
  expect(stepBetween(january, Date.UTC(2020, 1, 29))).toEqual({ months: 1 });
});

test("features of a date reach from -0.5 to 0.5", () => {
  const features = (time: number) => calendarFeatures.map((feature) => calendarFeature(time, feature));
  // A Monday, and a Sunday that is the last day of a leap year.
  expect(features(Date.UTC(2024, 0, 1))).toEqual([-0.5, -0.5, -0.5, -0.5, -0.5, -0.5, -0.5]);
  expect(features(Date.UTC(2028, 11, 31, 23, 59))).toEqual([0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]);
  expect(calendarFeature(Date.UTC(2024, 6, 1), "month")).toBeCloseTo(6 / 11 - 0.5, 12);
});
