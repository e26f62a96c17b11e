import type { Command } from "commander";
import type { Series, SeriesOptions } from "../data/index.js";
import { readSeries, seriesRules, stepsBetween, timeAfter, writeDate } from "../data/index.js";
import { InputError } from "../errors.js";
import { optionsIn, withOptions } from "./options.js";
import type { Printer } from "./print.js";
import { count, countOf } from "./print.js";
import { optionsLike } from "./remembered.js";

/** Adds the options that say how series stand in files. */
export function withSeriesOptions(command: Command): Command {
  return withOptions(command, seriesRules, { group: "Reading files" });
}

/** The series of files, by the command's own options. */
export async function readSeriesFiles(files: readonly string[], command: Command): Promise<Series[]> {
  return readAll(files, optionsIn(command, seriesRules));
}

/** The series of files, read as the training of the model in a folder read its own unless the options say otherwise. */
export async function seriesLike(folder: string, files: readonly string[], command: Command): Promise<Series[]> {
  return readAll(files, await optionsLike(folder, command, seriesRules));
}

async function readAll(files: readonly string[], options: object): Promise<Series[]> {
  const read: Series[][] = [];
  for (const file of files) read.push(await readSeries(file, options));
  return read.flat();
}

/** Says what was read. */
export function noteSeries(print: Printer, series: readonly Series[]): void {
  const lengths = series.map(({ values }) => values.length);
  const least = lengths.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = lengths.reduce((a, b) => Math.max(a, b), 0);
  const gaps = series.reduce((sum, { values }) => sum + Array.from(values).filter(Number.isNaN).length, 0);
  const range = least === most ? countOf(most, "value") : `${count(least)} to ${count(most)} values`;
  const missing = gaps > 0 ? `; ${countOf(gaps, "value")} ${gaps === 1 ? "is" : "are"} missing` : "";
  print.note(`${count(series.length)} series, ${range} each${missing}.`);
  print.object({ event: "series", series: series.length, shortest: least, longest: most, missing: gaps });
}

/**
 * Series with the values that come after them, and the covariates of both.
 * @param options.missingDates rule for dates between a series and its continuation, as for those within a file.
 * @throws InputError for one that has no continuation, or one of other dates.
 */
export function continued(
  series: readonly Series[],
  after: readonly Series[],
  { missingDates }: Pick<SeriesOptions, "missingDates"> = {},
): { series: Series[]; steps: number } {
  const byName = new Map(after.map((one) => [one.name, one]));
  const lengths = new Set<number>();
  const whole = series.map((one) => {
    const next = byName.get(one.name);
    if (!next)
      throw new InputError(`${one.place ?? one.name}: no series of this name among the values that come after.`);
    lengths.add(next.values.length);
    const begin = one.values.length + missingSteps(one, next, missingDates);
    const covariates = Object.entries(one.covariates ?? {}).map(([name, own]) => {
      const more = next.covariates?.[name];
      return [name, more ? joinedAt(begin, own, more) : own] as const;
    });
    return {
      ...one,
      values: joinedAt(begin, one.values, next.values),
      ...(one.covariates ? { covariates: Object.fromEntries(covariates) } : {}),
    };
  });
  if (lengths.size > 1)
    throw new InputError(`The values that come after are of different lengths: ${[...lengths].join(", ")}.`);
  return { series: whole, steps: Math.max(...lengths) };
}

/** Numbers and, from a place on, those that come after; what is missing in between is NaN. */
function joinedAt(begin: number, before: ArrayLike<number>, after: ArrayLike<number>): Float64Array {
  const known = Array.from({ length: begin }, (_, t) => before[t] ?? Number.NaN);
  return Float64Array.from([...known, ...Array.from(after)]);
}

/** Steps between a series and its continuation whose dates are left out. @throws InputError unless that is allowed. */
function missingSteps(before: Series, after: Series, missingDates: SeriesOptions["missingDates"]): number {
  const [{ times, values }, begin] = [before, after.times?.start];
  if (!times || begin === undefined) return 0;
  const due = timeAfter(times, values.length);
  if (begin === due) return 0;
  const steps = begin > due ? stepsBetween(due, begin, times.step) : null;
  if (steps !== null && missingDates === "fill") return steps;
  const written = (time: number) => writeDate(time, times.form ?? "second");
  throw new InputError(
    `${after.place ?? after.name}: the values that come after begin at ${written(begin)}, expected ${written(due)}, which follows ` +
      `${before.place ?? before.name}.${steps === null ? "" : " Missing dates can be filled (--missing-dates fill)."}`,
  );
}

/** Series without their last steps. */
export function withoutLast(series: readonly Series[], steps: number): Series[] {
  return series.map((one) => ({
    ...one,
    values: Array.from(one.values).slice(0, Math.max(0, one.values.length - steps)),
  }));
}
