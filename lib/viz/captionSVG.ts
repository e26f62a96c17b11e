import { InputError } from "../errors.js";
import type { OptionsOf } from "../options.js";
import { completeOptions, list, object, optional, table, text, value, whole } from "../options.js";
import { greatest } from "./extent.js";
import { abbreviate, labelOf } from "./label.js";
import { decimal, element, svgPicture, textElement, textWidth, tooltip } from "./svg.js";

const side = whole({ minimum: 1, maximum: 1024 });

const photoRule = object({
  /** The photo itself: "data:image/png;base64,..." or JPEG. */
  href: value<string>("a PNG or JPEG as a data: URI", (href) => {
    return typeof href === "string" && /^data:image\/(png|jpeg);base64,[A-Za-z0-9+/]+=*$/.test(href);
  }),
  width: whole({ minimum: 1 }),
  height: whole({ minimum: 1 }),
});

const captionRules = {
  text: text({ empty: true }),
  tokens: list(text({ empty: true })),
  attention: list(
    value<ArrayLike<number>>("an array of numbers", (row) => Array.isArray(row) || ArrayBuffer.isView(row)),
  ),
  grid: object({ rows: side, columns: side }),
  photo: optional(photoRule),
};

/** A caption, and where the model looked for each of its words: figure 3 of Xu et al. (2015). */
export interface CaptionPicture {
  text: string;
  /** The words, as a person should read them. */
  tokens: readonly string[];
  /** [tokens][regions], row by row of the grid, each a distribution. */
  attention: readonly ArrayLike<number>[];
  grid: { rows: number; columns: number };
  /** The photo that the grid covers, as a data: URI. Default: none, only the grid is drawn. */
  photo?: { href: string; width: number; height: number } | undefined;
}

const rules = table("captionSVG", {
  /** Pictures in a row. Default 6. */
  columns: whole({ minimum: 1, maximum: 40, initial: 6 }),
});

/** Options of `captionSVG`. @interface */
export type CaptionPictureOptions = OptionsOf<typeof rules>;

const [longSide, gap, label, title] = [112, 12, 18, 30];

/**
 * A caption as a picture: the sentence, the photo, and the photo once for each word, dark where the model did not look. A region says about
 * its weight when one points at it.
 *
 * @throws OptionError for what is no caption; InputError for weights that are not [tokens][regions], or a row that is no distribution.
 */
export function captionSVG(picture: CaptionPicture, options: CaptionPictureOptions = {}): string {
  const { columns: across } = completeOptions("captionSVG", options, rules);
  completeOptions("captionSVG", picture, captionRules);
  expectDistributions("captionSVG", picture);
  const { text: sentence, tokens, attention, grid, photo } = picture;
  const shape = photo ? photo.width / photo.height : grid.columns / grid.rows;
  const [width, height] = shape >= 1 ? [longSide, longSide / shape] : [longSide * shape, longSide];
  const cell = { width: Math.max(width, longSide * 0.6), height: height + label + gap };
  const body = [textElement({ class: "ink", x: gap, y: 20, "font-size": 15 }, sentence)];
  for (const [i, token] of [null, ...tokens].entries()) {
    const [x, y] = [gap + (i % across) * (cell.width + gap), title + Math.floor(i / across) * cell.height];
    const name = token === null ? "" : abbreviate(labelOf(token), 16);
    const parts = [textElement({ class: "ink", x, y: y + 12, "font-size": 12 }, name)];
    const frame = { x, y: y + label, width, height };
    parts.push(photo ? imageOf(photo, frame) : element("rect", { ...frame, class: "ground" }));
    if (token !== null) parts.push(...shades(attention[i - 1] as ArrayLike<number>, grid, frame, photo !== undefined));
    body.push(element("g", { class: "word" }, parts));
  }
  const rowsOfWords = Math.ceil((tokens.length + 1) / across);
  return svgPicture({
    title: sentence.trim() === "" ? "A caption" : sentence,
    width: Math.max(2 * gap + textWidth(sentence, 15), gap + Math.min(across, tokens.length + 1) * (cell.width + gap)),
    height: title + rowsOfWords * cell.height + gap,
    body,
  });
}

function imageOf(photo: NonNullable<CaptionPicture["photo"]>, frame: Record<"x" | "y" | "width" | "height", number>) {
  // Few pixels are shown as they are.
  const style = Math.max(photo.width, photo.height) < longSide ? "image-rendering: pixelated" : undefined;
  return element("image", { ...frame, href: photo.href, preserveAspectRatio: "none", style });
}

/** Shades that weights are drawn in. */
const levels = 16;

/** The regions of one word: over a photo those with little weight are dark, without one those with much are coloured. */
function shades(
  weights: ArrayLike<number>,
  { rows, columns }: CaptionPicture["grid"],
  frame: Record<"x" | "y" | "width" | "height", number>,
  dark: boolean,
): string[] {
  const values = Array.from(weights);
  const largest = greatest(values);
  const [width, height] = [frame.width / columns, frame.height / rows];
  const [w, h] = [decimal(width), decimal(height)];
  // The regions of one shade are one path: pictures of many words stay small.
  const paths = new Map<number, string>();
  for (const [s, weight] of values.entries()) {
    const level = Math.round((levels * weight) / largest);
    const [x, y] = [frame.x + (s % columns) * width, frame.y + Math.floor(s / columns) * height];
    const cell = `M${decimal(x)} ${decimal(y)}h${w}v${h}h-${w}z`;
    paths.set(level, (paths.get(level) ?? "") + cell);
  }
  return [...paths].map(([level, d]) => {
    const share = level / levels;
    const look = dark
      ? { fill: "#000000", "fill-opacity": 0.8 * (1 - share) }
      : { class: "mark", "fill-opacity": share };
    return element("path", { d, ...look }, tooltip(`weight ${(share * largest).toFixed(3)}`));
  });
}

/** @throws InputError for weights that are not [tokens][regions], or a row that is no distribution. */
export function expectDistributions(
  owner: string,
  { tokens, attention, grid }: Pick<CaptionPicture, "tokens" | "attention" | "grid">,
): void {
  const regions = grid.rows * grid.columns;
  if (attention.length < tokens.length) {
    throw new InputError(
      `${owner}: expected weights for each of ${tokens.length} words, got ${attention.length} rows.`,
    );
  }
  for (const [t, row] of attention.entries()) {
    const values = Array.from(row);
    const sum = values.reduce((total, weight) => total + weight, 0);
    const fits = values.length === regions && values.every((weight) => weight >= 0 && weight <= 1.01);
    if (fits && Math.abs(sum - 1) <= 0.01) continue;
    throw new InputError(
      `${owner}: row ${t} of the weights is no distribution over ${regions} regions: ${values.length} numbers whose sum is ${sum.toFixed(4)}.`,
    );
  }
}
