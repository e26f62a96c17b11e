import { groupColours } from "./colour.js";
import { abbreviate, labelOf } from "./label.js";
import { element, textElement, textWidth } from "./svg.js";

/** Circle, square, triangle, diamond and triangle upside down, of about one size, around 0. */
const shapes = [
  "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z",
  "M-4 -4h8v8h-8z",
  "M0 -5.2L5 3.8H-5z",
  "M0 -5.6L5.6 0L0 5.6L-5.6 0z",
  "M0 5.2L5 -3.8H-5z",
];

const size = 12;

/** The colour of a group; it comes again after seven. */
export function groupColour(group: number): string {
  return groupColours[group % groupColours.length] as string;
}

/** The mark of a group. Colours and shapes go round in numbers without a common divisor: 35 groups before a mark comes again. */
export function groupMark(group: number, { x, y, content }: { x: number; y: number; content?: string }): string {
  const place = { transform: `translate(${x.toFixed(2)} ${y.toFixed(2)})`, "stroke-width": 0.8 };
  const look = { class: "point cardLine", d: shapes[group % shapes.length], fill: groupColour(group) };
  return element("path", { ...look, ...place }, content);
}

/** The names of groups above a plot that begins at `x`, in as many rows as they need. */
export function legendOf(
  groups: readonly string[],
  { x: left, width: available }: { x: number; width: number },
): { body: string[]; height: number } {
  let [x, row] = [left, 0];
  const body = groups.flatMap((group, g) => {
    const name = abbreviate(labelOf(group), 60);
    const width = 18 + textWidth(name, size) + 18;
    if (x > left && x + width > left + available) [x, row] = [left, row + 1];
    const at = { x: x + 6, y: 22 + row * 20 };
    x += width;
    return [groupMark(g, at), textElement({ class: "ink", x: at.x + 11, y: at.y + 4, "font-size": size }, name)];
  });
  return { body, height: groups.length === 0 ? 0 : 20 + (row + 1) * 20 };
}
