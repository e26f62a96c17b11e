import { completeOptions, text } from "../options.js";
import type { AttentionMap } from "./attentionMap.js";
import { largestWeight } from "./attentionMap.js";
import { greatest } from "./extent.js";
import { abbreviate, labelOf } from "./label.js";
import { element, svgPicture, textElement, textWidth, tooltip } from "./svg.js";

/**
 * An alignment as a picture: the source on top, the target at the left, a cell for each pair, coloured as strongly as its
 * weight is great. Each cell says its pair and its weight when one points at it.
 *
 * @throws InputError for weights that are not [target][source], or a row that is no distribution.
 */
export function attentionSVG(map: AttentionMap, options: { title?: string } = {}): string {
  const { title } = completeOptions("attentionSVG", options, { title: text({ initial: "Attention", empty: true }) });
  const largest = largestWeight(map);
  const [sources, targets] = [map.source.map(labelOf), map.target.map(labelOf)];
  const cell = Math.round(Math.max(17, Math.min(34, 800 / Math.max(sources.length, targets.length))));
  const size = Math.max(11, Math.min(14, cell * 0.6));
  const [above, before] = [sources, targets].map((labels) => labels.map((label) => abbreviate(label, 24))) as [
    string[],
    string[],
  ];
  const widths = above.map((label) => textWidth(label, size));
  // Names that fit their columns stand upright, and few short ones above columns that are as wide as they are; others are turned.
  const upright = Math.max(cell, greatest(widths) + 10);
  const fits = upright <= cell || (upright <= 90 && upright * sources.length <= 640);
  const angle = fits ? 0 : cell >= 1.6 * size ? 45 : 60;
  const column = angle === 0 ? upright : cell;
  const [sin, cos] = [Math.sin((angle * Math.PI) / 180), Math.cos((angle * Math.PI) / 180)];
  const left = 20 + greatest(before.map((label) => textWidth(label, size)));
  const top = 18 + greatest(widths.map((width) => (angle === 0 ? size : width * sin + size * cos)));
  const [width, height] = [sources.length * column, targets.length * cell];
  const overhang = angle === 0 ? 0 : greatest(widths.map((w, s) => (s + 0.5) * column + w * cos + 8 - width));

  const body = [element("rect", { class: "ground", x: left, y: top, width, height, "fill-opacity": 0.45 })];
  for (const [s, label] of above.entries()) {
    const [x, y] = [left + (s + 0.5) * column, top - 7];
    const turned =
      angle === 0
        ? { x, y, "text-anchor": "middle" }
        : // The letters' middle, not their foot, points at the middle of the column.
          { transform: `translate(${(x + size * 0.3 * sin).toFixed(2)} ${y.toFixed(2)}) rotate(-${angle})` };
    const attributes = { class: "ink source", "font-size": size, ...turned };
    body.push(element("g", {}, [tooltip(sources[s] as string), textElement(attributes, label)]));
  }
  for (const [t, label] of before.entries()) {
    const y = top + (t + 0.5) * cell + size * 0.35;
    const attributes = { class: "ink target", x: left - 8, y, "text-anchor": "end", "font-size": size };
    body.push(element("g", {}, [tooltip(targets[t] as string), textElement(attributes, label)]));
    const row = sources.map((source, s) => {
      const weight = map.weights[t]?.[s] as number;
      const place = { x: left + s * column + 0.5, y: top + t * cell + 0.5, width: column - 1, height: cell - 1 };
      const said = tooltip(`${targets[t]} \u2190 ${source}: ${weight.toFixed(3)}`);
      return element("rect", { class: "mark", ...place, "fill-opacity": weight / largest }, said);
    });
    body.push(element("g", { class: "row" }, row));
  }
  body.push(scale(largest, { x: left, y: top + height + 16 }));
  return svgPicture({
    title,
    width: Math.max(left + width + Math.max(16, overhang), left + 215),
    height: top + height + 40,
    body,
  });
}

/** The scale of shades, from 0 to the largest weight of the map. */
function scale(largest: number, { x, y }: { x: number; y: number }): string {
  const [steps, step, from] = [8, 12, x + 56];
  const frame = { x: from, y, width: step * (steps + 1), height: 10 };
  const shades = Array.from({ length: steps + 1 }, (_, i) =>
    element("rect", { ...frame, class: "mark", x: from + i * step, width: step, "fill-opacity": i / steps }),
  );
  const text = (at: number, label: string) => textElement({ class: "soft", x: at, y: y + 9, "font-size": 11 }, label);
  return element("g", {}, [
    text(x, "weight 0"),
    element("rect", { ...frame, class: "ground", "fill-opacity": 0.45 }),
    ...shades,
    text(from + frame.width + 7, largest.toFixed(2)),
  ]);
}
