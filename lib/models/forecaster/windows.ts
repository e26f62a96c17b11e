import type { CalendarFeature, Series } from "../../data/index.js";
import { calendarFeature, seriesName, seriesPlace, timeAfter } from "../../data/index.js";
import { counted, InputError } from "../../errors.js";
import { drift, withoutGaps } from "./baselines.js";
import type { CompleteForecasterConfig, FittedSeries } from "./config.js";
import { fitSeries, learntValues } from "./fit.js";

/** A series as the network meets it. */
export interface PreparedSeries {
  readonly series: Series;
  readonly name: string;
  readonly place: string;
  /** Values as they are learnt, NaN where one is missing. */
  readonly values: Float64Array;
  readonly fitted: FittedSeries;
  /** Row of the table of vectors. */
  readonly id: number;
  /** Covariates that are known up to the present, and those that are known for the horizon too; each scaled, NaN where missing. */
  readonly past: readonly Float64Array[];
  readonly future: readonly Float64Array[];
  readonly static: readonly number[];
}

/** Sizes of a network's input. */
export function inputSizes(config: CompleteForecasterConfig) {
  const { horizon, lookback, segment, pastCovariates, futureCovariates, staticCovariates, calendar } = config;
  const known = futureCovariates.length + calendar.length;
  return {
    /** Segments looked back on. */
    S: lookback / segment,
    /** Segments of the horizon. */
    M: Math.ceil(horizon / segment),
    /** Numbers of a segment that is read: values, whether they are missing, covariates. */
    read: segment * (2 + pastCovariates.length + known) + staticCovariates.length,
    /** Numbers of a segment that are known beforehand. */
    known: known === 0 ? 0 : segment * known,
  };
}

/**
 * Gets series ready.
 * @param options.ahead steps at the end of each series that are to be forecast: a series that the training has not met is fitted on those before
 *   them. Default 0. @throws InputError for a covariate, date or logarithm that one lacks.
 */
export function prepareSeries(
  series: readonly Series[],
  config: CompleteForecasterConfig,
  { ahead = 0 }: { ahead?: number } = {},
): PreparedSeries[] {
  const ids = new Map(config.series.map(({ name }, id) => [name, id]));
  return series.map((one, i) => {
    const [name, place] = [seriesName(one, i), seriesPlace(one, i, series.length)];
    const values = learntValues(one, place, config.logarithm);
    const id = ids.get(name) ?? -1;
    if (id < 0 && config.seriesEmbedding > 0) {
      throw new InputError(
        `${place}: the model has a vector for each series of its training, and ${JSON.stringify(name)} is none of them. Train a model ` +
          "without them (seriesEmbedding: 0) to forecast series that it has never met.",
      );
    }
    if (config.calendar.length > 0 && !one.times) {
      throw new InputError(
        `${place}: the model sees the calendar (${config.calendar.join(", ")}), and the series has no dates.`,
      );
    }
    const fixed = config.staticCovariates.map((key) =>
      scaled(key, expectNumber(one.static?.[key], key, place), config),
    );
    const column = (key: string) => {
      const own = one.covariates?.[key];
      if (own) return Float64Array.from(own, (value) => scaled(key, value, config));
      const has = Object.keys(one.covariates ?? {});
      throw new InputError(
        `${place} lacks the covariate ${JSON.stringify(key)}; it has ${has.length > 0 ? has.join(", ") : "none"}.`,
      );
    };
    const known = (key: string) => {
      const own = column(key);
      const missing = values.length - own.length;
      if (missing <= 0) return own;
      throw new InputError(
        `${place}: the covariate ${JSON.stringify(key)} must be known up to the last value of the series: ${counted(missing, "value")} ` +
          `${missing === 1 ? "is" : "are"} missing at its end. Give NaN for those that nobody knows.`,
      );
    };
    const before = values.subarray(0, Math.max(0, values.length - ahead));
    return {
      series: one,
      name,
      place,
      values,
      fitted: id >= 0 ? (config.series[id] as FittedSeries) : fitSeries(name, before, config),
      id: Math.max(0, id),
      past: config.pastCovariates.map(known),
      future: config.futureCovariates.map(column),
      static: fixed,
    };
  });
}

function expectNumber(value: unknown, key: string, place: string): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new InputError(
    `${place}: expected the number ${JSON.stringify(key)} for the whole series, got ${String(value)}.`,
  );
}

function scaled(name: string, value: number, { covariates }: CompleteForecasterConfig): number {
  const fitted = covariates.find((one) => one.name === name) ?? { mean: 0, deviation: 1 };
  return (value - fitted.mean) / fitted.deviation;
}

/** A window of a series: what is seen before an origin, and how its forecast becomes values again. */
export interface Window {
  /** [L] what is read, in units of the series, the level subtracted. */
  readonly read: Float64Array;
  /** [L] 1 where a value is missing. */
  readonly missing: Float64Array;
  /** [horizon] what forecasts are added to. */
  readonly base: Float64Array;
  readonly level: number;
  readonly scale: number;
}

/** The window before an origin; a series that is shorter than the look-back misses the values before its first. */
export function windowBefore(
  { values, fitted }: PreparedSeries,
  origin: number,
  config: CompleteForecasterConfig,
): Window {
  const { lookback, horizon, level: kind, baseline, output } = config;
  const { season } = fitted;
  const raw = new Float64Array(lookback).fill(Number.NaN);
  const from = Math.max(0, origin - lookback);
  raw.set(values.subarray(from, origin), lookback - (origin - from));
  const none = raw.every(Number.isNaN);
  const filled = none ? raw.map(() => fitted.center) : withoutGaps(raw, config.season);
  const level = levelOf(raw, filled, { kind, season, center: fitted.center });
  const counts = output === "negative-binomial";
  const drifting = baseline === "drift" ? drift(none ? filled : values.subarray(0, origin), horizon, season) : null;
  const base = Float64Array.from({ length: horizon }, (_, h) => {
    if (counts) return 0;
    if (drifting) return drifting[h] as number;
    return baseline === "level" ? level : (filled[lookback - season + (h % season)] as number);
  });
  return {
    read: filled.map((value) => (value - level) / fitted.scale),
    missing: raw.map((value) => Number(Number.isNaN(value))),
    base,
    level,
    scale: fitted.scale,
  };
}

function levelOf(
  raw: Float64Array,
  filled: Float64Array,
  { kind, season, center }: { kind: "last" | "mean" | "none"; season: number; center: number },
): number {
  if (kind === "none") return center;
  if (kind === "last") return filled.at(-1) as number;
  const last = season > 1 ? raw.subarray(Math.max(0, raw.length - season)) : raw;
  const known = last.filter((value) => !Number.isNaN(value));
  const used = known.length > 0 ? known : filled;
  return used.reduce((sum, value) => sum + value, 0) / used.length;
}

/**
 * Writes a segment that the network reads into a row: its values, whether they are missing, covariates, calendar, and what holds for
 * the whole series.
 */
export function writeSegment(
  row: Float32Array,
  prepared: PreparedSeries,
  segment: { start: number; values: ArrayLike<number>; missing: ArrayLike<number>; isFuture: boolean },
  config: CompleteForecasterConfig,
): void {
  const w = config.segment;
  row.set(segment.values, 0);
  row.set(segment.missing, w);
  let at = 2 * w;
  for (const column of prepared.past) {
    if (!segment.isFuture) writeColumn(row.subarray(at, at + w), column, segment.start);
    at += w;
  }
  const known = row.length - at - prepared.static.length;
  writeKnown(row.subarray(at, at + known), prepared, segment.start, config);
  row.set(prepared.static, at + known);
}

/** Writes what is known beforehand of a segment: covariates of the horizon and the calendar. */
export function writeKnown(
  row: Float32Array,
  prepared: PreparedSeries,
  start: number,
  { segment: w, calendar }: CompleteForecasterConfig,
): void {
  let at = 0;
  for (const column of prepared.future) {
    writeColumn(row.subarray(at, at + w), column, start);
    at += w;
  }
  for (const feature of calendar) {
    const column = calendarColumn(prepared, feature, start + w);
    for (let i = 0; i < w; i++) row[at + i] = start + i < 0 ? 0 : (column[start + i] as number);
    at += w;
  }
}

/** The steps of a covariate from a start on; 0, its mean, where it is missing. */
function writeColumn(row: Float32Array, column: Float64Array, start: number): void {
  for (let i = 0; i < row.length; i++) {
    const value = column[start + i] ?? 0;
    row[i] = Number.isNaN(value) ? 0 : value;
  }
}

const calendars = new WeakMap<PreparedSeries, Map<CalendarFeature, number[]>>();

/** A feature of the dates of a series, made once and as far as it is needed. */
function calendarColumn(prepared: PreparedSeries, feature: CalendarFeature, length: number): number[] {
  const own = calendars.get(prepared) ?? new Map<CalendarFeature, number[]>();
  calendars.set(prepared, own);
  const column = own.get(feature) ?? [];
  own.set(feature, column);
  const times = prepared.series.times;
  for (let t = column.length; times && t < length; t++) {
    column.push(calendarFeature(timeAfter(times, t), feature));
  }
  return column;
}

/** @throws InputError where covariates of the horizon end too early. */
export function expectKnownAhead(prepared: PreparedSeries, origin: number, config: CompleteForecasterConfig): void {
  for (const [i, column] of prepared.future.entries()) {
    const missing = origin + config.horizon - column.length;
    if (missing <= 0) continue;
    throw new InputError(
      `${prepared.place}: the covariate ${JSON.stringify(config.futureCovariates[i])} must be known for the ` +
        `${counted(config.horizon, "step")} of the horizon too: ${counted(missing, "value")} ${missing === 1 ? "is" : "are"} missing at its end.`,
    );
  }
}
