import { InputError } from "../errors.js";
import { completeOptions, list, optional, text, value } from "../options.js";
import { abbreviate, labelOf } from "./label.js";
import { decimal, element, svgPicture, textElement, textWidth, tooltip } from "./svg.js";

/** The labels of the frames of a sequence: how likely each is, and which are true. */
export interface FramePicture {
  name: string;
  /** [C] */
  labels: readonly string[];
  /** [T,C], row by row of the frames. */
  probabilities: ArrayLike<number>;
  /** [T] the true label of each frame, or a list of them; null for a frame that has none. Default: nobody knows them. */
  truth?: readonly (string | readonly string[] | null)[];
}

const isLabel = (label: unknown) => label === null || [label].flat().every((name) => typeof name === "string");

const pictureRules = {
  name: text({ empty: true }),
  labels: list(text({ empty: true })),
  probabilities: value<ArrayLike<number>>(
    "an array of numbers",
    (row) => Array.isArray(row) || (ArrayBuffer.isView(row) && !(row instanceof DataView)),
  ),
  truth: optional(list(value<string | readonly string[] | null>("a label, a list of them, or null", isLabel))),
};

/** Frames that are drawn, and probabilities that are seen. */
const [mostFrames, least] = [240, 0.05];

const [cellWidth, cellHeight, title, foot] = [7, 11, 30, 22];

/**
 * Labels over time as a picture (SVG), for music a piano roll: a row for each label that is likely or true somewhere, the last of them on top,
 * and the likelier the darker; true ones are framed. A place says its label, frame and probability when one points at it. Of a longer sequence the
 * first 240 frames are drawn.
 * @throws OptionError for what is no such sequence, InputError for probabilities that are not [T,C].
 */
export function frameSVG(picture: FramePicture): string {
  const { name, labels, probabilities, truth } = completeOptions("frameSVG", picture, pictureRules);
  const C = labels.length;
  const T = Math.min(probabilities.length / C, mostFrames);
  const isShare = (p: number) => typeof p === "number" && p >= 0 && p <= 1.000001;
  if (!Number.isInteger(probabilities.length / C) || T === 0 || !Array.from(probabilities).every(isShare)) {
    throw new InputError(`frameSVG: expected probabilities [T,C] of ${C} labels, from 0 to 1.`);
  }
  const likely = (t: number, c: number) => Math.min(1, probabilities[t * C + c] as number);
  const isTrue = (t: number, c: number) => [truth?.[t] ?? []].flat().includes(labels[c] as string);
  const frames = Array.from({ length: T }, (_, t) => t);
  const rows = Array.from({ length: C }, (_, i) => C - 1 - i).filter((c) =>
    frames.some((t) => likely(t, c) >= 0.5 || isTrue(t, c)),
  );
  const written = rows.map((c) => abbreviate(labelOf(labels[c] as string), 20));
  const left = Math.max(40, ...written.map((label) => textWidth(label, 10) + 16));
  const body = rows.flatMap((c, row) => {
    const y = title + row * cellHeight;
    const cellOf = (t: number) => {
      const p = likely(t, c);
      const place = { x: left + t * cellWidth, y, width: cellWidth, height: cellHeight - 1 };
      const say = tooltip(`${labelOf(labels[c] as string)}, frame ${t + 1}: ${decimal(p)}`);
      return [
        ...(p >= least ? [element("rect", { class: "mark", ...place, "fill-opacity": p }, say)] : []),
        ...(isTrue(t, c) ? [element("rect", { class: "line", ...place, fill: "none" })] : []),
      ];
    };
    return [
      textElement(
        { class: "soft", "font-size": 10, x: left - 6, y: y + cellHeight - 2, "text-anchor": "end" },
        written[row] as string,
      ),
      ...frames.flatMap(cellOf),
    ];
  });
  const bottom = title + rows.length * cellHeight;
  const marks = frames.filter((t) => t === 0 || (t + 1) % 20 === 0);
  return svgPicture({
    title: name,
    width: left + T * cellWidth + 12,
    height: bottom + foot,
    body: [
      textElement({ class: "ink", x: 12, y: 19 }, abbreviate(labelOf(name), 60)),
      ...body,
      ...marks.map((t) =>
        textElement(
          { class: "soft", "font-size": 10, x: left + (t + 0.5) * cellWidth, y: bottom + 14, "text-anchor": "middle" },
          String(t + 1),
        ),
      ),
    ],
  });
}
