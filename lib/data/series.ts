import { counted, describe, InputError } from "../errors.js";
import type { DateForm, TimeStep } from "./dates.js";

/** When the values of a series were observed: at equal steps from a start on. */
export interface SeriesTimes {
  /** Milliseconds since 1970, in UTC. */
  readonly start: number;
  readonly step: TimeStep;
  /**
   * The day of the month that steps of months lead to, 31 for the last. Default: that of `start`, which is taken for the last of each
   * month where it is the last of its own.
   */
  readonly dayOfMonth?: number;
  /** How the dates are written. Default: as long as they need to be. */
  readonly form?: DateForm;
}

/** A time series: values at equal steps, NaN where one is missing. */
export interface Series {
  /** Default: its place among the series, "1". */
  readonly name?: string;
  readonly values: ArrayLike<number>;
  /** Default: no dates are known. */
  readonly times?: SeriesTimes;
  /** Other values at the same steps, by name; those that are known beforehand go on after `values` end. */
  readonly covariates?: Readonly<Record<string, ArrayLike<number>>>;
  /** Numbers that hold for the whole series, by name. */
  readonly static?: Readonly<Record<string, number>>;
  /** Where it stands, for messages: "sales.csv, column shop3". */
  readonly place?: string;
}

/** The name of a series in messages. */
export function seriesPlace({ place, name }: Series, index: number, count: number): string {
  return place ?? (name === undefined ? `series ${index + 1} of ${count}` : `series ${JSON.stringify(name)}`);
}

/** The name of a series. */
export function seriesName({ name }: Series, index: number): string {
  return name ?? String(index + 1);
}

/** @throws InputError unless it is a list of series of numbers, infinite ones excluded. */
export function expectSeries(owner: string, series: readonly Series[]): void {
  if (!Array.isArray(series) || series.length === 0) {
    throw new InputError(`${owner}: expected a list of series, { name?, values }, got ${describe(series)}.`);
  }
  for (const [i, one] of series.entries()) {
    const { values, covariates = {} } = (one ?? {}) as Partial<Series>;
    const place = seriesPlace((one ?? {}) as Series, i, series.length);
    expectNumbers(owner, `${place}`, values);
    for (const [name, numbers] of Object.entries(covariates))
      expectNumbers(owner, `${place}, covariate ${name}`, numbers);
  }
}

function expectNumbers(owner: string, place: string, values: unknown): void {
  const list = values as ArrayLike<number> | undefined;
  if (typeof list !== "object" || list === null || !Number.isSafeInteger(list.length)) {
    throw new InputError(`${owner}: expected ${place} to have values, an array of numbers, got ${describe(values)}.`);
  }
  const wrong = Array.from(list).findIndex((value) => typeof value !== "number" || Math.abs(value) === Infinity);
  if (wrong < 0) return;
  throw new InputError(
    `${owner}: ${place}: expected value ${wrong + 1} of ${counted(list.length, "value")} to be a number, or NaN where it is missing, ` +
      `got ${describe(list[wrong])}.`,
  );
}
