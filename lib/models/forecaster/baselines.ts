/** Forecasts that learn nothing, which a model has to beat. */

type Numbers = ArrayLike<number>;

/**
 * Values with each gap filled: with the value a season before and the change since then, which lies on a straight line between the changes
 * of its neighbours; within the first season on a straight line between the neighbours themselves. Values before the first and after the
 * last that is known take over the nearest change, or value; 0 where nothing is known.
 */
export function withoutGaps(values: Numbers, season = 1): Float64Array {
  const filled = Float64Array.from(values);
  const known = filled.findIndex((value) => !Number.isNaN(value));
  if (!filled.some(Number.isNaN)) return filled;
  if (known < 0) return filled.fill(0);
  filled.fill(filled[known] as number, 0, known);
  // A season of 1 has no pattern to carry on: its gaps lie on straight lines.
  const period = season > 1 ? season : filled.length;
  let before = known;
  for (let t = known + 1; t < filled.length; t++) {
    if (Number.isNaN(filled[t])) filled[t] = between(filled, t, { before, period });
    else before = t;
  }
  return filled;
}

/** The value of a gap. All before it are filled; `before` is the last that is known. */
function between(filled: Float64Array, t: number, { before, period }: { before: number; period: number }): number {
  let after = t + 1;
  while (after < filled.length && Number.isNaN(filled[after])) after++;
  const isSeasonal = t >= period && (before >= period || (after < filled.length && after - period < t));
  const own = (at: number) => (filled[at] as number) - (isSeasonal ? (filled[at - period] as number) : 0);
  // The season before a neighbour may itself be unknown, or lie behind this gap.
  const hasBefore = !isSeasonal || before >= period;
  const hasAfter = after < filled.length && (!isSeasonal || after - period < t);
  const share = (t - before) / (after - before);
  const change =
    hasBefore && hasAfter ? own(before) * (1 - share) + own(after) * share : own(hasBefore ? before : after);
  return (isSeasonal ? (filled[t - period] as number) : 0) + change;
}

/** The last value, repeated. */
export function naive(history: Numbers, horizon: number): Float64Array {
  const filled = withoutGaps(history);
  return new Float64Array(horizon).fill(filled.at(-1) ?? 0);
}

/** The last season, repeated. */
export function seasonalNaive(history: Numbers, horizon: number, season = 1): Float64Array {
  if (history.length < season) return naive(history, horizon);
  const filled = withoutGaps(history, season);
  return Float64Array.from({ length: horizon }, (_, h) => filled[filled.length - season + (h % season)] as number);
}

/** The last season, with the mean change of the whole history from season to season carried on. */
export function drift(history: Numbers, horizon: number, season = 1): Float64Array {
  const filled = withoutGaps(history, season);
  const [n, base] = [filled.length, seasonalNaive(history, horizon, season)];
  if (n <= season) return base;
  // The line from the first season's mean to the last one's.
  const mean = (from: number) => filled.subarray(from, from + season).reduce((sum, value) => sum + value, 0) / season;
  const slope = (mean(n - season) - mean(0)) / (n - season);
  return base.map((value, h) => value + slope * season * (Math.floor(h / season) + 1));
}

/**
 * The naive forecast of the seasonally adjusted history, with its season put back: Naive2 of the M4 competition (Makridakis,
 * Spiliotis & Assimakopoulos 2020). It is adjusted, by classical multiplicative decomposition, where the autocorrelation at the
 * season is significant at 90 %.
 */
export function naive2(history: Numbers, horizon: number, season: number): Float64Array {
  const filled = withoutGaps(history, season);
  if (!isSeasonal(filled, season) || filled.some((value) => value <= 0)) return naive(filled, horizon);
  const indices = seasonalIndices(filled, season);
  const last = (filled.at(-1) as number) / (indices[(filled.length - 1) % season] as number);
  return Float64Array.from({ length: horizon }, (_, h) => last * (indices[(filled.length + h) % season] as number));
}

/** Whether the autocorrelation at the season exceeds what noise would show in 90 of 100 cases. */
function isSeasonal(values: Float64Array, season: number): boolean {
  if (season <= 1 || values.length < 3 * season) return false;
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const correlation = (lag: number) => {
    let sum = 0;
    for (let t = lag; t < n; t++) sum += ((values[t] as number) - mean) * ((values[t - lag] as number) - mean);
    return sum / square;
  };
  let before = 0;
  for (let lag = 1; lag < season; lag++) before += correlation(lag) ** 2;
  // Bartlett's standard error, at the normal quantile of 95 %: two-sided 90 %.
  return Math.abs(correlation(season)) > 1.645 * Math.sqrt((1 + 2 * before) / n);
}

/** How large each place of the season is, 1 on average: the mean ratio to the centred moving average. */
function seasonalIndices(values: Float64Array, season: number): Float64Array {
  const half = season >> 1;
  const [sums, counts] = [new Float64Array(season), new Float64Array(season)];
  for (let t = half; t < values.length - half; t++) {
    let average = 0;
    for (let d = -half; d <= half; d++) {
      const share = season % 2 === 0 && Math.abs(d) === half ? 0.5 : 1;
      average += share * (values[t + d] as number);
    }
    const place = t % season;
    sums[place] = (sums[place] as number) + ((values[t] as number) * season) / average;
    counts[place] = (counts[place] as number) + 1;
  }
  const means = sums.map((sum, place) => sum / (counts[place] as number));
  const mean = means.reduce((sum, value) => sum + value, 0) / season;
  return means.map((value) => value / mean);
}
