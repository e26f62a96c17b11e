import { describe, expect, test } from "vitest";
import type { TimeStep } from "../../lib/data/dates.js";
import {
  calendarFeature,
  parseDate,
  stepBetween,
  stepsBetween,
  stepText,
  timeAfter,
  writeDate,
} from "../../lib/data/dates.js";
import { dateOrderOf, timeColumn } from "../../lib/data/timeColumn.js";

const utc = (text: string) => Date.parse(`${text}Z`);
const hour = 3_600_000;
const day = 24 * hour;

test("a date says how exactly it is written, and is written so again", () => {
  const time = utc("2021-03-04T05:06:07");
  const forms = ["year", "month", "day", "minute", "second"] as const;
  expect(forms.map((form) => writeDate(time, form))).toEqual([
    "2021",
    "2021-03",
    "2021-03-04",
    "2021-03-04 05:06",
    "2021-03-04 05:06:07",
  ]);
  expect(forms.map((form) => parseDate(writeDate(time, form)))).toEqual([
    { time: utc("2021-01-01T00:00:00"), form: "year" },
    { time: utc("2021-03-01T00:00:00"), form: "month" },
    { time: utc("2021-03-04T00:00:00"), form: "day" },
    { time: utc("2021-03-04T05:06:00"), form: "minute" },
    { time, form: "second" },
  ]);
  expect(parseDate("20211231 07:08")).toEqual({ time: utc("2021-12-31T07:08:00"), form: "minute" });
  expect(parseDate("  2021-12-31 23:59:59.5+00:00 ")).toEqual({ time: utc("2021-12-31T23:59:59.500"), form: "second" });
});

test("days before months are read where they are asked for, and where points stand between them", () => {
  const fourthOfMarch = { time: utc("2021-03-04T00:00:00"), form: "day" };
  expect(parseDate("4/3/2021", "day first")).toEqual(fourthOfMarch);
  expect(parseDate("3/4/2021", "month first")).toEqual(fourthOfMarch);
  expect(parseDate("4.3.2021", "month first")).toEqual(fourthOfMarch);
  expect(["1/2/2021", "12/2/2021"].map((text) => dateOrderOf([text]))).toEqual(["month first", "month first"]);
  expect(["13/2/2021", "19/2/2021", "20/2/2021", " 31/2/2021"].map((text) => dateOrderOf(["1/2/2021", text]))).toEqual(
    Array(4).fill("day first"),
  );
});

test.each([
  ["2021-03-04 24:00"],
  ["2021-03-04 23:60"],
  ["2021-03-04 23:59:60"],
  ["2021-00-04"],
  ["2021-13"],
  ["2021-04-31"],
  ["2021-03-00"],
  ["2021 05:00"],
  ["2021-03-04-05"],
  ["3/4.2021"],
  ["0021-03-04"],
  ["20211304"],
])("%s is no date", (text) => expect(parseDate(text)).toBeNull());

test("times of other zones become UTC", () => {
  const written = (text: string) => {
    const date = parseDate(text);
    return date && writeDate(date.time, date.form);
  };
  expect(written("2021-03-04T05:06+09:00")).toBe("2021-03-03 20:06");
  expect(written("2021-03-04 23:30:00-0130")).toBe("2021-03-05 01:00:00");
  expect(written("2021-03-04T05:06Z")).toBe("2021-03-04 05:06");
  expect(written("2021-03-04 05:06:00+09")).toBe("2021-03-03 20:06:00");
  for (const text of ["2021-03-04+09:00", "2021-03-04 05:06+99:99", "2021-03-04 05:06+15"])
    expect(written(text)).toBeNull();
});

test("time of day stays over months, and a day that a month lacks becomes its last", () => {
  const after = (text: string, step: TimeStep, count: number) =>
    writeDate(timeAfter({ start: utc(text), step }, count), "second");
  const month = { months: 1 };
  expect(after("2021-01-30T12:34:56", month, 1)).toBe("2021-02-28 12:34:56");
  expect(after("2021-01-30T12:34:56", month, 2)).toBe("2021-03-30 12:34:56");
  expect(after("2021-02-28T00:00:01", month, 1)).toBe("2021-03-31 00:00:01");
  expect(after("2021-11-15T00:00:00", { months: 2 }, 2)).toBe("2022-03-15 00:00:00");
  expect(after("2021-02-15T00:00:00", month, -2)).toBe("2020-12-15 00:00:00");
  expect(after("2021-02-27T23:00:00", { milliseconds: hour }, 25)).toBe("2021-03-01 00:00:00");
  // Times before 1970 are negative.
  expect(after("1969-12-31T18:30:00", month, 1)).toBe("1970-01-31 18:30:00");
  expect(after("1969-10-15T18:30:00", month, 4)).toBe("1970-02-15 18:30:00");
});

test("the step of two dates is of months where the day of the month and the time of day agree", () => {
  const between = (before: string, after: string) => stepBetween(utc(before), utc(after));
  expect(between("2020-12-15T06:00:00", "2021-02-15T06:00:00")).toEqual({ months: 2 });
  expect(between("2021-02-28T00:00:00", "2021-03-31T00:00:00")).toEqual({ months: 1 });
  expect(between("2021-01-15T06:00:00", "2021-02-15T07:00:00")).toEqual({ milliseconds: 31 * day + hour });
  expect(between("2021-01-15T00:00:00", "2021-02-14T00:00:00")).toEqual({ milliseconds: 30 * day });
  expect(between("2021-01-31T00:00:00", "2021-02-27T00:00:00")).toEqual({ milliseconds: 27 * day });
  expect(between("2021-01-15T06:00:00", "2021-01-15T06:00:01")).toEqual({ milliseconds: 1000 });
  expect(between("1969-12-15T06:00:00", "1970-01-15T06:00:00")).toEqual({ months: 1 });
});

test("steps between dates are whole or none", () => {
  const [january, april] = [utc("2021-01-15T00:00:00"), utc("2021-04-15T00:00:00")];
  expect(stepsBetween(january, april, { months: 1 })).toBe(3);
  expect(stepsBetween(january, april, { months: 3 })).toBe(1);
  expect(stepsBetween(january, april, { months: 2 })).toBeNull();
  expect(stepsBetween(january, april + day, { months: 1 })).toBeNull();
  expect(stepsBetween(january, april, { milliseconds: day })).toBe(90);
  expect(stepsBetween(january, april, { milliseconds: 7 * day })).toBeNull();
});

test.each<[TimeStep, string]>([
  [{ months: 1 }, "1 month"],
  [{ months: 3 }, "3 months"],
  [{ months: 12 }, "1 year"],
  [{ months: 24 }, "2 years"],
  [{ milliseconds: 7 * day }, "7 days"],
  [{ milliseconds: day }, "1 day"],
  [{ milliseconds: day + hour }, "25 hours"],
  [{ milliseconds: 90 * 60_000 }, "90 minutes"],
  [{ milliseconds: 61_000 }, "61 seconds"],
  [{ milliseconds: 1 }, "1 millisecond"],
])("%o is called %s", (step, text) => expect(stepText(step)).toBe(text));

test("features of a date are shares of an hour, a day, a week, a month and a year", () => {
  // The 32nd day of a year, a Thursday.
  const time = utc("2024-02-01T06:15:00");
  const share = (feature: Parameters<typeof calendarFeature>[1]) => calendarFeature(time, feature) + 0.5;
  expect(share("minute")).toBeCloseTo(15 / 59, 12);
  expect(share("hour")).toBeCloseTo(6 / 23, 12);
  expect(share("weekday")).toBeCloseTo(3 / 6, 12);
  expect(share("day")).toBe(0);
  expect(share("yearday")).toBeCloseTo(31 / 365, 12);
  expect(share("week")).toBeCloseTo(4 / 52, 12);
  expect(share("month")).toBeCloseTo(1 / 11, 12);
  expect(calendarFeature(utc("2024-02-11T00:00:00"), "day") + 0.5).toBeCloseTo(10 / 30, 12);
});

describe("the dates of a series", () => {
  const column = (texts: string[], missingDates: "refuse" | "fill" = "refuse") =>
    timeColumn(
      texts.map((text, i) => ({ text, place: `t.csv, line ${i + 2}` })),
      { missingDates, order: dateOrderOf(texts) },
    );

  test("are positions on steps of the commonest length, written as exactly as the most exact of them", () => {
    expect(column(["2021-01", "2021-02", "2021-03"])).toEqual({
      times: { start: utc("2021-01-01T00:00:00"), step: { months: 1 }, form: "month" },
      positions: [0, 1, 2],
      length: 3,
    });
    expect(column(["2021-01-01", "2021-01-03 00:00", "2021-01-04", "2021-01-05", "2021-01-09"], "fill")).toEqual({
      times: { start: utc("2021-01-01T00:00:00"), step: { milliseconds: day }, form: "minute" },
      positions: [0, 2, 3, 4, 8],
      length: 9,
    });
    expect(["2021", "2021-03", "2021-03-04 05:00"].map((text) => column([text]).times.step)).toEqual([
      { months: 12 },
      { months: 1 },
      { milliseconds: day },
    ]);
    expect(column(["2021-03-04"])).toEqual({
      times: { start: utc("2021-03-04T00:00:00"), step: { milliseconds: day }, form: "day" },
      positions: [0],
      length: 1,
    });
  });

  test.each([
    // The 28th of February is the last day of its month, which the others are not.
    [
      ["2021-01-28", "2021-02-28"],
      ["2021-03-28", "2021-04-28"],
    ],
    [
      ["2021-02-28", "2021-03-28"],
      ["2021-04-28", "2021-05-28"],
    ],
    [
      ["2021-02-28", "2021-03-31"],
      ["2021-04-30", "2021-05-31"],
    ],
    [
      ["2021-06-30", "2021-09-30"],
      ["2021-12-31", "2022-03-31"],
    ],
    [
      ["2021-03-30", "2021-04-30", "2021-05-30"],
      ["2021-06-30", "2021-07-30"],
    ],
    [
      ["2022-02-28", "2023-02-28"],
      ["2024-02-29", "2025-02-28"],
    ],
  ])("%j go on with %j", (before, after) => {
    const { times, length } = column(before);
    expect(after.map((_, i) => writeDate(timeAfter(times, length + i), "day"))).toEqual(after);
    // The same from any of its times on.
    const last = { ...times, start: timeAfter(times, length - 1) };
    expect(after.map((_, i) => writeDate(timeAfter(last, 1 + i), "day"))).toEqual(after);
  });

  test.each<[string[], "refuse" | "fill", string]>([
    [
      ["2021-01-01", "soon"],
      "refuse",
      't.csv, line 3: expected a date, as 2021-03-04, 2021-03 or 2021-03-04 13:00, got "soon".',
    ],
    [["2021-01-02", "2021-01-02"], "fill", "t.csv, line 3: the date 2021-01-02 comes twice in one series."],
    [
      ["2021-01-02", "2021-01-01"],
      "fill",
      "t.csv, line 3: the date 2021-01-01 is before that of the row above. Sort the rows, the oldest first.",
    ],
    [
      ["2021-01", "2021-02", "2021-03", "2021-05"],
      "refuse",
      "t.csv, line 5: the date 2021-05 is 2 months after 2021-03, so 1 of the series' steps of 1 month is left out. Add the rows, or",
    ],
    [
      ["2021-01", "2021-02", "2021-03", "2021-06"],
      "refuse",
      "t.csv, line 5: the date 2021-06 is 3 months after 2021-03, so 2 of the series' steps of 1 month are left out. Add the rows, or",
    ],
    [
      ["2021-01-01", "2021-01-03", "2021-01-05", "2021-01-06"],
      "fill",
      "t.csv, line 5: the date 2021-01-06 is 1 day after 2021-01-05, and the series has steps of 2 days.",
    ],
  ])("%j are refused (%s)", (texts, missingDates, message) => {
    expect(() => column(texts, missingDates)).toThrow(message);
  });
});
