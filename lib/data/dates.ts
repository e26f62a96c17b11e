import type { SeriesTimes } from "./series.js";

/** A date as numbers, and how it was written. */
export interface WrittenDate {
  /** Milliseconds since 1970, in UTC. */
  readonly time: number;
  readonly form: DateForm;
}

/** How dates of a column are written. */
export type DateForm = "year" | "month" | "day" | "minute" | "second";

/** The distance from one time to the next: a number of months, or of milliseconds. */
export type TimeStep = { readonly months: number } | { readonly milliseconds: number };

const day = 86_400_000;

/** Which of the numbers in 3/4/2021 is the month. */
export type DateOrder = "month first" | "day first";

/**
 * The date that a text spells: 2021-03-04, 2021/03/04, 2021-03, 2021, 20210304, 3/4/2021 or 4.3.2021, each with a time of day
 * after it or without (13:05, 13:05:09, T13:05:09Z, T13:05+09:00). Null for anything else. Without a time zone it is taken as UTC, and with
 * one it becomes UTC.
 */
export function parseDate(text: string, order: DateOrder = "month first"): WrittenDate | null {
  const [, date = "", clock, zone] =
    /^\s*([\d/.-]+)(?:[T ]+(\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)\s*(Z|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)?)?\s*$/.exec(
      text,
    ) ?? [];
  const found = calendarDate(date, order);
  if (!found) return null;
  const { year, month, dayOfMonth } = found;
  const time = Date.UTC(year, month - 1, dayOfMonth);
  const back = new Date(time);
  // Date.UTC takes the years 0 to 99 for those of the 20th century.
  const isDate = back.getUTCFullYear() === year && back.getUTCMonth() === month - 1;
  if (!isDate || back.getUTCDate() !== dayOfMonth) return null;
  if (clock === undefined) return { time, form: found.form };
  const [hours = 0, minutes = 0, seconds = 0] = clock.split(":").map(Number);
  if (found.form !== "day" || hours > 23 || minutes > 59 || seconds >= 60) return null;
  const within = 1000 * (3600 * hours + 60 * minutes + seconds);
  return { time: time + within - aheadOfUTC(zone), form: clock.split(":").length > 2 ? "second" : "minute" };
}

/** Milliseconds that the clocks of a zone, such as +09:00, are ahead of UTC. */
function aheadOfUTC(zone = "Z"): number {
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone) ?? [];
  const ahead = 60_000 * (60 * Number(hours ?? 0) + Number(minutes ?? 0));
  return sign === "-" ? -ahead : ahead;
}

function calendarDate(date: string, order: DateOrder) {
  const parts = date.split(/[/.-]/).map(Number);
  const [a = 0, b = 1, c = 1] = parts;
  const form = (["year", "month", "day"] as const)[parts.length - 1] as DateForm;
  if (/^\d{4}([/.-]\d{1,2}){0,2}$/.test(date)) return { year: a, month: b, dayOfMonth: c, form };
  if (/^\d{8}$/.test(date)) {
    const [year, month, dayOfMonth] = [date.slice(0, 4), date.slice(4, 6), date.slice(6)].map(Number);
    return { year: year as number, month: month as number, dayOfMonth: dayOfMonth as number, form: "day" as const };
  }
  if (!/^\d{1,2}([/.-])\d{1,2}\1\d{4}$/.test(date)) return null;
  const dayFirst = order === "day first" || date.includes(".");
  return { year: c, month: dayFirst ? b : a, dayOfMonth: dayFirst ? a : b, form: "day" as const };
}

/** A time as its column writes it; always in the order year, month, day. */
export function writeDate(time: number, form: DateForm): string {
  const iso = new Date(time).toISOString();
  const length = { year: 4, month: 7, day: 10, minute: 16, second: 19 }[form];
  return iso.slice(0, length).replace("T", " ");
}

/** The time some steps after the first. A month has an end: the 31st becomes the last day of a shorter one. */
export function timeAfter({ start, step, dayOfMonth = commonDay([start]) }: SeriesTimes, count: number): number {
  if ("milliseconds" in step) return start + count * step.milliseconds;
  const date = new Date(start);
  const months = date.getUTCFullYear() * 12 + date.getUTCMonth() + count * step.months;
  const [year, month] = [Math.floor(months / 12), ((months % 12) + 12) % 12];
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return Date.UTC(year, month, Math.min(dayOfMonth, lastDay)) + timeOfDay(start);
}

/** The day of the month that times some months apart are on: 31 where each is the last of its month. */
function commonDay(times: readonly number[]): number {
  if (times.every(isLastDay)) return 31;
  return times.reduce((most, time) => Math.max(most, new Date(time).getUTCDate()), 1);
}

/** The day of the month of some times of a series, where another of its times alone would not say it: months end from the 28th on. */
export function sharedDay(times: readonly number[], step: TimeStep): Pick<SeriesTimes, "dayOfMonth"> {
  const dayOfMonth = "months" in step ? commonDay(times) : 1;
  return dayOfMonth < 28 ? {} : { dayOfMonth };
}

/** The step of two neighbours: whole months where both are the same day of a month, or its last. */
export function stepBetween(before: number, after: number): TimeStep {
  const [a, b] = [new Date(before), new Date(after)];
  const months = 12 * (b.getUTCFullYear() - a.getUTCFullYear()) + b.getUTCMonth() - a.getUTCMonth();
  if (months >= 1 && timeOfDay(before) === timeOfDay(after)) {
    if (a.getUTCDate() === b.getUTCDate() || (isLastDay(before) && isLastDay(after))) return { months };
  }
  return { milliseconds: after - before };
}

/** Milliseconds since the day began, also before 1970. */
function timeOfDay(time: number): number {
  return ((time % day) + day) % day;
}

function isLastDay(time: number): boolean {
  return new Date(time + day).getUTCDate() === 1;
}

/** "1 hour", "7 days", "1 month": for messages. */
export function stepText(step: TimeStep): string {
  const named = (count: number, unit: string) => `${count} ${unit}${count === 1 ? "" : "s"}`;
  if ("months" in step) return step.months % 12 === 0 ? named(step.months / 12, "year") : named(step.months, "month");
  const { milliseconds } = step;
  const units = [
    [day, "day"],
    [3_600_000, "hour"],
    [60_000, "minute"],
    [1000, "second"],
  ] as const;
  const [size, unit] = units.find(([length]) => milliseconds % length === 0) ?? [1, "millisecond"];
  return named(milliseconds / size, unit);
}

/** The number of steps from one time to a later one; null where it is no whole number. */
export function stepsBetween(before: number, after: number, step: TimeStep): number | null {
  if ("milliseconds" in step) {
    const count = (after - before) / step.milliseconds;
    return Number.isInteger(count) ? count : null;
  }
  const between = stepBetween(before, after);
  const count = "months" in between ? between.months / step.months : Number.NaN;
  return Number.isInteger(count) ? count : null;
}

/** Features of a date that a model may see: each a number from -0.5 to 0.5. */
export const calendarFeatures = ["minute", "hour", "weekday", "day", "yearday", "week", "month"] as const;

/** A feature of a date. @useDeclaredType */
export type CalendarFeature = (typeof calendarFeatures)[number];

/** A feature of a time. */
export function calendarFeature(time: number, feature: CalendarFeature): number {
  const date = new Date(time);
  const yearday = Math.floor((time - Date.UTC(date.getUTCFullYear(), 0, 1)) / day);
  const share = {
    minute: date.getUTCMinutes() / 59,
    hour: date.getUTCHours() / 23,
    weekday: ((date.getUTCDay() + 6) % 7) / 6,
    day: (date.getUTCDate() - 1) / 30,
    yearday: yearday / 365,
    week: Math.floor(yearday / 7) / 52,
    month: date.getUTCMonth() / 11,
  };
  return share[feature] - 0.5;
}
