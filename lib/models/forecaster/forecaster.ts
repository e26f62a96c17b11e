import type { Series } from "../../data/index.js";
import { expectSeries } from "../../data/index.js";
import { OptionError } from "../../errors.js";
import { executorRule } from "../../executor/choice.js";
import { Programs } from "../../executor/programs.js";
import { noVocabulary } from "../../formats/index.js";
import type { Graph } from "../../graph/graph.js";
import type { ExportedGraph } from "../../onnx/index.js";
import type { OptionsOf } from "../../options.js";
import {
  abortSignal,
  callback,
  completeOptions,
  list,
  option,
  optional,
  real,
  seed,
  table,
  value,
  whole,
  without,
} from "../../options.js";
import type { RecordedLoss } from "../../train/trainable.js";
import { completeWithCell } from "../cellConfig.js";
import type { ModelKind, ModelParts } from "../modelKind.js";
import type { CreateOptions, LoadOptions } from "../savedModel.js";
import { createModel, loadModelOf, SavedModel } from "../savedModel.js";
import type { Backtest, BacktestOptions } from "./backtest.js";
import { backtest } from "./backtest.js";
import type { Place } from "./batch.js";
import type { ForecasterConfig } from "./config.js";
import { forecasterRules } from "./config.js";
import type { ForecasterForm } from "./data.js";
import { forecasterFingerprint } from "./data.js";
import { exportedForecast } from "./exportedForecast.js";
import { fitAll, fitCovariates } from "./fit.js";
import type { Forecast } from "./forecast.js";
import { forecastAll } from "./forecast.js";
import { ForecasterNetwork } from "./network.js";
import { expectKnownAhead, prepareSeries } from "./windows.js";

/** Options of a new forecaster: its architecture, and the series of its training. */
export interface ForecasterOptions extends Omit<ForecasterConfig, "series" | "covariates">, CreateOptions<null> {
  /** The series of the training: what their values are divided by is fitted on them, and saved. */
  series: readonly Series[];
}

export const forecastRules = table("forecast", {
  /** Levels of the quantiles. Default: those of the model; 0.025, 0.1 to 0.9, 0.975. */
  levels: option(optional(list(real({ above: 0, below: 1 }))), {
    flag: "--levels",
    aka: ["quantiles", "quantile_levels"],
  }),
  /**
   * Paths to sample. Default: 200 for an autoregressive model, whose quantiles are counted in them; otherwise none. Those of other models
   * have no connection from step to step.
   */
  paths: option(optional(whole({ minimum: 1 })), { aka: ["num_samples", "samples"] }),
  /** Seed for the paths. Default 1. */
  seed: seed(),
  /** Called after each batch with the share of the series that are done. Default: none. */
  onProgress: callback<(share: number) => void>(),
  /** Signal that stops the work. Default: none. */
  signal: abortSignal,
});

/** Options of `forecast`. @interface */
export type ForecastOptions = OptionsOf<typeof forecastRules>;

const createRules = {
  ...without(forecasterRules, "series", "covariates"),
  series: value<readonly Series[]>("the series of the training, a list", Array.isArray),
  seed: seed(),
  executor: executorRule,
  tokenizer: value<null | undefined>("left out", (tokenizer) => tokenizer === null || tokenizer === undefined, null),
};

/** Paths that stand for a distribution where nobody says how many. */
const usualPaths = 200;

/**
 * A model of time series, many in one: it reads the last values of a series and says what the next ones will be, and how sure it is.
 *
 * ```ts
 * const model = await Forecaster.load("demand");
 * const [{ point, levels, quantiles }] = await model.forecast([{ name: "shop 3", values }]);
 * ```
 */
export class Forecaster extends SavedModel<null, ForecasterNetwork, ForecasterForm> {
  static readonly kind: ModelKind<Forecaster, null, ForecasterNetwork> = {
    name: "Forecaster",
    options: forecasterRules,
    complete: (options, table) => completeWithCell("Forecaster", options, { table, first: "none" }),
    vocabularies: noVocabulary(),
    reads: { data: ["SeriesData"], form: ["B", "lookback", "horizon"] },
    counts: ["layers"],
    network: (config) => new ForecasterNetwork(config as unknown as ForecasterConfig),
    make: (parts) => new Forecaster(parts),
  };

  readonly #programs: Programs;

  private constructor(parts: ModelParts<null, ForecasterNetwork>) {
    super(Forecaster.kind, parts);
    this.#programs = new Programs(this);
  }

  /** A model with new weights. @throws OptionError for options that do not fit together, InputError for series that are none. */
  static async create(options: ForecasterOptions): Promise<Forecaster> {
    const complete = completeWithCell("Forecaster", options, { table: createRules, first: "none" });
    expectSeries("Forecaster", complete.series);
    const { series, tokenizer: _tokenizer, ...others } = options;
    const { pastCovariates, futureCovariates, staticCovariates } = complete;
    const names = [...new Set([...pastCovariates, ...futureCovariates, ...staticCovariates])];
    const fitted = { series: fitAll(series, complete), covariates: fitCovariates(series, names) };
    return createModel(Forecaster.kind, { ...others, ...fitted });
  }

  /** A model from its folder. @throws FileError if a file is missing, truncated, altered, or of another model. */
  static load(folder: string, options: LoadOptions = {}): Promise<Forecaster> {
    return loadModelOf(Forecaster.kind, folder, options);
  }

  /**
   * All steps of the horizon at once, or the reading of windows and a step further; the numbers of a step, `part0` and on, are those of its
   * distribution, before they are scaled to the series. @internal
   */
  override exportedGraphs(): readonly ExportedGraph[] {
    return exportedForecast(this.network);
  }

  recordLoss(graph: Graph, { B, made }: ForecasterForm): RecordedLoss {
    this.expectTrainable(graph);
    if (made !== forecasterFingerprint(this.network.config)) {
      throw new OptionError(
        "Forecaster: this data was made for another configuration. Make it with the model's own: " +
          "new SeriesData(series, { config: model.network.config }).",
      );
    }
    const { losses, count } = this.network.losses(graph, B);
    return { losses, count, carried: [] };
  }

  /**
   * Forecasts the values after the last one of each series, in their order. A series that the model has not met is scaled by its own values.
   * @throws InputError for a series that lacks what the model needs: a covariate, dates, values above 0.
   */
  async forecast(series: readonly Series[], options: ForecastOptions = {}): Promise<Forecast[]> {
    expectSeries("forecast", series);
    const prepared = prepareSeries(series, this.network.config);
    return this.#forecastAt(
      prepared.map((own) => ({ prepared: own, origin: own.values.length })),
      options,
    );
  }

  /**
   * Forecasts the last values of each series from origins before them, and scores that beside forecasts that learn nothing.
   * @throws InputError for a series that is too short, and as `forecast` does.
   */
  backtest(series: readonly Series[], options: BacktestOptions = {}): Promise<Backtest> {
    const { config } = this.network;
    return backtest(series, options, { config, forecast: (places, own) => this.#forecastAt(places, own) });
  }

  /** Forecasts from origins within series: what is known from there on is not read. */
  async #forecastAt(places: readonly Place[], options: ForecastOptions): Promise<Forecast[]> {
    const { levels, paths, seed, signal, onProgress } = completeOptions("forecast", options, forecastRules);
    const { config } = this.network;
    for (const { prepared, origin } of places) expectKnownAhead(prepared, origin, config);
    const usual = config.decoder === "autoregressive" ? usualPaths : 0;
    const settings = { levels: levels ?? config.quantiles, paths: paths ?? usual, seed, signal, onProgress };
    return forecastAll(places, { network: this.network, programs: this.#programs }, settings);
  }
}
