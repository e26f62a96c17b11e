import type { Command } from "commander";
import { OptionError } from "../../errors.js";
import { writeFileAtomically } from "../../formats/index.js";
import type { Forecaster } from "../../models/forecaster/forecaster.js";
import { forecastRules } from "../../models/forecaster/forecaster.js";
import type { Completed } from "../../options.js";
import { flag, list, optional, pick, table, text } from "../../options.js";
import { forecastSVG, forecastTerminal } from "../../viz/index.js";
import type { ExecutorOptions } from "../executor.js";
import { modelFrom } from "../executor.js";
import { forecastObject, forecastTable } from "../forecastTable.js";
import { untilInterrupted } from "../interrupt.js";
import { given, withOptions } from "../options.js";
import { notes, results } from "../output.js";
import { colourDepth } from "../print.js";
import { seriesLike, withSeriesOptions } from "../seriesFiles.js";
import type { Ability } from "../verbs.js";
import { chartsOf, writeForecastReport } from "../writeForecastReport.js";
import { historyIn } from "./inspect.js";

const flags = table("forecast series", {
  ...pick(forecastRules, "levels", "paths", "seed"),
  /** Forecast only the series of these names. Default: all. */
  only: optional(list(text())),
  /** Draw the forecasts in the terminal in place of the table. */
  chart: flag(),
  /** File for a picture of the forecasts. Default: none. */
  svg: optional(text({ as: "file" })),
  /** File for a report as HTML: curves of the training, and the forecasts. Default: none. */
  report: optional(text({ as: "file" })),
  /** Print one JSON object for each series. */
  json: flag(),
});

type Options = ExecutorOptions & Completed<typeof flags>;

/** Series that are drawn, of those that are forecast. */
const mostCharts = 12;

export const forecast: Ability = {
  verb: {
    name: "forecast",
    description: "write the next values of series, and how sure they are: CSV, JSON, a chart",
    arguments: [["<tables...>", "tables of series, read as the training read its files"]],
  },
  options: (command) => withSeriesOptions(withOptions(command, flags)),
  run: forecastSeries,
};

function forecastSeries(folder: string, files: string[], options: Options, command: Command): Promise<void> {
  return untilInterrupted(async (signal) => {
    const model = await modelFrom<Forecaster>(folder, options);
    const read = await seriesLike(folder, files, command);
    const { only, levels, paths, seed, chart, svg, report, json } = options;
    const absent = only?.find((name) => !read.some((series) => series.name === name));
    if (absent !== undefined)
      throw new OptionError(`forecast: there is no series ${JSON.stringify(absent)} in ${files.join(", ")}.`);
    const series = only ? read.filter(({ name }) => only.includes(name as string)) : read;
    const forecasts = await model.forecast(series, { ...given({ levels, paths }), seed, signal });
    const charts = chartsOf(series.slice(0, mostCharts), forecasts.slice(0, mostCharts), model.network.config);
    if (svg !== undefined) await writeFileAtomically(svg, forecastSVG(charts));
    if (report !== undefined) {
      await writeForecastReport({ model, folder, history: await historyIn(folder), charts, file: report });
    }
    if ((svg ?? report) !== undefined && series.length > charts.length) {
      notes.write(`The first ${charts.length} of ${series.length} series are drawn: name others (--only).\n`);
    }
    if (json) for (const own of forecasts) results.json(forecastObject(own));
    else if (chart) {
      const size = { width: Math.min(process.stdout.columns ?? 100, 160), depth: colourDepth() };
      for (const own of charts) results.write(`${forecastTerminal(own, size)}\n`);
    } else results.write(forecastTable(forecasts));
  });
}
