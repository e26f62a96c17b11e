import { checkOption, whole } from "../options.js";
import type { CaptionPicture } from "./captionSVG.js";
import { expectDistributions } from "./captionSVG.js";
import type { ColourDepth } from "./colour.js";
import { background, blue } from "./colour.js";
import { greatest } from "./extent.js";
import { abbreviate, labelOf, pad } from "./label.js";

/** Columns between two grids. */
const gap = 2;

/**
 * A caption in a terminal, no wider than `width`: the sentence, and for each word the grid of the image, the more coloured the more the model
 * looked there. A cell is two characters wide: about a square. Without colour the shades are \u2591\u2592\u2593\u2588.
 *
 * @throws InputError for weights that are not [tokens][regions], or a row that is no distribution.
 */
export function captionTerminal(
  picture: Pick<CaptionPicture, "text" | "tokens" | "attention" | "grid">,
  { depth, width = 80 }: { depth: ColourDepth; width?: number },
): string {
  checkOption("captionTerminal", "width", width, whole({ minimum: 10 }));
  expectDistributions("captionTerminal", picture);
  const { text, tokens, attention, grid } = picture;
  const cell = 2 * grid.columns + gap <= width ? 2 : 1;
  const block = Math.max(cell * grid.columns, 6) + gap;
  const across = Math.max(1, Math.floor((width + gap) / block));
  const lines = [labelOf(text)];
  for (let from = 0; from < tokens.length; from += across) {
    const shown = tokens.slice(from, from + across);
    lines.push(
      "",
      shown
        .map((token) => pad(abbreviate(labelOf(token), block - gap), block))
        .join("")
        .trimEnd(),
    );
    for (let row = 0; row < grid.rows; row++) {
      const cells = shown.map((_, i) => {
        const weights = attention[from + i] as ArrayLike<number>;
        const own = Array.from(weights).slice(row * grid.columns, (row + 1) * grid.columns);
        const largest = greatest(Array.from(weights));
        const shades = own.map((weight) => shade(weight / largest, { cell, depth })).join("");
        return shades + " ".repeat(block - cell * grid.columns);
      });
      lines.push(cells.join("").trimEnd());
    }
  }
  return lines.join("\n");
}

/** A cell by its share of the largest weight. */
function shade(share: number, { cell, depth }: { cell: number; depth: ColourDepth }): string {
  if (depth === 0) return ("\u00b7\u2591\u2592\u2593\u2588"[Math.round(share * 4)] as string).repeat(cell);
  const colour = background(blue, share, depth);
  return colour === "" ? "\u00b7".repeat(cell) : `${colour}${" ".repeat(cell)}\u001b[0m`;
}
