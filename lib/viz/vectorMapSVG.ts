import { InputError } from "../errors.js";
import { checkOption, completeOptions, double, list, object, optional, text, tuple } from "../options.js";
import type { Range } from "./axes.js";
import { axisTitles, extent, gridLines, niceStep, ticks, widen } from "./axes.js";
import { groupMark, legendOf } from "./groups.js";
import { abbreviate, labelOf } from "./label.js";
import { placeLabels } from "./labelPlacement.js";
import { element, svgPicture, textElement, tooltip } from "./svg.js";
import type { VectorMap } from "./vectorMap.js";

const mapRule = object({
  points: list(
    object({ label: text({ empty: true }), group: optional(text({ empty: true })), x: double(), y: double() }),
  ),
  shares: tuple(double(), double()),
});

const plotWidth = 860;
const left = 74;
const size = 12;
const radius = 4.5;

/**
 * A map of vectors as a picture. Both axes have one scale, so that distances can be compared; each says its share of the
 * variance. Labels never cover each other: those for which there is no room are left out and counted, and every point says its own
 * when one points at it. Groups differ in colour and in shape.
 */
export function vectorMapSVG(map: VectorMap, options: { title?: string } = {}): string {
  const { title } = completeOptions("vectorMapSVG", options, {
    title: text({ initial: "Map of vectors", empty: true }),
  });
  checkOption("vectorMapSVG", "the map", map, mapRule);
  if (map.points.length === 0) throw new InputError("vectorMapSVG: the map has no points.");
  const groups = [...new Set(map.points.flatMap(({ group }) => (group === undefined ? [] : [group])))];
  const legend = legendOf(groups, { x: left, width: plotWidth });
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
  const grid = [
    ...gridLines("x", ticks(x, step), { frame, place: placeX }),
    ...gridLines("y", ticks(y, step), { frame, place: placeY }),
  ];

  const points = map.points.map((point) => ({
    x: placeX(point.x),
    y: placeY(point.y),
    full: labelOf(point.label),
    label: abbreviate(labelOf(point.label), 30),
    group: point.group,
  }));
  const dots = points.map(({ x, y, full, group }) => {
    const said = tooltip(group === undefined ? full : `${full} (${labelOf(group)})`);
    return groupMark(group === undefined ? 0 : groups.indexOf(group), { x, y, content: said });
  });
  const labels = placeLabels(points, { frame, size, radius }).map(({ point, anchor, x, y, width }) => {
    const at = x + { start: 0, middle: width / 2, end: width }[anchor];
    const place = { class: "ink label", x: at, y: y + size, "text-anchor": anchor, "font-size": size };
    return textElement(place, points[point]?.label as string);
  });

  const leftOut = points.length - labels.length;
  const foot = top + plotHeight + 42;
  const axis = (name: string, share: number) => `${name} component, ${(100 * share).toFixed(1)} % of the variance`;
  const names = axisTitles({ frame, x: axis("first", map.shares[0]), y: axis("second", map.shares[1]) });
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
