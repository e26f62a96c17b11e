import type { Series } from "../../data/index.js";
import { seriesName, seriesPlace } from "../../data/index.js";
import { InputError } from "../../errors.js";
import { meanOf, seasonalDifference } from "../../metrics/forecast.js";
import type { FittedSeries, ForecasterConfig } from "./config.js";

type Fitting = Required<Pick<ForecasterConfig, "season" | "scaling" | "logarithm">> & {
  longSeason?: number | undefined;
};

/** The values as the network learns them: their logarithm where the model has it. @throws InputError for what has none. */
export function learntValues(series: Series, place: string, logarithm: boolean): Float64Array {
  const values = Float64Array.from(series.values);
  if (!logarithm) return values;
  const wrong = values.findIndex((value) => value <= 0);
  if (wrong < 0) return values.map(Math.log);
  throw new InputError(
    `${place}: value ${wrong + 1} is ${values[wrong]}, and this model learns logarithms (logarithm): expected values above 0.`,
  );
}

/** Number that the values of a series are divided by, fitted on all that are known; never 0. */
export function fitSeries(
  name: string,
  values: Float64Array,
  { season: short, longSeason, scaling }: Fitting,
): FittedSeries {
  const center = meanOf(values);
  const deviation = Math.sqrt(meanOf(values.map((value) => (value - center) ** 2)));
  const size = meanOf(values.map(Math.abs));
  const isLong = longSeason !== undefined && seasonalDifference(values, longSeason) < seasonalDifference(values, short);
  const season = isLong ? longSeason : short;
  const changes = [seasonalDifference(values, season), seasonalDifference(values, 1), deviation];
  const candidates = { difference: changes, deviation: [deviation], mean: [1 + size] }[scaling];
  // A series that never changes keeps its values as they are.
  const usable = (value: number) => Number.isFinite(value) && value > 1e-12 * (1 + size);
  const fitted = candidates.find(usable) ?? 1;
  const finite = (value: number, other: number) => (Number.isFinite(value) ? value : other);
  return { name, center: finite(center, 0), deviation: usable(deviation) ? deviation : 1, scale: fitted, season };
}

/** The series of a training with what their values are divided by. @throws InputError for two of one name, or one without values. */
export function fitAll(series: readonly Series[], options: Fitting): FittedSeries[] {
  const names = new Map<string, string>();
  return series.map((one, i) => {
    const [name, place] = [seriesName(one, i), seriesPlace(one, i, series.length)];
    const other = names.get(name);
    if (other !== undefined) throw new InputError(`${place} has the name ${JSON.stringify(name)}, as ${other} has.`);
    names.set(name, place);
    const values = learntValues(one, place, options.logarithm);
    if (values.every(Number.isNaN)) throw new InputError(`${place} has no values.`);
    return fitSeries(name, values, options);
  });
}

/** Mean and deviation of each covariate over all series, by its name. */
export function fitCovariates(series: readonly Series[], names: readonly string[]) {
  return names.map((name) => {
    const all = series.flatMap((one) => [
      ...Array.from(one.covariates?.[name] ?? []),
      ...(one.static && name in one.static ? [one.static[name] as number] : []),
    ]);
    const mean = meanOf(all);
    const deviation = Math.sqrt(meanOf(all.map((value) => (value - mean) ** 2)));
    return { name, mean: Number.isFinite(mean) ? mean : 0, deviation: deviation > 0 ? deviation : 1 };
  });
}
