import { InputError } from "../errors.js";

type Numbers = ArrayLike<number>;

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

/** The mean over the steps that were observed. @throws InputError where the lengths differ. */
function overSteps(name: string, truth: Numbers, parts: readonly Numbers[], at: (y: number, t: number) => number) {
  for (const part of parts) {
    if (part.length === truth.length) continue;
    throw new InputError(`${name}: expected as many forecasts as values, got ${part.length} for ${truth.length}.`);
  }
  return meanOf(Array.from(truth, (y, t) => (Number.isNaN(y) ? Number.NaN : at(y, t))));
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

/** Mean |y - p|. Steps whose truth is NaN are left out, here and in all other scores. */
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

/** Mean |y - p| in units of the history's seasonal differences (Hyndman & Koehler 2006). */
export function mase(truth: Numbers, forecast: Numbers, history: { values: Numbers; season?: number }): number {
  return meanAbsoluteError(truth, forecast) / seasonalDifference(history.values, history.season);
}

/** Loss of the quantile q: q (y - p) above it, (1 - q) (p - y) below (Koenker & Bassett 1978). */
export function pinball(y: number, p: number, q: number): number {
  return y >= p ? q * (y - p) : (1 - q) * (p - y);
}

/**
 * Continuous ranked probability score from quantiles: the mean over them of twice the pinball loss, summed over the steps that
 * were observed (Gneiting & Raftery 2007, with the integral over q as a sum).
 * @param quantiles a forecast for each level.
 */
export function quantileScore(truth: Numbers, levels: readonly number[], quantiles: readonly Numbers[]): number {
  const losses = levels.map((q, k) => {
    const forecast = quantiles[k] as Numbers;
    return overSteps("quantileScore", truth, [forecast], (y, t) => 2 * pinball(y, forecast[t] as number, q));
  });
  return meanOf(losses);
}

/** Mean width of an interval, plus 2/α times the distance of each value outside it (Gneiting & Raftery 2007, interval score). */
export function intervalScore(truth: Numbers, low: Numbers, high: Numbers, coverage = 0.95): number {
  const penalty = 2 / (1 - coverage);
  return overSteps("intervalScore", truth, [low, high], (y, t) => {
    const [l, u] = [low[t] as number, high[t] as number];
    return u - l + penalty * (Math.max(0, l - y) + Math.max(0, y - u));
  });
}

/** Share of the values that lie inside an interval. */
export function intervalCoverage(truth: Numbers, low: Numbers, high: Numbers): number {
  return overSteps("intervalCoverage", truth, [low, high], (y, t) =>
    y >= (low[t] as number) && y <= (high[t] as number) ? 1 : 0,
  );
}
