import { checkOption, double, list, object, optional, text, tuple, value } from "../options.js";
import type { Frame, Range } from "./axes.js";
import { extent, gridLines, niceStep, ticks, widen } from "./axes.js";
import type { ForecastChart } from "./forecastChart.js";
import { intervalsOf, valuesOf } from "./forecastChart.js";
import { element, svgPicture, textElement, tooltip } from "./svg.js";

const numbers = value<ArrayLike<number>>(
  "an array of numbers",
  (values) =>
    typeof values === "object" &&
    Number.isSafeInteger((values as ArrayLike<number> | null)?.length) &&
    Array.from(values as ArrayLike<number>).every((one) => typeof one === "number"),
);

const step = text({ empty: true });
const chartsRule = list(
  object({
    name: text({ empty: true }),
    history: numbers,
    point: numbers,
    truth: optional(numbers),
    levels: list(double()),
    quantiles: list(numbers),
    steps: tuple(step, step, step),
  }),
);

const [width, height, left, gap] = [640, 170, 76, 64] as const;

/**
 * Forecasts as one SVG, one below the other: the last values as a line, the point forecast as a second, and its intervals as bands, the
 * wider the fainter; what came, where that is known, goes on as the first line.
 * @throws OptionError for charts that are none.
 */
export function forecastSVG(charts: readonly ForecastChart[]): string {
  checkOption("forecastSVG", "charts", charts, chartsRule);
  const body = charts.flatMap((chart, i) => chartAt(chart, { x: left, y: 36 + i * (height + gap), width, height }));
  const title = charts.length === 1 ? `Forecast of ${charts[0]?.name}` : "Forecasts";
  return svgPicture({ title, width: left + width + 24, height: charts.length * (height + gap) + 10, body });
}

function chartAt(chart: ForecastChart, frame: Frame): string[] {
  const values = valuesOf(chart);
  const y: Range = values.length > 0 ? extent(values) : { low: 0, high: 1 };
  widen(y, Math.max((y.high - y.low) * 1.08, 1e-9 * Math.abs(y.high)) || 1);
  const past = chart.history.length;
  const steps = Math.max(1, past + chart.point.length - 1);
  const placeX = (t: number) => frame.x + (frame.width * t) / steps;
  const placeY = (value: number) => frame.y + (frame.height * (y.high - value)) / (y.high - y.low);
  const at = (t: number, value: number) => `${placeX(t).toFixed(2)} ${placeY(value).toFixed(2)}`;
  const bands = intervalsOf(chart).map(({ share, low, high }) => {
    const there = Array.from(high, (value, h) => at(past + h, value));
    const back = Array.from(low, (value, h) => at(past + h, value)).reverse();
    const finite = [...Array.from(low), ...Array.from(high)].every(Number.isFinite);
    const look = { class: "mark", "fill-opacity": 0.12, d: finite ? `M${[...there, ...back].join("L")}Z` : "M0 0" };
    return element("path", look, tooltip(`${Number((100 * share).toFixed(4))} % of the values are expected here`));
  });
  const line = (values: ArrayLike<number>, from: number, look: Record<string, string | number>) =>
    element("path", {
      ...look,
      d: lineThrough(values, (t, value) => at(from + t, value)),
      fill: "none",
      "stroke-linejoin": "round",
    });
  const [first, origin, last] = chart.steps;
  const foot = { class: "soft", y: frame.y + frame.height + 18, "font-size": 11 };
  return [
    textElement({ class: "ink", x: frame.x, y: frame.y - 8, "font-weight": "bold" }, chart.name),
    ...gridLines("y", ticks(y, niceStep((y.high - y.low) / 4)), { frame, place: placeY }),
    ...bands,
    element("path", {
      class: "softLine",
      "stroke-dasharray": "3 3",
      d: `M${placeX(past - 0.5).toFixed(2)} ${frame.y}v${frame.height}`,
    }),
    ...(chart.truth ? [line(chart.truth, past, { class: "line", "stroke-width": 1.2 })] : []),
    line(chart.history, 0, { class: "line", "stroke-width": 1.2 }),
    line(chart.point, past, { class: "markLine", "stroke-width": 1.8 }),
    textElement({ ...foot, x: frame.x }, first),
    textElement({ ...foot, x: Math.max(frame.x + 90, placeX(past)), "text-anchor": "middle" }, origin),
    textElement({ ...foot, x: frame.x + frame.width, "text-anchor": "end" }, last),
  ];
}

/** A line through what is known: a gap breaks it. */
function lineThrough(values: ArrayLike<number>, at: (t: number, value: number) => string): string {
  let open = false;
  let d = "";
  for (let t = 0; t < values.length; t++) {
    const value = values[t] as number;
    const known = Math.abs(value) < 1e150;
    // A value between two gaps is drawn as a point: a line of no length with a round end.
    if (known) d += `${open ? "L" : "M"}${at(t, value)}${open ? "" : "h0"}`;
    open = known;
  }
  return d || "M0 0";
}
