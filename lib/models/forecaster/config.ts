import { calendarFeatures } from "../../data/index.js";
import { OptionError } from "../../errors.js";
import type { CellOptions } from "../../nn/cellRegistry.js";
import { cellNamed } from "../../nn/cellRegistry.js";
import { layerCount } from "../../nn/recurrent.js";
import type { OptionsOf } from "../../options.js";
import { double, flag, list, object, option, optional, real, table, text, whole, word } from "../../options.js";
import type { CompleteConfig } from "../cellConfig.js";
import { completeWithCell } from "../cellConfig.js";

/** Kinds of forecasts. */
export const outputs = ["quantile", "point", "gaussian", "student-t", "negative-binomial"] as const;

/** A kind of forecasts. @useDeclaredType */
export type ForecastOutput = (typeof outputs)[number];

/** A series of the training: what its values are divided by. */
const fittedRule = object({
  name: text({ empty: true }),
  center: double(),
  deviation: double(),
  scale: double(),
  season: whole({ minimum: 1 }),
});

const size = whole({ minimum: 1 });

/** The levels of the default quantiles: the deciles, and the ends of an interval that holds 95 of 100 values. */
const defaultQuantiles = [0.025, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.975];

/** The rules of the architecture's options. */
export const forecasterRules = table("Forecaster", {
  /** Steps to forecast. */
  horizon: option(size, { aka: ["prediction_length", "output_chunk_length", "h", "pred_len"] }),
  /** L: steps that the model looks back. Default: twice the season or twice the horizon, whichever is longer. */
  lookback: option(optional(size), { aka: ["context_length", "input_chunk_length", "input_size", "seq_len"] }),
  /** Steps after which the series repeats itself: 24 for hours, 12 for months; 1 for none. Default 1. */
  season: option(whole({ minimum: 1, initial: 1 }), { aka: ["seasonality", "season_length", "freq", "period"] }),
  /**
   * A longer season, such as the 168 hours of a week, which the series takes in place of `season` if it changes less from one to the next.
   * Default: none.
   */
  longSeason: optional(size),
  /**
   * "segments" writes all of the horizon at once, a step for each segment (Lin et al. 2023, SegRNN); "autoregressive" one segment
   * after the other, each read before the next is written (Salinas et al. 2020, DeepAR). Default segments.
   */
  decoder: option(word(["segments", "autoregressive"], "segments"), { aka: ["mode"] }),
  /** Steps that the network reads and writes at once. Default: the season if that is 48 or less, but no more than the horizon; else 1. */
  segment: option(optional(size), { aka: ["seg_len", "patch_len", "patch_length"] }),
  /** Recurrent cell: one of the library's, or of those that registerCell has added. Default gru. */
  cell: cellNamed("gru"),
  /** Layers on top of each other. Default 1. */
  layers: option(layerCount(1), { aka: ["num_layers", "n_layers"] }),
  /** H: units of a layer. Default 128. */
  hiddenSize: option(whole({ minimum: 1, initial: 128 }), { aka: ["hidden", "units", "hidden_dim", "d_model"] }),
  /** Dropout between layers and before the output layer. Default 0. */
  dropout: option(real({ minimum: 0, below: 1, initial: 0 }), { aka: ["dropout_rate", "p"] }),
  /**
   * Kind of the forecast: "quantile" values for the levels of `quantiles`, "point" one value, or the parameters of a distribution:
   * "gaussian", "student-t" (heavy tails), "negative-binomial" (counts). Default quantile.
   */
  output: option(word(outputs, "quantile"), { aka: ["likelihood", "distr_output", "distribution"] }),
  /** Levels of the quantiles; 0.5, which is the point forecast, must be among them. Default: 0.025, 0.1 to 0.9, 0.975. */
  quantiles: option(list(real({ above: 0, below: 1 }), defaultQuantiles), { aka: ["quantile_levels"] }),
  /** Loss of point forecasts: the mean "absolute" or "squared" error. Default absolute. */
  pointLoss: word(["absolute", "squared"], "absolute"),
  /** Learn the logarithm of the values, which must be above 0: growth becomes a slope. Default false. */
  logarithm: option(flag(), { aka: ["log_transform"] }),
  /**
   * Number that is subtracted from the values that the network reads: the "last" one, the "mean" of the last season (of the look-back
   * where there is no season), or "none": the mean of the whole series. Default mean.
   */
  level: option(word(["last", "mean", "none"], "mean"), { aka: ["normalization"] }),
  /**
   * Forecast that the network adds to: the "level"; the "seasonal" naive forecast, the last season repeated; or that with its "drift", the mean
   * change from season to season of all that is known, carried on. Default level.
   */
  baseline: word(["level", "seasonal", "drift"], "level"),
  /**
   * Divisor of the values of a series: "deviation", the standard deviation; "difference", the mean change from season to season, in which
   * MASE is counted: it goes with a seasonal baseline; or "mean", the mean size. Fitted on the training's values, saved with the model.
   * Default deviation.
   */
  scaling: option(word(["deviation", "difference", "mean"], "deviation"), { aka: ["scaler"] }),
  /** Add a linear map from the values looked back on to those of the horizon. Default false. */
  linear: option(flag(), { aka: ["skip", "highway", "ar"] }),
  /** Size of a vector that is learnt for each series; 0 for none, and the model forecasts series that it has never met. Default 0. */
  seriesEmbedding: option(whole({ initial: 0 }), { aka: ["embedding_dimension", "channel_embedding"] }),
  /** Names of covariates that are known up to the present. Default: none. */
  pastCovariates: option(list(text(), []), { aka: ["past_feat_dynamic_real", "hist_exog_list"] }),
  /** Names of covariates that are also known for the horizon. Default: none. */
  futureCovariates: option(list(text(), []), { aka: ["feat_dynamic_real", "futr_exog_list"] }),
  /** Names of numbers that hold for a whole series. Default: none. */
  staticCovariates: option(list(text(), []), { aka: ["feat_static_real", "stat_exog_list"] }),
  /** Features of the dates that the network sees. Default: none. */
  calendar: option(list(word(calendarFeatures), []), { aka: ["time_features", "date_features"] }),
  /** Means and deviations of the covariates. Default: none. */
  covariates: option(list(object({ name: text(), mean: double(), deviation: double() }), []), { flag: null }),
  /** The series of the training with what their values are divided by. Default: none. */
  series: option(list(fittedRule, []), { flag: null }),
});

/** The architecture of a forecaster, as stored in config.json. Options of its cell stand beside the others. @interface */
export type ForecasterConfig = OptionsOf<typeof forecasterRules> & CellOptions;

/** A series of the training: what its values are divided by. */
export type FittedSeries = ForecasterConfig["series"] extends readonly (infer T)[] | undefined ? T : never;

/** A configuration with every default filled in. @inline */
export type CompleteForecasterConfig = Omit<CompleteConfig<ForecasterConfig>, "lookback" | "segment" | "longSeason"> & {
  lookback: number;
  segment: number;
  longSeason?: number | undefined;
};

/** Longest season that is one segment by itself. */
const longestSegment = 48;

/** The configuration with its defaults. @throws OptionError for options that do not fit together. */
export function completeForecaster(config: ForecasterConfig): CompleteForecasterConfig {
  const complete = completeWithCell("Forecaster", config, { table: forecasterRules, first: "none" });
  const { horizon, season, quantiles, output, level, baseline, logarithm, seriesEmbedding, series } = complete;
  const longest = Math.max(season, complete.longSeason ?? 1);
  const whole = season > 1 && season <= longestSegment ? Math.min(season, horizon) : 1;
  const segment = complete.segment ?? whole;
  const wanted = Math.max(2 * longest, 2 * horizon);
  const lookback = complete.lookback ?? Math.ceil(wanted / segment) * segment;
  const fail = (message: string, ...options: string[]) => new OptionError(`Forecaster: ${message}`, options);
  if (lookback % segment !== 0) {
    throw fail(`lookback must be a multiple of segment, got ${lookback} and ${segment}.`, "lookback", "segment");
  }
  if (baseline !== "level" && lookback < longest) {
    throw fail(
      `the baseline ${baseline} needs a lookback of a season or more, got ${lookback} and ${longest}.`,
      "lookback",
    );
  }
  if (output === "quantile" && !quantiles.includes(0.5)) throw fail("expected 0.5 among the quantiles.", "quantiles");
  if (quantiles.some((q, k) => k > 0 && q <= (quantiles[k - 1] as number))) {
    throw fail("expected the quantiles in ascending order, each once.", "quantiles");
  }
  if (output === "negative-binomial" && (level !== "none" || baseline !== "level" || logarithm)) {
    throw fail(
      'negative-binomial needs level "none", baseline "level" and no logarithm: counts stay counts.',
      "output",
      "level",
    );
  }
  if (seriesEmbedding > 0 && series.length === 0) {
    throw fail("a vector for each series needs the series.", "seriesEmbedding");
  }
  return { ...complete, lookback, segment } as CompleteForecasterConfig;
}
