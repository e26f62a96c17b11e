import type { SeriesTimes } from "../../data/index.js";
import { sharedDay, timeAfter } from "../../data/index.js";
import { InputError } from "../../errors.js";
import type { Executable, Feeds } from "../../executor/executor.js";
import type { Programs } from "../../executor/programs.js";
import { randomSource } from "../../random/source.js";
import type { Place } from "./batch.js";
import { readFeeds } from "./batch.js";
import type { CompleteForecasterConfig } from "./config.js";
import type { StepDistribution } from "./distribution.js";
import { distributionOf, numbersPerStep } from "./distribution.js";
import type { ForecasterNetwork } from "./network.js";
import { samplePaths } from "./paths.js";
import type { Window } from "./windows.js";

/** Forecast of a series. */
export interface Forecast {
  readonly name: string;
  /** When the first step is, where the series has dates. */
  readonly times?: SeriesTimes;
  /** The point forecast: the mean of a distribution, with `logarithm` that of the logarithms; the median of quantiles and of sampled paths. */
  readonly point: Float64Array;
  /** Levels of the quantiles; none of a model that gives points alone. */
  readonly levels: readonly number[];
  /** A forecast for each level. */
  readonly quantiles: readonly Float64Array[];
  /** Sampled paths, where they were asked for, or are what the quantiles were counted in. */
  readonly paths?: readonly Float64Array[];
}

/** The ways of forecasting. */
export interface ForecastSettings {
  readonly levels: readonly number[];
  /** Paths to sample; of a model that writes all steps at once each step by itself. */
  readonly paths: number;
  readonly seed: number;
  readonly signal: AbortSignal | undefined;
}

/** Rows that programs run with, whatever is asked for: the numbers of a row then do not depend on its neighbours. */
export const rows = 64;

/** A network, and the programs that are recorded of it. */
export type Recorded = { readonly network: ForecasterNetwork; readonly programs: Programs };

/** Forecasts, a batch of windows at a time. */
export async function forecastAll(
  places: readonly Place[],
  recorded: Recorded,
  settings: ForecastSettings & { onProgress: ((share: number) => void) | undefined },
): Promise<Forecast[]> {
  const isInTurn = recorded.network.config.decoder === "autoregressive";
  const results: Forecast[] = [];
  for (let from = 0; from < places.length; from += rows) {
    settings.signal?.throwIfAborted();
    const part = places.slice(from, from + rows);
    results.push(...(isInTurn ? await inTurn(part, recorded, settings) : await atOnce(part, recorded, settings)));
    settings.onProgress?.(Math.min(1, (from + rows) / places.length));
  }
  return results;
}

/** The numbers of each step of a row, out of outputs [M,B,w] for each part. */
export function numbersOf(
  outputs: readonly ArrayLike<number>[],
  { b, h, w, B }: { b: number; h: number; w: number; B: number },
): number[] {
  const at = (Math.floor(h / w) * B + b) * w + (h % w);
  return outputs.map((part) => part[at] as number);
}

export async function run(executable: Executable, feeds: Feeds): Promise<Record<string, ArrayLike<number>>> {
  const { outputs } = await executable.run(feeds);
  return outputs as Record<string, ArrayLike<number>>;
}

export function partsOf(
  outputs: Record<string, ArrayLike<number>>,
  config: CompleteForecasterConfig,
): ArrayLike<number>[] {
  const parts = Array.from({ length: numbersPerStep(config) }, (_, k) => outputs[`part${k}`] as ArrayLike<number>);
  for (const part of parts) {
    for (let i = 0; i < part.length; i++) {
      if (Number.isFinite(part[i])) continue;
      throw new InputError("forecast: the numbers inside of the model overflow: train it with a lower learning rate.");
    }
  }
  return parts;
}

async function atOnce(
  places: readonly Place[],
  { network, programs }: Recorded,
  settings: ForecastSettings,
): Promise<Forecast[]> {
  const { config } = network;
  const { segment: w, horizon } = config;
  const executable = programs.get("at once", (graph) => {
    for (const [k, part] of network.forecast(graph, rows).entries()) graph.output(`part${k}`, part);
  });
  const { feeds, windows } = readFeeds(places, config, { rows });
  const parts = partsOf(await run(executable, feeds), config);
  return places.map((place, b) => {
    const window = windows[b] as Window;
    const steps = Array.from({ length: horizon }, (_, h) =>
      distributionOf(config, numbersOf(parts, { b, h, w, B: rows }), window.scale),
    );
    const source = randomSource(settings.seed, `paths of ${place.prepared.name}`);
    const paths = Array.from({ length: settings.paths }, () =>
      valuesOf(config, window, (h) => (steps[h] as StepDistribution).draw(source.uniform)),
    );
    const isPoint = config.output === "point";
    return {
      ...headOf(place),
      point: valuesOf(config, window, (h) => (steps[h] as StepDistribution).mean),
      levels: isPoint ? [] : settings.levels,
      quantiles: isPoint
        ? []
        : settings.levels.map((level) =>
            valuesOf(config, window, (h) => (steps[h] as StepDistribution).quantile(level)),
          ),
      ...(settings.paths > 0 ? { paths } : {}),
    };
  });
}

/** Forecasts of a model that writes one segment after the other: what its paths say together. */
async function inTurn(places: readonly Place[], recorded: Recorded, settings: ForecastSettings): Promise<Forecast[]> {
  const { config } = recorded.network;
  const isPoint = config.output === "point";
  const sampled = await samplePaths(places, recorded, { ...settings, paths: isPoint ? 1 : settings.paths });
  return places.map((place, b) => {
    const { window, paths } = sampled[b] as (typeof sampled)[number];
    const values = paths.map((path) => valuesOf(config, window, (h) => path[h] as number));
    const sorted = Array.from({ length: config.horizon }, (_, h) =>
      Float64Array.from(values, (path) => path[h] as number).sort(),
    );
    const quantile = (share: number) => Float64Array.from(sorted, (own) => quantileOf(own, share));
    return {
      ...headOf(place),
      point: quantile(0.5),
      levels: isPoint ? [] : settings.levels,
      quantiles: isPoint ? [] : settings.levels.map(quantile),
      ...(isPoint ? {} : { paths: values }),
    };
  });
}

/** A quantile of sorted values, between neighbours along a straight line. */
function quantileOf(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)] as number, sorted[Math.ceil(at)] as number];
  return low + (at - Math.floor(at)) * (high - low);
}

function headOf({ prepared: { name, series }, origin }: Place): Pick<Forecast, "name" | "times"> {
  const { times } = series;
  return { name, ...(times ? { times: laterTimes(times, origin) } : {}) };
}

function laterTimes(times: SeriesTimes, origin: number): SeriesTimes {
  return { ...sharedDay([times.start], times.step), ...times, start: timeAfter(times, origin) };
}

/** Numbers of the network as values of the series: the base added, the logarithm undone. */
function valuesOf(
  { logarithm }: CompleteForecasterConfig,
  { base, scale }: Window,
  at: (h: number) => number,
): Float64Array {
  return base.map((own, h) => {
    const value = own + scale * at(h);
    return logarithm ? Math.exp(value) : value;
  });
}
