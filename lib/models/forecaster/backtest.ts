import type { Series } from "../../data/index.js";
import { expectSeries } from "../../data/index.js";
import { InputError } from "../../errors.js";
import {
  crps,
  intervalCoverage,
  intervalScore,
  mape,
  meanAbsoluteError,
  meanOf,
  meanSquaredError,
  owa,
  seasonalDifference,
  smape,
} from "../../metrics/forecast.js";
import type { OptionsOf } from "../../options.js";
import { abortSignal, callback, completeOptions, option, optional, seed, table, whole } from "../../options.js";
import { inTurns } from "../inTurns.js";
import { drift, naive, naive2, seasonalNaive } from "./baselines.js";
import type { Place } from "./batch.js";
import type { CompleteForecasterConfig } from "./config.js";
import type { Forecast } from "./forecast.js";
import type { ForecastOptions } from "./forecaster.js";
import type { PreparedSeries } from "./windows.js";
import { prepareSeries } from "./windows.js";

export const backtestRules = table("backtest", {
  /** Steps at the end of each series that are forecast. Default: the horizon. */
  lastSteps: option(optional(whole({ minimum: 1 })), { aka: ["test_size", "holdout"] }),
  /** Steps from one origin to the next. Default: the horizon. */
  stride: option(optional(whole({ minimum: 1 })), { aka: ["step_size", "step"] }),
  /** Paths to sample, of an autoregressive model. Default: 200. */
  paths: optional(whole({ minimum: 1 })),
  /** Seed for the paths. Default 1. */
  seed: seed(),
  /** Called from time to time with the share that is done. Default: none. */
  onProgress: callback<(share: number) => void>(),
  /** Signal that stops the work. Default: none. */
  signal: abortSignal,
});

/** Options of `backtest`. @interface */
export type BacktestOptions = OptionsOf<typeof backtestRules>;

/** How good forecasts were. Averages over all windows; NaN where a score cannot be computed. */
export interface ForecastScores {
  /** "model", "naive", "seasonal naive", "drift", "naive 2". */
  readonly name: string;
  /** Mean absolute error in units of the history's mean change from season to season (Hyndman & Koehler 2006). */
  readonly mase: number;
  /** In per cent. */
  readonly smape: number;
  /** Mean of sMAPE and MASE, each divided by that of Naive2 (Makridakis et al. 2020). */
  readonly owa: number;
  /** In per cent. */
  readonly mape: number;
  readonly meanAbsoluteError: number;
  readonly meanSquaredError: number;
  /** Mean squared error in units of each series' variance in the training, or else before the first origin: of z-scores. NaN for models that learn logarithms. */
  readonly scaledSquaredError: number;
  /** Twice the pinball loss, averaged over the deciles, as a share of the sum of all values; of a point its absolute error. */
  readonly crps: number;
  /** Interval score of the 95 % interval in the unit of MASE; NaN of forecasts without one. */
  readonly msis: number;
  /** Share of the values inside the 95 % interval. */
  readonly coverage: number;
}

/** Forecasts from origins in the past, beside forecasts that learn nothing. */
export interface Backtest {
  readonly series: number;
  /** Windows that were forecast. */
  readonly windows: number;
  /** Values that were compared. */
  readonly values: number;
  /** Scores of the model, then of the others. */
  readonly scores: readonly ForecastScores[];
  /** The best of the others by MASE, or by mean absolute error where no MASE can be computed. */
  readonly best: ForecastScores;
  /** Whether the model is better than that. */
  readonly pays: boolean;
}

/** A window: what was known, and what came. */
interface Past {
  readonly prepared: PreparedSeries;
  readonly origin: number;
  readonly history: Float64Array;
  readonly truth: Float64Array;
  /** Unit of MASE: from the values before the first origin. */
  readonly unit: number;
}

/** Deciles of CRPS, and the ends of the interval. */
const deciles = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
const interval = [0.025, 0.975] as const;
const coverage = interval[1] - interval[0];
const levels = [interval[0], ...deciles, interval[1]];

/** Origins of one series from which Naive2 is computed: each takes a decomposition of the whole history. */
const mostDecompositions = 50;

/** Windows that are forecast before the event loop and the signal have a turn. */
const windowsAtOnce = 512;

/** The part of a model that is tested. */
interface ForecastingModel {
  readonly config: CompleteForecasterConfig;
  forecast(places: readonly Place[], options: ForecastOptions): Promise<Forecast[]>;
}

/** Forecasts the last values of each series from rolling origins. @throws InputError for series that are too short. */
export async function backtest(
  series: readonly Series[],
  options: BacktestOptions,
  { config, forecast }: ForecastingModel,
): Promise<Backtest> {
  const { lastSteps, stride, paths, seed, onProgress, signal } = completeOptions("backtest", options, backtestRules);
  expectSeries("backtest", series);
  const { horizon, season } = config;
  const steps = lastSteps ?? horizon;
  const prepared = prepareSeries(series, config, { ahead: steps });
  const pasts = pastsOf(prepared, { horizon, season, steps, stride: stride ?? horizon });
  const perSeries = pasts.length / new Set(pasts.map(({ prepared }) => prepared)).size;
  const others = othersOf(config, { decomposes: perSeries <= mostDecompositions });
  const sums = new Map(["model", ...others.map(([name]) => name)].map((name) => [name, new Sums(!config.logarithm)]));
  const ownPaths = paths === undefined ? {} : { paths };
  for (let from = 0; from < pasts.length; from += windowsAtOnce) {
    const part = pasts.slice(from, from + windowsAtOnce);
    const forecasts = await forecast(part, { levels, seed, ...ownPaths, ...(signal ? { signal } : {}) });
    for (const [i, past] of part.entries()) sums.get("model")?.add(past, forecasts[i] as Forecast);
    const add = (past: Past) => {
      for (const [name, forecast] of others) {
        sums.get(name)?.add(past, { point: forecast(past.history), levels: [], quantiles: [] });
      }
    };
    await inTurns(part, add, signal);
    onProgress?.(Math.min(1, (from + windowsAtOnce) / pasts.length));
  }
  const reference = sums.get("naive 2")?.means();
  const scores = [...sums].map(([name, sum]) => ({ name, ...withOwa(sum.means(), reference) }));
  const [own, ...rest] = scores as [ForecastScores, ...ForecastScores[]];
  const loss = (score: ForecastScores) => (Number.isNaN(own.mase) ? score.meanAbsoluteError : score.mase);
  const best = rest.reduce((a, b) => (loss(b) < loss(a) ? b : a));
  return {
    series: new Set(pasts.map(({ prepared }) => prepared)).size,
    windows: pasts.length,
    values: pasts.reduce((sum, { truth }) => sum + truth.filter((value) => !Number.isNaN(value)).length, 0),
    scores,
    best,
    pays: loss(own) < loss(best),
  };
}

type Baseline = (history: Float64Array) => Float64Array;

/** The forecasts that learn nothing. */
function othersOf(
  { horizon, season }: { horizon: number; season: number },
  { decomposes }: { decomposes: boolean },
): [name: string, forecast: Baseline][] {
  const all: [name: string, forecast: Baseline, isShown: boolean][] = [
    ["naive", (history) => naive(history, horizon), true],
    ["seasonal naive", (history) => seasonalNaive(history, horizon, season), season > 1],
    ["drift", (history) => drift(history, horizon, season), true],
    ["naive 2", (history) => naive2(history, horizon, season), decomposes],
  ];
  return all.filter(([, , isShown]) => isShown).map(([name, forecast]) => [name, forecast]);
}

function pastsOf(
  prepared: readonly PreparedSeries[],
  { horizon, season, steps, stride }: { horizon: number; season: number; steps: number; stride: number },
): Past[] {
  if (steps < horizon) {
    const last = steps === 1 ? "the last step" : `the last ${steps} steps`;
    throw new InputError(`backtest: the horizon of ${horizon} is longer than what is to be forecast, ${last}.`);
  }
  return prepared.flatMap((own) => {
    const values = Float64Array.from(own.series.values);
    const first = values.length - steps;
    if (first < 1) {
      throw new InputError(
        `${own.place} has ${values.length} values: with the last ${steps} to be forecast, nothing is left to forecast them from.`,
      );
    }
    const unit = seasonalDifference(values.subarray(0, first), season);
    const pasts: Past[] = [];
    for (let origin = first; origin + horizon <= values.length; origin += stride) {
      const truth = values.subarray(origin, origin + horizon);
      if (!truth.every(Number.isNaN))
        pasts.push({ prepared: own, origin, history: values.subarray(0, origin), truth, unit });
    }
    return pasts;
  });
}

type Scores = Omit<ForecastScores, "name" | "owa">;

/** The scores of one window: CRPS is a share of all values together. */
type WindowScores = Omit<Scores, "crps">;

/** The scores of windows, summed up. */
class Sums {
  readonly #scores: WindowScores[] = [];
  readonly #quantile = { sum: 0, size: 0 };
  readonly #hasVariances: boolean;

  /** @param hasVariances whether the deviations of the series are those of their values, and not of logarithms. */
  constructor(hasVariances: boolean) {
    this.#hasVariances = hasVariances;
  }

  add(
    { prepared, truth, unit }: Past,
    { point, levels: known, quantiles }: Pick<Forecast, "point" | "levels" | "quantiles">,
  ): void {
    const at = (level: number) => quantiles[known.indexOf(level)] ?? point;
    const [low, high] = [at(interval[0]), at(interval[1])];
    const hasInterval = known.includes(interval[0]) && known.includes(interval[1]);
    const observed = truth.filter((value) => !Number.isNaN(value));
    // A unit of 0 is of a history that never changes: no error can be counted in it.
    const inUnits = (value: number) => (unit > 0 ? value / unit : Number.NaN);
    const squared = meanSquaredError(truth, point);
    this.#quantile.sum += observed.length * crps(truth, deciles, deciles.map(at));
    this.#quantile.size += observed.reduce((sum, value) => sum + Math.abs(value), 0);
    this.#scores.push({
      mase: inUnits(meanAbsoluteError(truth, point)),
      smape: smape(truth, point),
      mape: mape(truth, point),
      meanAbsoluteError: meanAbsoluteError(truth, point),
      meanSquaredError: squared,
      scaledSquaredError: this.#hasVariances ? squared / prepared.fitted.deviation ** 2 : Number.NaN,
      msis: hasInterval ? inUnits(intervalScore(truth, low, high, coverage)) : Number.NaN,
      coverage: hasInterval ? intervalCoverage(truth, low, high) : Number.NaN,
    });
  }

  means(): Scores {
    const mean = (name: keyof WindowScores) => meanOf(this.#scores.map((score) => score[name]));
    return {
      mase: mean("mase"),
      smape: mean("smape"),
      mape: mean("mape"),
      meanAbsoluteError: mean("meanAbsoluteError"),
      meanSquaredError: mean("meanSquaredError"),
      scaledSquaredError: mean("scaledSquaredError"),
      crps: this.#quantile.sum / this.#quantile.size,
      msis: mean("msis"),
      coverage: mean("coverage"),
    };
  }
}

function withOwa(own: Scores, reference: Scores | undefined): Omit<ForecastScores, "name"> {
  return { ...own, owa: reference ? owa(own, reference) : Number.NaN };
}
