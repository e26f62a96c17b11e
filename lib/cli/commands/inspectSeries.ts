import { join } from "node:path";
import type { Command } from "commander";
import type { Series } from "../../data/index.js";
import { OptionError } from "../../errors.js";
import type { Forecaster } from "../../models/forecaster/forecaster.js";
import { forecastTerminal } from "../../viz/index.js";
import type { ExecutorOptions } from "../executor.js";
import { modelFrom } from "../executor.js";
import { untilInterrupted } from "../interrupt.js";
import { Painted } from "../output.js";
import { colourDepth, printer } from "../print.js";
import { printBacktest } from "../printBacktest.js";
import { seriesLike, withoutLast, withSeriesOptions } from "../seriesFiles.js";
import type { Ability } from "../verbs.js";
import { chartsOf, writeForecastReport } from "../writeForecastReport.js";
import { historyIn, inspect, withTerminal } from "./inspect.js";

/** Series that are drawn. */
const mostCharts = 12;

/** Curves, scores beside forecasts that learn nothing, and what the model would have said of the last steps of some series. */
export const inspectSeries: Ability = {
  verb: inspect,
  options: (command) => withSeriesOptions(withTerminal(command)),
  run: showSeries,
};

type Options = ExecutorOptions & { text?: string[]; out?: string; terminal?: boolean; json?: boolean };

function showSeries(folder: string, options: Options, command: Command): Promise<void> {
  return untilInterrupted(async (signal) => {
    const { text: files = [], out: file = join(folder, "report.html"), terminal = false, json = false } = options;
    const print = printer({ json });
    const model = await modelFrom<Forecaster>(folder, options);
    const series = files.length > 0 ? await seriesLike(folder, files, command) : [];
    if (terminal && series.length === 0) throw new OptionError("inspect: --terminal of a forecaster needs --text.");
    const charts = await chartsOfLastSteps(model, series.slice(0, mostCharts), signal);
    const scores = series.length > 0 ? await model.backtest(series, { signal }) : undefined;
    if (terminal && scores) {
      const size = { width: Math.min(process.stdout.columns ?? 100, 160), depth: colourDepth() };
      const interval = size.depth === 0 ? "." : "blue";
      print.note(`\u2022 values   o forecast   ${interval} inside the widest interval`);
      print.object(scores);
      for (const chart of charts) print.line(new Painted(forecastTerminal(chart, size)));
      printBacktest(print, scores);
      return;
    }
    const history = await historyIn(folder);
    await writeForecastReport({ model, folder, history, charts, file, ...(scores ? { scores } : {}) });
    print.object({ report: file });
    print.line(`The report is in ${file}: open it in a browser.`);
  });
}

/** Forecasts of the last steps of series from the values before them, with what came. */
async function chartsOfLastSteps(model: Forecaster, series: readonly Series[], signal: AbortSignal) {
  const { config } = model.network;
  if (series.length === 0) return [];
  const known = withoutLast(series, config.horizon);
  const charts = chartsOf(known, await model.forecast(known, { signal }), config);
  return charts.map((chart, i) => ({
    ...chart,
    truth: Array.from((series[i] as Series).values).slice(-config.horizon),
  }));
}
