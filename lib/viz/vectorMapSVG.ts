import { groupColours } from "./colour.js";
import { abbreviate, labelOf } from "./label.js";
import { placeLabels } from "./labelPlacement.js";
import { element, svgPicture, textElement, textWidth, tooltip } from "./svg.js";
import type { VectorMap } from "./vectorMap.js";

const plotWidth = 860;
const left = 74;
const size = 12;
const radius = 4.5;

/**
 * A map of vectors as a picture. Both axes have one scale, so that distances can be compared; each says its share of the
 * variance. Labels never cover each other: those for which there is no room are left out and counted, and every point says its own
 * when one points at it. Groups differ in colour and in shape.
 */
export function vectorMapSVG(map: VectorMap, { title = "Map of vectors" }: { title?: string } = {}): string {
  const groups = [...new Set(map.points.flatMap(({ group }) => (group === undefined ? [] : [group])))];
  const legend = legendOf(groups);
  const [x, y] = (["x", "y"] as const).map((axis) => extent(map.points.map((point) => point[axis]))) as [Range, Range];
  const room = 0.12 * (Math.max(x.high - x.low, y.high - y.low) || 1);
  widen(x, x.high - x.low + room);
  widen(y, y.high - y.low + room);
  // One scale for both, and a picture that is neither a stripe nor a tower.
  const plotHeight = Math.max(320, Math.min(640, plotWidth * ((y.high - y.low) / (x.high - x.low))));
  const unit = Math.max((x.high - x.low) / plotWidth, (y.high - y.low) / plotHeight);
  widen(x, unit * plotWidth);
  widen(y, unit * plotHeight);
  const top = legend.height + 18;
  const frame = { x: left, y: top, width: plotWidth, height: plotHeight };
  const placeX = (value: number) => left + (value - x.low) / unit;
  const placeY = (value: number) => top + (y.high - value) / unit;

  const step = niceStep(unit * 100);
  const grid: string[] = [];
  for (const value of ticks(x, step)) {
    const at = placeX(value);
    grid.push(element("path", { class: "faintLine", d: vertical(at, top, plotHeight) }));
    const place = { class: "soft", x: at, y: top + plotHeight + 18, "font-size": 11, "text-anchor": "middle" };
    grid.push(textElement(place, tickLabel(value)));
  }
  for (const value of ticks(y, step)) {
    const at = placeY(value);
    grid.push(element("path", { class: "faintLine", d: horizontal(at, left, plotWidth) }));
    const place = { class: "soft", x: left - 8, y: at + 4, "font-size": 11, "text-anchor": "end" };
    grid.push(textElement(place, tickLabel(value)));
  }

  const points = map.points.map((point) => ({
    x: placeX(point.x),
    y: placeY(point.y),
    full: labelOf(point.label),
    label: abbreviate(labelOf(point.label), 30),
    group: point.group,
  }));
  const dots = points.map(({ x, y, full, group }) => {
    const said = tooltip(group === undefined ? full : `${full} (${labelOf(group)})`);
    return mark(group === undefined ? 0 : groups.indexOf(group), { x, y, content: said });
  });
  const labels = placeLabels(points, { frame, size, radius }).map(({ point, anchor, x, y, width }) => {
    const at = x + { start: 0, middle: width / 2, end: width }[anchor];
    const place = { class: "ink label", x: at, y: y + size, "text-anchor": anchor, "font-size": size };
    return textElement(place, points[point]?.label as string);
  });

  const leftOut = points.length - labels.length;
  const foot = top + plotHeight + 42;
  const axis = (name: string, share: number) => `${name} component, ${(100 * share).toFixed(1)} % of the variance`;
  const middle = top + plotHeight / 2;
  const names = [
    textElement(
      { class: "ink", x: left + plotWidth / 2, y: foot, "text-anchor": "middle" },
      axis("first", map.shares[0]),
    ),
    textElement(
      { class: "ink", "text-anchor": "middle", transform: `translate(20 ${middle.toFixed(2)}) rotate(-90)` },
      axis("second", map.shares[1]),
    ),
  ];
  const note = leftOut === 0 ? [] : [`${leftOut} of ${points.length} labels left out for want of room.`];
  return svgPicture({
    title,
    width: left + plotWidth + 20,
    height: foot + 16 + note.length * 18,
    body: [
      ...legend.body,
      element("rect", { ...frame, class: "softLine", fill: "none", "stroke-opacity": 0.5 }),
      ...grid,
      ...dots,
      ...labels,
      ...names,
      ...note.map((text) => textElement({ class: "soft", x: left, y: foot + 20, "font-size": 11.5 }, text)),
    ],
  });
}

interface Range {
  low: number;
  high: number;
}

function extent(values: readonly number[]): Range {
  return { low: values.reduce((a, b) => Math.min(a, b)), high: values.reduce((a, b) => Math.max(a, b)) };
}

function widen(range: Range, length: number): void {
  const more = (length - (range.high - range.low)) / 2;
  range.low -= more;
  range.high += more;
}

/** 1, 2 or 5 times a power of ten, not below what is asked for. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5].find((times) => times * power >= least) ?? 10) * power;
}

function ticks({ low, high }: Range, step: number): number[] {
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.max(0, Math.floor(high / step) - first + 1) }, (_, i) => (first + i) * step);
}

function tickLabel(value: number): string {
  return String(Number(value.toPrecision(6)) || 0).replace("-", "\u2212");
}

function vertical(x: number, from: number, length: number): string {
  return `M${x.toFixed(2)} ${from.toFixed(2)}v${length.toFixed(2)}`;
}

function horizontal(y: number, from: number, length: number): string {
  return `M${from.toFixed(2)} ${y.toFixed(2)}h${length.toFixed(2)}`;
}

/** Circle, square, triangle, diamond and triangle upside down, of about one size, around 0. */
const shapes = [
  "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z",
  "M-4 -4h8v8h-8z",
  "M0 -5.2L5 3.8H-5z",
  "M0 -5.6L5.6 0L0 5.6L-5.6 0z",
  "M0 5.2L5 -3.8H-5z",
];

/** Colours and shapes go round in numbers without a common divisor: 35 groups before a mark comes again. */
function mark(group: number, { x, y, content }: { x: number; y: number; content?: string }): string {
  const place = { transform: `translate(${x.toFixed(2)} ${y.toFixed(2)})`, "stroke-width": 0.8 };
  const look = {
    class: "point cardLine",
    d: shapes[group % shapes.length],
    fill: groupColours[group % groupColours.length],
  };
  return element("path", { ...look, ...place }, content);
}

/** The groups above the plot, in as many rows as they need. */
function legendOf(groups: readonly string[]): { body: string[]; height: number } {
  let [x, row] = [left, 0];
  const body = groups.flatMap((group, g) => {
    const name = abbreviate(labelOf(group), 30);
    const width = 18 + textWidth(name, size) + 18;
    if (x > left && x + width > left + plotWidth) [x, row] = [left, row + 1];
    const at = { x: x + 6, y: 22 + row * 20 };
    x += width;
    return [mark(g, at), textElement({ class: "ink", x: at.x + 11, y: at.y + 4, "font-size": size }, name)];
  });
  return { body, height: groups.length === 0 ? 0 : 20 + (row + 1) * 20 };
}
