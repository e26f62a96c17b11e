import { describe, InputError } from "../errors.js";
import type { OptionsOf } from "../options.js";
import { completeOptions, real, table, whole } from "../options.js";

/** Values of a series, or a forecast of them. @inline */
type Numbers = ArrayLike<number>;

/** @throws InputError unless it is an array of numbers, NaN among them. */
export function expectNumbers(owner: string, name: string, values: Numbers): void {
  const isArray = Array.isArray(values) || (ArrayBuffer.isView(values) && !(values instanceof DataView));
  if (isArray && (values as readonly unknown[]).every((value) => typeof value === "number")) return;
  throw new InputError(`${owner}: expected ${name} to be an array of numbers, got ${describe(values)}.`);
}

/** The mean of what is not NaN; NaN of nothing. */
export function meanOf(values: Iterable<number>): number {
  let [sum, count] = [0, 0];
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  return count === 0 ? Number.NaN : sum / count;
}

/** The mean over the steps that were observed; NaN where one of them has no forecast. @throws InputError where the lengths differ. */
function overSteps(name: string, truth: Numbers, parts: readonly Numbers[], at: (y: number, t: number) => number) {
  expectNumbers(name, "the values", truth);
  for (const part of parts) {
    expectNumbers(name, "a forecast", part);
    if (part.length === truth.length) continue;
    throw new InputError(`${name}: expected as many forecasts as values, got ${part.length} for ${truth.length}.`);
  }
  let missing = false;
  const errors = Array.from(truth, (y, t) => {
    if (Number.isNaN(y)) return Number.NaN;
    missing ||= parts.some((part) => Number.isNaN(part[t]));
    return at(y, t);
  });
  return missing ? Number.NaN : meanOf(errors);
}

/**
 * Mean |y_t - y_{t-m}| of a history, the unit of MASE and MSIS (Hyndman & Koehler 2006). Pairs with a gap are left out; NaN where
 * there is no pair.
 */
export function seasonalDifference(history: Numbers, season = 1): number {
  let [sum, pairs] = [0, 0];
  for (let t = season; t < history.length; t++) {
    const change = Math.abs((history[t] as number) - (history[t - season] as number));
    if (Number.isNaN(change)) continue;
    sum += change;
    pairs++;
  }
  return pairs === 0 ? Number.NaN : sum / pairs;
}

/** Mean |y - p|. Steps whose truth is NaN are left out, here and in all other scores; where a forecast is NaN instead, the score is. */
export function meanAbsoluteError(truth: Numbers, forecast: Numbers): number {
  return overSteps("meanAbsoluteError", truth, [forecast], (y, t) => Math.abs(y - (forecast[t] as number)));
}

/** Mean (y - p)². */
export function meanSquaredError(truth: Numbers, forecast: Numbers): number {
  return overSteps("meanSquaredError", truth, [forecast], (y, t) => (y - (forecast[t] as number)) ** 2);
}

/** Mean 200 |y - p| / (|y| + |p|), in per cent; 0 where both are 0 (Makridakis et al. 2020). */
export function smape(truth: Numbers, forecast: Numbers): number {
  return overSteps("smape", truth, [forecast], (y, t) => {
    const [p, error] = [forecast[t] as number, Math.abs(y - (forecast[t] as number))];
    return error === 0 ? 0 : (200 * error) / (Math.abs(y) + Math.abs(p));
  });
}

/** Mean 100 |y - p| / |y|, in per cent; steps where y is 0 are left out. */
export function mape(truth: Numbers, forecast: Numbers): number {
  return overSteps("mape", truth, [forecast], (y, t) =>
    y === 0 ? Number.NaN : (100 * Math.abs(y - (forecast[t] as number))) / Math.abs(y),
  );
}

export const seasonRules = table("forecast scores", {
  /** Steps after which a series repeats itself: 24 for hours, 12 for months; 1 for none. Default 1. */
  season: whole({ minimum: 1, initial: 1 }),
});

export const intervalRules = table("interval scores", {
  ...seasonRules,
  /** Share of the values that the interval is to hold. Default 0.95. */
  coverage: real({ above: 0, below: 1, initial: 0.95 }),
});

/** Options of forecast scores that depend on the season. @interface */
export type SeasonOptions = OptionsOf<typeof seasonRules>;

/** Options of the scores of intervals. @interface */
export type IntervalOptions = OptionsOf<typeof intervalRules>;

/**
 * Mean |y - p| in units of the history's mean change from season to season (Hyndman & Koehler 2006): below 1 it is better than the
 * seasonal naive forecast of one step was on the history.
 * @param history the values before those that were forecast.
 */
export function mase(truth: Numbers, forecast: Numbers, history: Numbers, options: SeasonOptions = {}): number {
  const { season } = completeOptions("mase", options, seasonRules);
  expectNumbers("mase", "the history", history);
  return meanAbsoluteError(truth, forecast) / seasonalDifference(history, season);
}

/** The mean of sMAPE and MASE, each divided by that of a reference, which is Naive2 in the M4 competition (Makridakis et al. 2020). */
export function owa(own: { smape: number; mase: number }, reference: { smape: number; mase: number }): number {
  for (const scores of [own, reference]) {
    const isComplete = [scores?.smape, scores?.mase].every((score) => typeof score === "number");
    if (!isComplete) throw new InputError(`owa: expected { smape, mase }, got ${describe(scores)}.`);
  }
  return (own.smape / reference.smape + own.mase / reference.mase) / 2;
}

/** Loss of the quantile q: q (y - p) above it, (1 - q) (p - y) below (Koenker & Bassett 1978). */
function pinball(y: number, p: number, q: number): number {
  return y >= p ? q * (y - p) : (1 - q) * (p - y);
}

/**
 * Continuous ranked probability score from quantiles: the mean over them of twice the pinball loss, averaged over the steps
 * that were observed (Gneiting & Raftery 2007, with the integral over q as a sum).
 * @param quantiles a forecast for each level.
 */
export function crps(truth: Numbers, levels: readonly number[], quantiles: readonly Numbers[]): number {
  expectNumbers("crps", "the levels", levels);
  if (!Array.isArray(quantiles) || quantiles.length !== levels.length || !levels.every((q) => q > 0 && q < 1)) {
    throw new InputError(`crps: expected levels between 0 and 1 and a forecast for each, got ${describe(quantiles)}.`);
  }
  const losses = levels.map((q, k) => {
    const forecast = quantiles[k] as Numbers;
    return overSteps("crps", truth, [forecast], (y, t) => 2 * pinball(y, forecast[t] as number, q));
  });
  return meanOf(losses);
}

/** Mean width of an interval, plus 2/α times the distance of each value outside it (Gneiting & Raftery 2007, interval score). */
export function intervalScore(truth: Numbers, low: Numbers, high: Numbers, coverage: number): number {
  const penalty = 2 / (1 - coverage);
  return overSteps("msis", truth, [low, high], (y, t) => {
    const [l, u] = [low[t] as number, high[t] as number];
    return u - l + penalty * (Math.max(0, l - y) + Math.max(0, y - u));
  });
}

/**
 * The interval score in units of the history's mean change from season to season: MSIS of the M4 competition (Makridakis et al. 2020).
 * @param history the values before those that were forecast.
 */
export function msis(
  truth: Numbers,
  interval: readonly [low: Numbers, high: Numbers],
  history: Numbers,
  options: IntervalOptions = {},
): number {
  const { season, coverage } = completeOptions("msis", options, intervalRules);
  expectNumbers("msis", "the history", history);
  if (!Array.isArray(interval)) throw new InputError(`msis: expected [low, high], got ${describe(interval)}.`);
  const [low, high] = interval;
  return intervalScore(truth, low, high, coverage) / seasonalDifference(history, season);
}

/** Share of the values that lie inside an interval. */
export function intervalCoverage(truth: Numbers, low: Numbers, high: Numbers): number {
  return overSteps("intervalCoverage", truth, [low, high], (y, t) =>
    y >= (low[t] as number) && y <= (high[t] as number) ? 1 : 0,
  );
}
