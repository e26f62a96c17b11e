import { checkOption, whole } from "../options.js";
import type { AttentionMap } from "./attentionMap.js";
import { largestWeight } from "./attentionMap.js";
import { background, blue, type ColourDepth } from "./colour.js";
import { greatest } from "./extent.js";
import { abbreviate, labelOf, pad } from "./label.js";
import { widthOf } from "./terminal.js";

/**
 * An alignment in a terminal, no wider than `width`: rows are target tokens; columns are source tokens, by name where there is
 * room, else by number with a key below. Many columns are laid out in several grids. Without colour the shades are
 * \u2591\u2592\u2593\u2588.
 *
 * @throws InputError for weights that are not [target][source], or a row that is no distribution.
 */
export function attentionTerminal(
  map: AttentionMap,
  { depth, width = 80 }: { depth: ColourDepth; width?: number },
): string {
  checkOption("attentionTerminal", "width", width, whole({ minimum: 40 }));
  const largest = largestWeight(map);
  const [sources, targets] = [map.source.map(labelOf), map.target.map(labelOf)];
  // Names of targets may take a quarter of the width, less where that saves a second grid.
  const widest = Math.max(8, Math.min(Math.floor(width / 4), width - 1 - sources.length));
  const left = Math.min(widest, greatest(targets.map(widthOf)));
  const room = Math.max(1, width - left - 1);
  const grids = Math.ceil(sources.length / room);
  const columns = Math.ceil(sources.length / grids);
  // Room for a few letters makes names; less makes numbers.
  const named = Math.floor(room / columns) >= 6;
  const cell = Math.min(Math.floor(room / columns), named ? Math.max(4, greatest(sources.map(widthOf))) + 1 : 3);

  const lines: string[] = [];
  for (let from = 0; from < sources.length; from += columns) {
    const shown = Array.from({ length: Math.min(columns, sources.length - from) }, (_, i) => from + i);
    const head = named
      ? [shown.map((s) => pad(abbreviate(sources[s] as string, cell - 1), cell)).join("")]
      : numbers(shown, cell);
    if (from > 0) lines.push("");
    for (const line of head) lines.push(`${" ".repeat(left)} ${line}`.trimEnd());
    for (const [t, target] of targets.entries()) {
      const cells = shown.map((s) => shade((map.weights[t]?.[s] as number) / largest, { cell, depth }));
      lines.push(`${pad(abbreviate(target, left), left)} ${cells.join("")}`.trimEnd());
    }
  }
  const key = sources.map((source, s) => abbreviate(`${s + 1} ${source}`, width));
  const steps = [0, 0.25, 0.5, 0.75, 1].map((share) => shade(share, { cell: 3, depth })).join("");
  return [...lines, "", ...(named ? [] : filled(key, width)), `0 ${steps}${largest.toFixed(2)}`].join("\n");
}

/** One cell, a space after it where there is room. The shade without colour is that of the nearest quarter. */
function shade(share: number, { cell, depth }: { cell: number; depth: ColourDepth }): string {
  const [inner, gap] = cell > 2 ? [cell - 1, " "] : [cell, ""];
  if (depth === 0) {
    const mark = "\u00b7\u2591\u2592\u2593\u2588"[Math.round(share * 4)] as string;
    return (mark === "\u00b7" ? pad(mark, inner) : mark.repeat(inner)) + gap;
  }
  const colour = background(blue, share, depth);
  return (colour === "" ? pad("\u00b7", inner) : `${colour}${" ".repeat(inner)}\u001b[0m`) + gap;
}

/** Numbers of columns, from 1; where they are narrower than two digits, the tens stand above the units. */
function numbers(shown: readonly number[], cell: number): string[] {
  const names = shown.map((s) => String(s + 1));
  if (cell > 2) return [names.map((name) => pad(name, cell)).join("")];
  const tens = names.map((name) => pad(name.endsWith("0") ? name.slice(-2, -1) : "", cell)).join("");
  return [...(tens.trim() ? [tens] : []), names.map((name) => pad(name.slice(-1), cell)).join("")];
}

/** Entries one after another, as many to a line as fit. */
function filled(entries: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const entry of entries) {
    const line = lines.at(-1);
    if (line !== undefined && widthOf(line) + 2 + widthOf(entry) <= width)
      lines[lines.length - 1] = `${line}  ${entry}`;
    else lines.push(entry);
  }
  return lines;
}
