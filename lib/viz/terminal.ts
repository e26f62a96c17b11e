import { visible } from "../visible.js";
import { background, blue, type ColourDepth, red } from "./colour.js";
import { greatest, least } from "./extent.js";

/**
 * A text with a coloured background for each token: blue for negative, red for positive values, full at `limit`.
 * Without colour, runs of tokens beyond half the limit are marked: [+tokens] and [-tokens].
 */
export function colourText(
  tokens: readonly string[],
  values: ArrayLike<number>,
  { limit = largest(values), depth, width }: { limit?: number; depth: ColourDepth; width: number },
): string {
  const signs = Array.from(tokens, (_, t) => {
    const share = Math.max(-1, Math.min(1, (values[t] as number) / (limit || 1)));
    return { share, sign: Math.abs(share) > 0.5 ? Math.sign(share) : 0 };
  });
  let out = "";
  let column = 0;
  const newLine = () => {
    out += "\n";
    column = 0;
  };
  for (const [t, token] of tokens.entries()) {
    const { share, sign } = signs[t] as (typeof signs)[number];
    const [shown = "", ...breaks] = visible(token).replaceAll("\t", " ").split("\n");
    const opens = depth === 0 && sign !== 0 && (column === 0 || signs[t - 1]?.sign !== sign);
    const closes = depth === 0 && sign !== 0 && (breaks.length > 0 || signs[t + 1]?.sign !== sign);
    const open = sign > 0 ? "[+" : "[-";
    // A run that goes on over the end of a line is closed there and opened again.
    const needed = widthOf(shown) + (opens ? 2 : 0) + (depth === 0 && sign !== 0 ? 1 : 0);
    if (column > 0 && column + needed > width) {
      if (depth === 0 && sign !== 0 && !opens) out += "]";
      newLine();
    }
    const first = opens || (depth === 0 && sign !== 0 && column === 0);
    const marked = `${first ? open : ""}${shown}${closes ? "]" : ""}`;
    out += depth === 0 ? marked : `${signed(share, depth)}${shown}\u001b[0m`;
    column += depth === 0 ? widthOf(marked) : widthOf(shown);
    if (breaks.length > 0) newLine();
  }
  return out;
}

/** The meaning of the colours, on one line. @param ends words for the smallest and the largest value. Default: the numbers. */
export function legend(limit: number, depth: ColourDepth, ends?: readonly [string, string]): string {
  if (depth === 0 && ends) return `[+ ] ${ends[1]}   [- ] ${ends[0]}`;
  if (depth === 0) return `[+ ] above ${(limit / 2).toFixed(2)}   [- ] below ${(-limit / 2).toFixed(2)}`;
  const steps = [-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1];
  const bar = steps.map((share) => `${signed(share, depth)}  \u001b[0m`).join("");
  const [low, high] = ends ?? [(-limit).toFixed(2), limit.toFixed(2)];
  return `${low} ${bar} ${high}`;
}

/** A curve as a few lines of block characters. */
export function blockChart(values: readonly number[], { width, height }: { width: number; height: number }): string {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return "";
  const columns = Math.min(width - 9, finite.length);
  const points = Array.from({ length: columns }, (_, c) => {
    const part = finite.slice(
      Math.floor((c * finite.length) / columns),
      Math.max(Math.floor(((c + 1) * finite.length) / columns), 1),
    );
    return part.reduce((sum, value) => sum + value, 0) / Math.max(1, part.length);
  });
  const [low, high] = [least(points), greatest(points)];
  const blocks = " \u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588";
  return Array.from({ length: height }, (_, row) => {
    const floor = height - 1 - row;
    const line = points.map((value) => {
      const filled = ((value - low) / (high - low || 1)) * height - floor;
      return blocks[Math.max(floor === 0 ? 1 : 0, Math.min(8, Math.round(filled * 8)))];
    });
    const label = row === 0 ? high.toFixed(3) : row === height - 1 ? low.toFixed(3) : "";
    return `${label.padStart(8)} ${line.join("")}`;
  }).join("\n");
}

/** Columns that a text takes in a terminal: East Asian wide characters take two, combining marks none. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/\p{Mark}/u.test(character)) continue;
    width += wide.test(character) ? 2 : 1;
  }
  return width;
}

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u;

function largest(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i] as number));
  return largest;
}

/** Blue for negative, red for positive shares. */
function signed(share: number, depth: 24 | 8): string {
  return background(share > 0 ? red : blue, Math.abs(share), depth);
}
