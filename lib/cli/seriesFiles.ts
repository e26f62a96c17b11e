import type { Command } from "commander";
import type { Series } from "../data/index.js";
import { readSeries, seriesRules } from "../data/index.js";
import { InputError, OptionError } from "../errors.js";
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
  return readAll(files, optionsIn(command, seriesRules), command.name());
}

/** The series of files, read as the training of the model in a folder read its own unless the options say otherwise. */
export async function seriesLike(folder: string, files: readonly string[], command: Command): Promise<Series[]> {
  return readAll(files, await optionsLike(folder, command, seriesRules), command.name());
}

async function readAll(files: readonly string[], options: object, owner: string): Promise<Series[]> {
  if (files.length === 0) throw new OptionError(`${owner}: expected a table of series, got no file.`);
  const read: Series[] = [];
  for (const file of files) read.push(...(await readSeries(file, options)));
  return read;
}

/** Says what was read. */
export function noteSeries(print: Printer, series: readonly Series[]): void {
  const lengths = series.map(({ values }) => values.length);
  const [least, most] = [Math.min(...lengths), Math.max(...lengths)];
  const gaps = series.reduce((sum, { values }) => sum + Array.from(values).filter(Number.isNaN).length, 0);
  const range = least === most ? countOf(most, "value") : `${count(least)} to ${count(most)} values`;
  print.note(`${count(series.length)} series, ${range} each${gaps > 0 ? `; ${count(gaps)} are missing` : ""}.`);
  print.object({ event: "series", series: series.length, shortest: least, longest: most, missing: gaps });
}

/** Series with the values that come after them. @throws InputError for one that has no continuation. */
export function continued(series: readonly Series[], after: readonly Series[]): { series: Series[]; steps: number } {
  const byName = new Map(after.map((one) => [one.name, one]));
  const steps = new Set<number>();
  const joined = series.map((one) => {
    const next = byName.get(one.name);
    if (!next)
      throw new InputError(`${one.place ?? one.name}: no series of this name among the values that come after.`);
    steps.add(next.values.length);
    return { ...one, values: Float64Array.from([...Array.from(one.values), ...Array.from(next.values)]) };
  });
  const [length = 0] = steps;
  if (steps.size > 1)
    throw new InputError(`The values that come after are of different lengths: ${[...steps].join(", ")}.`);
  return { series: joined, steps: length };
}

/** Series without their last steps. */
export function withoutLast(series: readonly Series[], steps: number): Series[] {
  return series.map((one) => ({
    ...one,
    values: Array.from(one.values).slice(0, Math.max(0, one.values.length - steps)),
  }));
}
