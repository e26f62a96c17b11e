import type { Backtest, ForecastScores } from "../models/forecaster/backtest.js";
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
  const { scores, windows, series, values, best, pays } = result;
  print.line(`${countOf(windows, "window")} of ${count(series)} series, ${countOf(values, "value")}:`);
  const shown = columns.filter(([, key]) => scores.some((score) => Number.isFinite(score[key])));
  print.line(`  ${"".padEnd(14)}${shown.map(([title]) => title.padStart(10)).join("")}`);
  for (const score of scores) {
    const cells = shown.map(([, key, digits]) => cellOf(score[key], digits).padStart(10));
    print.line(`  ${score.name.padEnd(14)}${cells.join("")}`);
  }
  const [own] = scores as readonly [ForecastScores];
  const [name, key] = Number.isNaN(own.mase)
    ? (["mean absolute error", "meanAbsoluteError"] as const)
    : (["MASE", "mase"] as const);
  if (pays) {
    const share = 100 * (1 - own[key] / best[key]);
    print.line(
      `The model's ${name} is ${share.toFixed(1)} % below that of the ${best.name} forecast, the best of the others.`,
    );
  } else {
    print.line(
      `The model loses to the ${best.name} forecast, which learns nothing: ${name} ${own[key].toFixed(3)} against ${best[key].toFixed(3)}.`,
    );
  }
}

function cellOf(value: number, digits: number): string {
  if (!Number.isFinite(value)) return "-";
  return Math.abs(value) >= 1e6 ? count(Math.round(value)) : value.toFixed(digits);
}
