import { OptionError } from "../errors.js";
import { checkOption, completeOptions, list, object, text, value } from "../options.js";
import type { AttentionMap } from "./attentionMap.js";
import { largestWeight } from "./attentionMap.js";
import { greatest } from "./extent.js";
import { abbreviate, labelOf } from "./label.js";
import { element, svgPicture, textElement, textWidth, tooltip } from "./svg.js";

/** The attention of several heads to the same tokens. */
export interface AttentionHeads {
  /** Where they stand: "block 1". */
  name: string;
  /** Tokens that are looked at, as a person should read them. */
  source: readonly string[];
  /** Tokens that look. */
  target: readonly string[];
  /** For each head [target][source], each row a distribution. */
  heads: readonly AttentionMap["weights"][];
}

const token = text({ empty: true });
const isList = (entry: unknown) => Array.isArray(entry) || ArrayBuffer.isView(entry);
const headsRule = list(
  object(
    {
      name: token,
      source: list(token),
      target: list(token),
      heads: list(value("rows of weights", (rows) => Array.isArray(rows) && rows.every(isList))),
    },
    { open: true },
  ),
);

const gap = 12;

/**
 * Which word looks at which, by head (Vaswani et al. 2017, figures 3 to 5): a line of squares for each block, in it one for each head,
 * with the tokens that look at the left and those that are looked at on top. The stronger the colour, the greater the weight.
 *
 * @throws OptionError for what is no such list; InputError for weights that are not [target][source], or a row that is no distribution.
 */
export function headsSVG(blocks: readonly AttentionHeads[], options: { title?: string } = {}): string {
  const { title } = completeOptions("headsSVG", options, {
    title: text({ initial: "which token looks at which, by head", empty: true }),
  });
  checkOption("headsSVG", "blocks", blocks, headsRule);
  if (blocks.length === 0) {
    throw new OptionError("headsSVG: expected blocks to be an array of heads with at least one element.");
  }
  const drawn = blocks.map(blockOf);
  let top = 10;
  const body = drawn.flatMap(({ height, draw }) => {
    const parts = draw(top);
    top += height;
    return parts;
  });
  return svgPicture({ title, width: greatest(drawn.map(({ width }) => width)) + 10, height: top, body });
}

/** A line of squares: its size, and its parts where it begins at a height. */
function blockOf({ name, source, target, heads }: AttentionHeads): {
  width: number;
  height: number;
  draw: (top: number) => string[];
} {
  const cell = Math.max(5, Math.min(13, Math.round(150 / Math.max(source.length, target.length))));
  const size = Math.max(6, Math.min(11, cell));
  const [sources, targets] = [source, target].map((tokens) => tokens.map((one) => labelOf(one))) as [
    string[],
    string[],
  ];
  const [above, before] = [sources, targets].map((labels) => labels.map((label) => abbreviate(label, 14))) as [
    string[],
    string[],
  ];
  const left = 16 + greatest(before.map((label) => textWidth(label, size)));
  const head = 42 + greatest(above.map((label) => textWidth(label, size)));
  const [w, h] = [source.length * cell, target.length * cell];
  const square = (weights: AttentionMap["weights"], i: number, y: number) => {
    const x = left + i * (w + gap);
    const largest = largestWeight({ source, target, weights });
    const labels = above.map((label, s) => {
      const at = `translate(${(x + (s + 0.5) * cell + size * 0.35).toFixed(2)} ${(y - 4).toFixed(2)}) rotate(-90)`;
      return textElement({ class: "soft", "font-size": size, transform: at }, label);
    });
    const cells = weights.flatMap((row, t) =>
      sources.flatMap((label, s) => {
        const weight = row[s] as number;
        // Most of a square is nothing.
        if (weight < 0.005) return [];
        const place = { x: x + s * cell, y: y + t * cell, width: cell - 0.5, height: cell - 0.5 };
        const said = tooltip(`head ${i + 1}: ${targets[t]} \u2190 ${label}: ${weight.toFixed(3)}`);
        return [element("rect", { class: "mark", ...place, "fill-opacity": weight / largest }, said)];
      }),
    );
    return [
      textElement(
        { class: "ink", x: x + w / 2, y: y - head + 30, "text-anchor": "middle", "font-size": 11 },
        `head ${i + 1}`,
      ),
      element("rect", { class: "ground", x, y, width: w, height: h, "fill-opacity": 0.45 }),
      ...labels,
      ...cells,
    ];
  };
  return {
    width: Math.max(left + heads.length * (w + gap), textWidth(name, 13) + 20),
    height: head + h + 14,
    draw: (top) => [
      textElement({ class: "ink", x: 10, y: top + 12 }, abbreviate(labelOf(name), 80)),
      ...before.map((label, t) =>
        textElement(
          {
            ...{ class: "soft", "font-size": size, "text-anchor": "end" },
            ...{ x: left - 6, y: top + head + (t + 0.5) * cell + size * 0.35 },
          },
          label,
        ),
      ),
      ...heads.flatMap((weights, i) => square(weights, i, top + head)),
    ],
  };
}
