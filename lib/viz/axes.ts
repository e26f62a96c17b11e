import { element, textElement } from "./svg.js";

/** An interval of values along one axis. */
export interface Range {
  low: number;
  high: number;
}

/** The smallest interval that holds all values. */
export function extent(values: readonly number[]): Range {
  return { low: values.reduce((a, b) => Math.min(a, b)), high: values.reduce((a, b) => Math.max(a, b)) };
}

/** Makes an interval `length` long, its middle where it was. */
export function widen(range: Range, length: number): void {
  const more = (length - (range.high - range.low)) / 2;
  range.low -= more;
  range.high += more;
}

/** The smallest of 1, 2 or 5 times a power of ten that is not below `least`. */
export function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5].find((times) => times * power >= least) ?? 10) * power;
}

/** The multiples of a step inside an interval. */
export function ticks({ low, high }: Range, step: number): number[] {
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) => (first + i) * step);
}

/**
 * Ticks of a logarithmic interval: 1, 2 and 5 times powers of ten, or the powers alone where those would crowd; those of a
 * linear one where the interval holds fewer than three.
 */
export function logarithmicTicks({ low, high }: Range): number[] {
  const powers = ticks({ low: Math.floor(Math.log10(low)), high: Math.ceil(Math.log10(high)) }, 1);
  const times = powers.length > 4 ? [1] : [1, 2, 5];
  const values = powers
    .flatMap((power) => times.map((factor) => factor * 10 ** power))
    .filter((value) => value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9));
  return values.length >= 3 ? values : ticks({ low, high }, niceStep((high - low) / 6));
}

/** Where a plot lies in its picture, in pixels. */
export interface Frame {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** One grid line across the plot for each tick, with its value below or left of the plot. */
export function gridLines(
  axis: "x" | "y",
  values: readonly number[],
  { frame, place }: { frame: Frame; place: (value: number) => number },
): string[] {
  const { x, y, width, height } = frame;
  return values.flatMap((value) => {
    const at = place(value);
    const [from, line, label] =
      axis === "x"
        ? [`${at.toFixed(2)} ${y.toFixed(2)}`, `v${height.toFixed(2)}`, { x: at, y: y + height + 18 }]
        : [`${x.toFixed(2)} ${at.toFixed(2)}`, `h${width.toFixed(2)}`, { x: x - 8, y: at + 4 }];
    const anchor = axis === "x" ? "middle" : "end";
    return [
      element("path", { class: "faintLine", d: `M${from}${line}` }),
      textElement({ class: "soft", ...label, "font-size": 11, "text-anchor": anchor }, tickLabel(value)),
    ];
  });
}

/** The titles of both axes, below and left of the plot. */
export function axisTitles({ frame, x, y }: { frame: Frame; x: string; y: string }): string[] {
  const [foot, middle] = [frame.y + frame.height + 42, frame.y + frame.height / 2];
  const turned = `translate(20 ${middle.toFixed(2)}) rotate(-90)`;
  return [
    textElement({ class: "ink", x: frame.x + frame.width / 2, y: foot, "text-anchor": "middle" }, x),
    textElement({ class: "ink", "text-anchor": "middle", transform: turned }, y),
  ];
}

function tickLabel(value: number): string {
  const rounded = Number(value.toPrecision(6)) || 0;
  const text = Math.abs(rounded) >= 10_000 ? rounded.toLocaleString("en-US") : String(rounded);
  return text.replace("-", "\u2212");
}
