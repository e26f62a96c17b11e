import { timeAfter, writeDate } from "../data/index.js";
import type { Forecast } from "../models/forecaster/forecast.js";
import { csvCell } from "./csvCell.js";

/** The steps of a forecast by name: their dates, or their numbers from 1. */
export function stepNames({ times, point }: Forecast): string[] {
  return Array.from(point, (_, h) => (times ? writeDate(timeAfter(times, h), times.form ?? "second") : String(h + 1)));
}

/** Forecasts as CSV: a row for each series and step. */
export function forecastTable(forecasts: readonly Forecast[]): string {
  const levels = forecasts[0]?.levels ?? [];
  const time = forecasts.some(({ times }) => times) ? "date" : "step";
  const rows = forecasts.flatMap((forecast) =>
    stepNames(forecast).map((step, h) => [
      csvCell(forecast.name),
      step,
      ...[forecast.point, ...forecast.quantiles].map((values) => String(Number((values[h] as number).toPrecision(8)))),
    ]),
  );
  return [["series", time, "point", ...levels.map(String)], ...rows].map((row) => `${row.join(",")}\n`).join("");
}

/** A forecast as plain data, for JSON. */
export function forecastObject(forecast: Forecast): object {
  const { name, point, levels, quantiles, paths, times } = forecast;
  return {
    series: name,
    ...(times ? { dates: stepNames(forecast) } : {}),
    point: Array.from(point),
    quantiles: Object.fromEntries(levels.map((level, k) => [level, Array.from(quantiles[k] as Float64Array)])),
    ...(paths ? { paths: paths.map((path) => Array.from(path)) } : {}),
  };
}
