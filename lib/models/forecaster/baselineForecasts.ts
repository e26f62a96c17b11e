import type { SeasonOptions } from "../../metrics/forecast.js";
import { expectNumbers, seasonRules } from "../../metrics/forecast.js";
import { checkOption, completeOptions, whole } from "../../options.js";
import { drift, naive, naive2, seasonalNaive } from "./baselines.js";

/** Values of a series. @inline */
type Numbers = ArrayLike<number>;

const horizonRule = whole({ minimum: 1, maximum: 1_000_000 });

/** The season of checked arguments. @throws InputError for a history that is no array of numbers, OptionError for a horizon or season. */
function checked(owner: string, history: Numbers, horizon: number, options: SeasonOptions): number {
  const { season } = completeOptions(owner, options, seasonRules);
  expectNumbers(owner, "the history", history);
  checkOption(owner, "the horizon", horizon, horizonRule);
  return season;
}

/** The last value, repeated: what a forecast has to beat. A gap (NaN) takes the place of the value before it. */
export function naiveForecast(history: Numbers, horizon: number): Float64Array {
  checked("naiveForecast", history, horizon, {});
  return naive(history, horizon);
}

/** The last season, repeated; the last value of a history shorter than a season. */
export function seasonalNaiveForecast(history: Numbers, horizon: number, options: SeasonOptions = {}): Float64Array {
  return seasonalNaive(history, horizon, checked("seasonalNaiveForecast", history, horizon, options));
}

/** The last season, with the mean change of the whole history from season to season carried on. */
export function driftForecast(history: Numbers, horizon: number, options: SeasonOptions = {}): Float64Array {
  return drift(history, horizon, checked("driftForecast", history, horizon, options));
}

/**
 * The naive forecast of the seasonally adjusted history, with its season put back: Naive2 of the M4 competition (Makridakis,
 * Spiliotis & Assimakopoulos 2020).
 */
export function naive2Forecast(history: Numbers, horizon: number, options: SeasonOptions = {}): Float64Array {
  return naive2(history, horizon, checked("naive2Forecast", history, horizon, options));
}
