import type { Backtest, ForecastScores } from "../models/forecaster/backtest.js";
import type { ReportForecastScores } from "../viz/index.js";
import type { Printer } from "./print.js";
import { count, countOf } from "./print.js";

const columns: readonly (readonly [title: string, key: Exclude<keyof ForecastScores, "name">, digits: number])[] = [
  ["MASE", "mase", 3],
  ["sMAPE %", "smape", 3],
  ["OWA", "owa", 3],
  ["MAPE %", "mape", 2],
  ["MSE of z", "scaledSquaredError", 3],
  ["CRPS", "crps", 4],
  ["MSIS", "msis", 2],
  ["in 95 %", "coverage", 3],
];

/** Prints the scores of a model beside those of forecasts that learn nothing, and whether it pays. */
export function printBacktest(print: Printer, result: Backtest): void {
  const { windows, series, values } = result;
  const { titles, rows, verdict } = scoresAsText(result);
  const line = (name: string, cells: readonly string[]) =>
    print.line(`  ${name.padEnd(14)}${cells.map((cell) => cell.padStart(10)).join("")}`);
  print.line(`${countOf(windows, "window")} of ${count(series)} series, ${countOf(values, "value")}:`);
  line("", titles);
  for (const [name, cells] of rows) line(name, cells);
  print.line(verdict);
}

/** The scores as they are written, those that can be computed, and whether the model pays. */
export function scoresAsText({ scores, best, pays }: Backtest): ReportForecastScores {
  const shown = columns.filter(([, key]) => scores.some((score) => Number.isFinite(score[key])));
  const [own] = scores as readonly [ForecastScores];
  const [name, key] = Number.isNaN(own.mase)
    ? (["mean absolute error", "meanAbsoluteError"] as const)
    : (["MASE", "mase"] as const);
  const share = 100 * (1 - own[key] / best[key]);
  return {
    titles: shown.map(([title]) => title),
    rows: scores.map((score) => [score.name, shown.map(([, column, digits]) => cellOf(score[column], digits))]),
    verdict: pays
      ? `The model's ${name} is ${share.toFixed(1)} % below that of the ${best.name} forecast, the best of the others.`
      : `The model loses to the ${best.name} forecast, which learns nothing: ${name} ${own[key].toFixed(3)} against ${best[key].toFixed(3)}.`,
  };
}

function cellOf(value: number, digits: number): string {
  if (!Number.isFinite(value)) return "-";
  return Math.abs(value) >= 1e6 ? count(Math.round(value)) : value.toFixed(digits);
}
