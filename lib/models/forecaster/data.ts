import { createHash } from "node:crypto";
import type { Series } from "../../data/index.js";
import { expectSeries, shapeBatches } from "../../data/index.js";
import { InputError } from "../../errors.js";
import type { Completed, OptionsOf } from "../../options.js";
import { completeOptions, option, seed, table, value, whole, word } from "../../options.js";
import { randomSource } from "../../random/source.js";
import type { TrainingData } from "../../train/data.js";
import type { Batch } from "../../train/trainable.js";
import { trainingFeeds } from "./batch.js";
import type { CompleteForecasterConfig } from "./config.js";
import type { PreparedSeries } from "./windows.js";
import { expectKnownAhead, prepareSeries } from "./windows.js";

/** Sizes that the program of a batch depends on. */
export interface ForecasterForm {
  B: number;
  /** Steps that a window reads, and that come after it. */
  lookback: number;
  horizon: number;
  /** Fingerprint of the configuration. */
  made: string;
}

/** The options of series to learn from. */
export const seriesDataRules = table("SeriesData", {
  /** The configuration of the model: `model.network.config`. */
  config: option(
    value<CompleteForecasterConfig>(
      "the configuration of a Forecaster",
      (config) => typeof (config as { lookback?: unknown })?.lookback === "number",
    ),
    { flag: null },
  ),
  /** B: windows that are read side by side. Default 64. */
  batchSize: option(whole({ minimum: 1, initial: 64 }), { aka: ["batch", "bsz"] }),
  /** Steps from the beginning of one window to that of the next. Default 1. */
  stride: option(whole({ minimum: 1, initial: 1 }), { aka: ["step", "shift"] }),
  /** Forecast only what lies in this many steps at the end of each series; 0 for all. Default 0. */
  lastSteps: option(whole({ initial: 0 }), { flag: null }),
  /** Seed for the order of the windows. Default 1. */
  seed: seed(),
  /** Use of the data: "train", or "validate" for what is measured: in order. Default train. */
  role: option(word(["train", "validate"], "train"), { flag: null }),
});

/** Options of SeriesData. @interface */
export type SeriesDataOptions = OptionsOf<typeof seriesDataRules>;

/** Tells configurations apart, as far as their data depends on them. */
export function forecasterFingerprint(config: CompleteForecasterConfig): string {
  return createHash("sha256").update(JSON.stringify(config)).digest("hex").slice(0, 16);
}

/** Windows of series, each with the values that come after it, as batches for a Forecaster. */
export class SeriesData implements TrainingData<ForecasterForm> {
  readonly divisible = true;
  readonly length: number;
  readonly identity: string;
  readonly role: "train" | "validate";
  /** Windows in one epoch. */
  readonly windows: number;
  readonly #prepared: readonly PreparedSeries[];
  /** Series and origin of each window. */
  readonly #places: { series: Uint32Array; origins: Uint32Array };
  readonly #options: Completed<typeof seriesDataRules>;

  /** @throws InputError for a series that the model cannot read, and where no window has a value to forecast. */
  constructor(series: readonly Series[], options: SeriesDataOptions) {
    const complete = completeOptions("SeriesData", options, seriesDataRules);
    expectSeries("SeriesData", series);
    const { config, batchSize, stride, lastSteps, seed, role } = complete;
    this.#options = complete;
    this.#prepared = prepareSeries(series, config);
    this.#places = placesOf(this.#prepared, { config, stride, lastSteps });
    this.role = role;
    this.windows = this.#places.origins.length;
    this.length = Math.ceil(this.windows / batchSize);
    this.identity = `${this.windows} windows of ${series.length} series in batches of ${batchSize}, stride ${stride}, seed ${seed}`;
  }

  async digest(): Promise<string> {
    const hash = createHash("sha256");
    const { calendar } = this.#options.config;
    for (const { values, past, future, static: fixed, series } of this.#prepared) {
      const columns = [values, ...past, ...future, Float64Array.from(fixed)];
      for (const column of columns) hash.update(Int32Array.of(column.length)).update(column);
      if (calendar.length > 0) hash.update(JSON.stringify(series.times));
    }
    return hash.digest("hex");
  }

  *batches(epoch: number, from = 0): Generator<Batch<ForecasterForm>, void, undefined> {
    const { batchSize, seed, role, config } = this.#options;
    const random = role === "train" ? randomSource(seed, `windows of epoch ${epoch}`) : null;
    const { lookback, horizon } = config;
    const made = forecasterFingerprint(config);
    for (const { items } of shapeBatches(this.windows, { batchSize, shapeKey: () => 0, random, from })) {
      const places = Array.from(items, (i) => ({
        prepared: this.#prepared[this.#places.series[i] as number] as PreparedSeries,
        origin: this.#places.origins[i] as number,
      }));
      const { feeds, values } = trainingFeeds(places, config);
      yield { form: { B: places.length, lookback, horizon, made }, feeds, tokens: values };
    }
  }
}

/** The windows of series: all that are full, and of a series too short for one the fullest. */
function placesOf(
  prepared: readonly PreparedSeries[],
  { config, stride, lastSteps }: { config: CompleteForecasterConfig; stride: number; lastSteps: number },
): { series: Uint32Array; origins: Uint32Array } {
  const { lookback, horizon } = config;
  const [series, origins] = [[] as number[], [] as number[]];
  for (const [i, own] of prepared.entries()) {
    const { values } = own;
    const last = values.length - horizon;
    const first = lastSteps > 0 ? values.length - lastSteps : Math.min(lookback, last);
    if (last >= 1) expectKnownAhead(own, last, config);
    for (let origin = last; origin >= Math.max(1, first); origin -= stride) {
      const ahead = values.subarray(origin, origin + horizon);
      if (ahead.every(Number.isNaN)) continue;
      series.push(i);
      origins.push(origin);
    }
  }
  if (origins.length > 0) return { series: Uint32Array.from(series), origins: Uint32Array.from(origins) };
  const longest = prepared.reduce((most, { values }) => Math.max(most, values.length), 0);
  throw new InputError(
    `No series is long enough: the longest has ${longest} values, and a window needs one and the ${horizon} of the horizon` +
      `${lastSteps > 0 ? `, within the last ${lastSteps}` : ""}. Take a shorter horizon, or hold out less.`,
  );
}
