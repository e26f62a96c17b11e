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
import { expectSeries, seriesName, seriesPlace } from "../../lib/data/series.js";
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

test.each(["time", "values", "covariates", "static"])("rows of series have no columns for %s to name", async (name) => {
  const options = { layout: "rows", [name]: name === "time" ? "v1" : ["v1"] } as object;
  await expect(readSeries(file("id,v1,v2\nh,1,2\n"), options)).rejects.toThrow(
    `readSeries: ${name} names columns, and in the layout "rows" each row is a series, of values alone.`,
  );
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

test("a series of JSON has the name that it is given, a number too, or else its own number", async () => {
  const path = file(
    '[{"name":17,"values":[1]},{"name":null,"values":[1]},{"name":"","values":[1]},{"values":[1]}]',
    "json",
  );
  expect((await readSeries(path)).map(({ name }) => name)).toEqual(["17", "2", "", "4"]);
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
  const march = timeAfter({ start: january, step: { months: 1 } }, 2);
  expect(writeDate(timeAfter({ start: january, step: { months: 1 } }, 1), "day")).toBe("2020-02-29");
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

test("series of a table have all that its columns say, and the place that messages name", async () => {
  const path = file(
    "shop,month,sold,left,price,size\nx,2021-03,1,7,10,2\ny,2021-03,5,6,20,3\nx,2021-04,2,,11,\nx,2021-05,,,12,2\n",
  );
  const options = { series: "shop", covariates: ["price"], static: ["size"] };
  const times = (month: number) => ({ start: Date.UTC(2021, month, 1), step: { months: 1 }, form: "month" });
  const [first, second, third, fourth, ...none] = await readSeries(path, options);
  expect(none).toEqual([]);
  const x = { times: times(2), covariates: { price: Float64Array.of(10, 11, 12) }, static: { size: 2 } };
  const y = {
    times: times(2),
    covariates: { price: Float64Array.of(20) },
    static: { size: 3 },
  };
  expect(first).toEqual({ name: "x sold", values: Float64Array.of(1, 2), place: `${path}, series "x sold"`, ...x });
  expect(second).toEqual({ name: "x left", values: Float64Array.of(7), place: `${path}, series "x left"`, ...x });
  expect(third).toEqual({ name: "y sold", values: Float64Array.of(5), place: `${path}, series "y sold"`, ...y });
  expect(fourth).toEqual({ name: "y left", values: Float64Array.of(6), place: `${path}, series "y left"`, ...y });
  const plain = file("a,b\n1,\n,2\n");
  expect(await readSeries(plain)).toEqual([
    { name: "a", values: Float64Array.of(1, Number.NaN), place: `${plain}, column "a"` },
    { name: "b", values: Float64Array.of(Number.NaN, 2), place: `${plain}, column "b"` },
  ]);
  const rows = file("id,v1,v2\nh,1,\n");
  expect(await readSeries(rows, { layout: "rows" })).toEqual([
    { name: "h", values: Float64Array.of(1), place: `${rows}, line 2` },
  ]);
});

test("whole numbers are dates where the name of their column says so", async () => {
  const years = await readSeries(file("year,y\n2020,1\n2021,2\n"));
  expect(years).toMatchObject([{ name: "y", times: { step: { months: 12 }, form: "year" } }]);
  expect((await readSeries(file("id,y\n2020,1\n2021,2\n"))).map(({ name, times }) => [name, times])).toEqual([
    ["id", undefined],
    ["y", undefined],
  ]);
  const given = await readSeries(file("id,y\n2020,1\n2021,2\n"), { time: "id" });
  expect(given).toMatchObject([{ name: "y", times: { form: "year" } }]);
});

test("a column that another option names is not that of the dates", async () => {
  const path = file("year,date,sold\n2020,2021-03-01,1\n2020,2021-03-02,2\n2021,2021-03-01,7\n");
  expect(await plain(path, { series: "year" })).toEqual([
    ["2020", [1, 2]],
    ["2021", [7]],
  ]);
  const other = file("year,date,sold\n2020,2021-03-01,1\n2020,2021-03-02,2\n");
  for (const options of [{ covariates: ["year"] }, { static: [1] }, { values: ["sold", "year"] }]) {
    const [series] = await readSeries(other, options);
    expect(series).toMatchObject({ name: "sold", times: { start: Date.UTC(2021, 2, 1), form: "day" } });
  }
});

test("series of JSON have all that their fields say", async () => {
  const series = [
    { name: "a", values: [1, null], dates: ["2021-01", "2021-02"], covariates: { p: [1, 2, 3] }, static: { size: 1 } },
    { values: [5] },
  ];
  const path = file(JSON.stringify(series), "json");
  expect(await readSeries(path)).toEqual([
    {
      name: "a",
      values: Float64Array.of(1, Number.NaN),
      place: `${path}, series 1 of 2`,
      times: { start: Date.UTC(2021, 0, 1), step: { months: 1 }, form: "month" },
      covariates: { p: Float64Array.of(1, 2, 3) },
      static: { size: 1 },
    },
    { name: "2", values: Float64Array.of(5), place: `${path}, series 2 of 2` },
  ]);
});

test.each<[options: object, text: string, extension: string, message: RegExp]>([
  [{ layout: "long" }, "a\n1\n", "csv", /the layout "long" needs series/],
  [{ layout: "columns", series: "a" }, "a,b\n1,2\n", "csv", /series is for the layout "long", and layout is "columns"/],
  [{ covariates: ["a"] }, "a\n1\n", "csv", /has no column of values: say which \(values\)/],
  [
    { static: ["s"] },
    "y,s\n1,2\n2,2\n3,4\n",
    "csv",
    /line 4: expected column "s" to hold one number for the whole series, got 2 and 4\./,
  ],
  [
    { static: ["s"] },
    "y,s\n1,\n",
    "csv",
    /line 2: expected column "s" to hold one number for the whole series, and it is empty\./,
  ],
  [{}, "{", "json", /cannot be read as JSON: /],
  [{}, "[5]", "json", /series 1 of 1: expected \{ "values": \[\.\.\.\] \}, got 5\./],
  [{}, '{"values":[1,"2"]}', "json", /series 1 of 1, values: expected 2 numbers or null, got "2" as the 2th\./],
  [
    {},
    '{"values":[1],"name":["a"]}',
    "json",
    /series 1 of 1: expected "name" to be a text or a number, got an array of 1\./,
  ],
  [
    {},
    '{"values":[1],"covariates":[1]}',
    "json",
    /series 1 of 1: expected "covariates" to be an object, got an array of 1\./,
  ],
  [{}, '{"values":[1],"static":5}', "json", /series 1 of 1: expected "static" to be an object, got 5\./],
  [{}, "[null]", "json", /series 1 of 1: expected \{ "values": \[\.\.\.\] \}, got null\./],
  [
    {},
    '{"values":[1,2],"covariates":{"price":5}}',
    "json",
    /series 1 of 1, price: expected a list of numbers, got 5\./,
  ],
  [
    {},
    '{"values":[1],"dates":["2020","2021"]}',
    "json",
    /expected "dates" to be an array, a date for each of the 1 value\./,
  ],
  [{}, '{"values":[1,2],"dates":["2020","soon"]}', "json", /series 1 of 1, date 2: expected a date/],
])("%j of %j is refused", async (options, text, extension, message) => {
  await expect(readSeries(file(text, extension), options)).rejects.toThrow(message);
});

test("a day after the 12th shows that days come before months, in tables and in JSON", async () => {
  const table = file("d,y\n12/2/2021,1\n13/2/2021,2\n14/2/2021,3\n");
  const json = file('{"values":[1,2],"dates":["12/2/2021","13/2/2021"]}', "json");
  for (const path of [table, json]) {
    expect(await readSeries(path)).toMatchObject([
      { times: { start: Date.UTC(2021, 1, 12), step: { milliseconds: 86_400_000 }, form: "day" } },
    ]);
  }
});

test.each(["25/12/2021", "25-12-2021"])(
  "a table that begins with %s has dates, also where values are named",
  async (first) => {
    const next = first.replace("25", "26");
    for (const options of [{}, { values: ["y"] }]) {
      expect(await readSeries(file(`d,y\n${first},1\n${next},2\n`), options)).toMatchObject([
        { name: "y", times: { start: Date.UTC(2021, 11, 25), form: "day" } },
      ]);
    }
  },
);

test("columns whose names have years, days or times within a word are values", async () => {
  const path = file("yearly_sales,runtime,dayton\n1995,1500,2020\n1996,1600,2021\n");
  expect((await plain(path)).map(([name]) => name)).toEqual(["yearly_sales", "runtime", "dayton"]);
  for (const name of ["YEAR", "Sales_Date", "orderDate", "years", "observation time"]) {
    expect(await readSeries(file(`${name},y\n2020,1\n2021,2\n`))).toMatchObject([{ times: { form: "year" } }]);
  }
});

test("without dates, a row of empty cells is a step whose values are missing, but for those at the end", async () => {
  const gap = [1, Number.NaN, 3];
  expect(await plain(file("a,b\n1,2\n,\n3,4\n,\n,\n"))).toEqual([
    ["a", gap],
    ["b", [2, Number.NaN, 4]],
  ]);
  expect(await plain(file('a\n1\n""\n3\n'))).toEqual([["a", gap]]);
  expect(await plain(file('{"a":1}\n{"a":null}\n{"a":3}\n', "jsonl"))).toEqual([["a", gap]]);
  // Dates and names say where a row belongs, and an empty one has neither.
  expect(await plain(file("d,a\n2021-01-01,1\n,\n2021-01-02,3\n"))).toEqual([["a", [1, 3]]]);
  expect(await plain(file("s,a\nx,1\n,\nx,3\n"), { series: "s" })).toEqual([["x", [1, 3]]]);
});

test("a row of a series has its name, with or without blanks around it", async () => {
  expect(await plain(file("s,a\nx,1\nx ,3\n"), { series: "s" })).toEqual([["x", [1, 3]]]);
  const path = file("s,a\nx,1\n,3\n");
  await expect(readSeries(path, { series: "s" })).rejects.toThrow(
    `${path}, line 3 does not say which series it is of.`,
  );
});

test("more dates than a call has arguments are read", async () => {
  const count = 150_000;
  const rows = Array.from({ length: count }, (_, i) => `${new Date(60_000 * i).toISOString().slice(0, 16)},${i % 7}`);
  const [series] = await readSeries(file(`time,y\n${rows.join("\n")}\n`));
  expect(series?.values).toHaveLength(count);
});

test("a file of JSON may begin with a byte order mark", async () => {
  expect(await plain(file('\uFEFF[{"values":[1,2]}]', "json"))).toEqual([["1", [1, 2]]]);
});

test("in a row a cell of spaces at the end is none of the series, and a cell that is no number is named by its column", async () => {
  expect(await plain(file("id,v1,v2\nh,1, \n"), { layout: "rows" })).toEqual([["h", [1]]]);
  await expect(readSeries(file("id,v1,v2\nh,1,x\n"), { layout: "rows" })).rejects.toThrow(
    /line 2, column "v2": expected/,
  );
  await expect(readSeries(5 as never)).rejects.toThrow(/^readSeries: expected the file to be/);
});

test("a series is named by its place, its name or its number, and has numbers alone, or NaN", () => {
  const values = [1];
  expect(seriesPlace({ values, name: "n", place: "a.csv, column n" }, 1, 3)).toBe("a.csv, column n");
  expect([seriesPlace({ values, name: "n" }, 1, 3), seriesPlace({ values }, 1, 3)]).toEqual([
    'series "n"',
    "series 2 of 3",
  ]);
  expect([seriesName({ values, name: "n" }, 1), seriesName({ values }, 1)]).toEqual(["n", "2"]);
  const expecting = (series: unknown) => () => expectSeries("who", series as []);
  expect(
    expecting([{ values: [1, Number.NaN] }, { values: Float64Array.of(1), covariates: { p: [2] } }]),
  ).not.toThrow();
  for (const series of ["ab", []]) {
    expect(expecting(series)).toThrow("who: expected a list of series, { name?, values }, got");
  }
  for (const wrong of [null, {}, { values: null }, { values: 5 }, { values: "12" }, { values: { length: 1.5 } }]) {
    expect(expecting([{ values }, wrong])).toThrow(
      "who: expected series 2 of 2 to have values, an array of numbers, got",
    );
  }
  expect(expecting([{ values: [1, "2"], name: "n" }])).toThrow(
    'who: series "n": expected value 2 of 2 values to be a number, or NaN where it is missing, got "2".',
  );
  expect(expecting([{ values: [Number.NEGATIVE_INFINITY] }])).toThrow(
    "who: series 1 of 1: expected value 1 of 1 value to be",
  );
  expect(expecting([{ values, covariates: { p: [1, Number.POSITIVE_INFINITY] } }])).toThrow(
    "who: series 1 of 1, covariate p: expected value 2 of 2 values to be",
  );
  expect(expecting([{ values, covariates: { p: 5 } }])).toThrow(
    "who: expected series 1 of 1, covariate p to have values",
  );
});
