import { visible } from "../visible.js";
import type { ColourDepth } from "./colour.js";
import { background, blue } from "./colour.js";
import type { ForecastChart } from "./forecastChart.js";
import { intervalsOf, valuesOf } from "./forecastChart.js";

/** Rows of a chart. */
const height = 10;

/**
 * A forecast in a terminal: values as dots, the point forecast as circles, the widest interval behind it. Without colour the interval is
 * drawn as dots. Where there are more steps than columns, neighbours share one.
 */
export function forecastTerminal(
  chart: ForecastChart,
  { width, depth }: { width: number; depth: ColourDepth },
): string {
  const values = valuesOf(chart);
  if (values.length === 0) return `${visible(chart.name)}: nothing to draw`;
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  const labels = [high, (high + low) / 2, low].map((value) => Number(value.toPrecision(5)).toString());
  const margin = Math.max(...labels.map((label) => label.length)) + 1;
  const [widest] = intervalsOf(chart);
  const past = chart.history.length;
  const steps = past + chart.point.length;
  const perColumn = Math.max(1, Math.ceil(steps / Math.max(10, width - margin - 2)));
  const rowOf = (value: number) => Math.round(((high - value) / (high - low || 1)) * (height - 1));
  const columns = Array.from({ length: Math.ceil(steps / perColumn) }, (_, c) => {
    const own = Array.from({ length: Math.min(perColumn, steps - c * perColumn) }, (_, i) => c * perColumn + i);
    const known = own.filter((t) => t < past && Number.isFinite(chart.history[t]));
    const ahead = own.filter((t) => t >= past).map((t) => t - past);
    return {
      history: new Set([
        ...known.map((t) => rowOf(chart.history[t] as number)),
        ...ahead.filter((h) => Number.isFinite(chart.truth?.[h])).map((h) => rowOf(chart.truth?.[h] as number)),
      ]),
      point: new Set(ahead.map((h) => rowOf(chart.point[h] as number))),
      top: widest && ahead.length > 0 ? Math.min(...ahead.map((h) => rowOf(widest.high[h] as number))) : null,
      foot: widest && ahead.length > 0 ? Math.max(...ahead.map((h) => rowOf(widest.low[h] as number))) : null,
    };
  });
  const lines = Array.from({ length: height }, (_, row) => {
    const label = row === 0 ? labels[0] : row === height - 1 ? labels[2] : row === height >> 1 ? labels[1] : "";
    const cells = columns.map(({ history, point, top, foot }) => {
      const inside = top !== null && foot !== null && row >= top && row <= foot;
      const mark = point.has(row) ? "o" : history.has(row) ? "\u2022" : inside && depth === 0 ? "." : " ";
      return inside && depth !== 0 ? `${background(blue, 0.7, depth)}${mark}\u001b[0m` : mark;
    });
    return `${(label ?? "").padStart(margin)} ${cells.join("").trimEnd()}`;
  });
  const [first, origin, last] = chart.steps.map(visible) as [string, string, string];
  const covered = widest ? `, ${Number((100 * widest.share).toFixed(4))} % expected inside` : "";
  return [
    visible(chart.name),
    ...lines,
    `${" ".repeat(margin + 1)}${first} to ${last}, forecast from ${origin}${covered}`,
    "",
  ].join("\n");
}
