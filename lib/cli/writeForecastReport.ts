import type { Series } from "../data/index.js";
import { timeAfter, writeDate } from "../data/index.js";
import { bestValidation, writeFileAtomically } from "../formats/index.js";
import type { Backtest } from "../models/forecaster/backtest.js";
import type { CompleteForecasterConfig } from "../models/forecaster/config.js";
import type { Forecast } from "../models/forecaster/forecast.js";
import type { Forecaster } from "../models/forecaster/forecaster.js";
import { cellOf } from "../nn/cellRegistry.js";
import type { History } from "../train/events.js";
import type { ForecastChart } from "../viz/index.js";
import { renderReport } from "../viz/index.js";
import { stepNames } from "./forecastTable.js";
import { given } from "./options.js";
import { count, countOf, duration } from "./print.js";
import { scoresAsText } from "./printBacktest.js";
import { summaryOf } from "./reportFigures.js";

/** A forecaster in a few words. */
export function describeForecaster({ network: { config } }: Pick<Forecaster, "network">): string {
  return (
    `a forecaster (${config.layers}-layer ${cellOf(config.cell).title}, ${config.decoder}, ${config.output}) of ` +
    `${countOf(config.horizon, "step")} from ${config.lookback}, trained on ${count(config.series.length)} series`
  );
}

/** Horizons of history that a chart shows before the forecast. */
const historyHorizons = 3;

/** The charts of forecasts, each behind the last values of its series. */
export function chartsOf(
  series: readonly Series[],
  forecasts: readonly Forecast[],
  config: CompleteForecasterConfig,
): ForecastChart[] {
  return forecasts.map((forecast, i) => {
    const { values, times } = series[i] as Series;
    const from = Math.max(0, values.length - Math.max(historyHorizons * config.horizon, 2 * config.season));
    const names = stepNames(forecast);
    const first = times ? writeDate(timeAfter(times, from), times.form ?? "second") : String(from + 1);
    const [origin = "", last = ""] = times
      ? [names[0], names.at(-1)]
      : [String(values.length + 1), String(values.length + config.horizon)];
    const { name, point, levels, quantiles } = forecast;
    return { name, history: Array.from(values).slice(from), point, levels, quantiles, steps: [first, origin, last] };
  });
}

/** Writes a report: curves of the training, forecasts, and how good they were where values came. */
export async function writeForecastReport(options: {
  model: Forecaster;
  folder: string;
  history: (History & { seconds: number }) | null;
  charts: readonly ForecastChart[];
  scores?: Backtest;
  file: string;
}): Promise<void> {
  const { model, folder, history, charts, scores, file } = options;
  const best = history && bestValidation(history.validations);
  const figures: [string, string][] = [
    ...(best ? [["validation loss", best.loss.toFixed(4)] as [string, string]] : []),
    ...(history && history.seconds > 0 ? [["training time", duration(history.seconds)] as [string, string]] : []),
    ["series", count(model.network.config.series.length)],
    ["parameters", count(model.parameterCount)],
  ];
  const { series: _series, covariates: _covariates, ...shown } = model.network.config;
  const html = renderReport({
    title: folder,
    summary: summaryOf(describeForecaster(model), undefined),
    figures,
    configuration: Object.entries(given(shown)).map(([name, value]) => [name, String(value)] as const),
    ...(history ? { history } : {}),
    forecasts: charts,
    ...(scores ? { forecastScores: scoresAsText(scores) } : {}),
    unit: "units of each series per value",
  });
  await writeFileAtomically(file, html);
}
