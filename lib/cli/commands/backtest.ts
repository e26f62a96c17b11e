import type { Command } from "commander";
import { seriesRules } from "../../data/index.js";
import type { ForecastScores } from "../../models/forecaster/backtest.js";
import { backtestRules } from "../../models/forecaster/backtest.js";
import type { Forecaster } from "../../models/forecaster/forecaster.js";
import type { Completed } from "../../options.js";
import { flag, list, optional, pick, table, text } from "../../options.js";
import type { ExecutorOptions } from "../executor.js";
import { modelFrom } from "../executor.js";
import { untilInterrupted } from "../interrupt.js";
import { given, withOptions } from "../options.js";
import { printer } from "../print.js";
import { printBacktest } from "../printBacktest.js";
import { optionsLike } from "../remembered.js";
import { continued, seriesLike, withSeriesOptions } from "../seriesFiles.js";
import type { Ability } from "../verbs.js";
import { evaluate } from "./evaluate.js";
import type { Measure } from "./quantize.js";

const flags = table("backtest series", {
  /** Tables of the values that come after those of the files, to measure on. Default: the last values of the files. */
  after: optional(list(text({ as: "file" }))),
  ...pick(backtestRules, "lastSteps", "stride", "paths", "seed"),
});

const jsonFlag = table("backtest output", {
  /** Print one JSON object. */
  json: flag(),
});

type Options = ExecutorOptions & Completed<typeof flags> & Completed<typeof jsonFlag>;

const withBacktest = (command: Command) => withSeriesOptions(withOptions(command, flags));

/** Scores of forecasts from origins in the past, beside forecasts that learn nothing. */
export const evaluateSeries: Ability = { verb: evaluate, options: withBacktest, run: measure };

/** The same, by the name that it has where people forecast. */
export const backtest: Ability = {
  verb: {
    name: "backtest",
    description: "measure forecasts from origins in the past, beside forecasts that learn nothing: evaluate for series",
    arguments: [["<tables...>", "tables of series, read as the training read its files"]],
    options: (command) => withOptions(command, jsonFlag),
  },
  options: withBacktest,
  run: measure,
};

/** The error of a forecaster on the last steps of tables of series. */
export const seriesError: Measure<Forecaster> = {
  options: withSeriesOptions,
  measure: "MASE",
  of: async (model, { folder, files, command, signal }) => {
    const [own] = (await model.backtest(await seriesLike(folder, files, command), { signal })).scores;
    return (own as ForecastScores).mase;
  },
};

function measure(folder: string, files: string[], options: Options, command: Command): Promise<void> {
  return untilInterrupted(async (signal) => {
    const print = printer(options);
    const model = await modelFrom<Forecaster>(folder, options);
    let series = await seriesLike(folder, files, command);
    let { lastSteps } = options;
    if (options.after) {
      const after = await seriesLike(folder, options.after, command);
      const joined = continued(series, after, await optionsLike(folder, command, pick(seriesRules, "missingDates")));
      series = joined.series;
      lastSteps ??= joined.steps;
    }
    const line = print.progress();
    const { stride, paths, seed } = options;
    const result = await model
      .backtest(series, {
        ...given({ lastSteps, stride, paths }),
        seed,
        signal,
        onProgress: (share) => line.update(share, "forecasting"),
      })
      .finally(() => line.stop());
    print.object(result);
    printBacktest(print, result);
  });
}
