/** A forecast with what came before it, for pictures. */
export interface ForecastChart {
  readonly name: string;
  /** The last values, NaN where one is missing. */
  readonly history: ArrayLike<number>;
  readonly point: ArrayLike<number>;
  /** The values that came, NaN where one is missing. Default: nobody knows yet. */
  readonly truth?: ArrayLike<number>;
  /** Levels of the quantiles in ascending order, and a forecast for each. */
  readonly levels: readonly number[];
  readonly quantiles: readonly ArrayLike<number>[];
  /** Name of the first value's step, of the first that is forecast, and of the last. */
  readonly steps: readonly [first: string, origin: string, last: string];
}

/** An interval between two quantiles that lie as far from the middle. */
export interface Interval {
  /** Share of the values that are expected in it. */
  readonly share: number;
  readonly low: ArrayLike<number>;
  readonly high: ArrayLike<number>;
}

/** The intervals that the quantiles of a forecast make, the widest first. */
export function intervalsOf({ levels, quantiles }: Pick<ForecastChart, "levels" | "quantiles">): Interval[] {
  return levels.flatMap((level, k) => {
    const other = levels.findIndex((high) => Math.abs(high + level - 1) < 1e-9);
    if (level >= 0.5 || other < 0) return [];
    const [low, high] = [quantiles[k], quantiles[other]];
    if (!low || !high) return [];
    return [{ share: Number((1 - 2 * level).toFixed(6)), low, high }];
  });
}

/** The finite values of a chart that its axis must hold. */
export function valuesOf(chart: ForecastChart): number[] {
  const all = [chart.history, chart.point, chart.truth ?? [], ...chart.quantiles].flatMap((values) =>
    Array.from(values),
  );
  // Far beyond these, an axis cannot be computed.
  return all.filter((value) => Math.abs(value) < 1e150);
}
