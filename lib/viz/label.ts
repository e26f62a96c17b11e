import { describe, InputError } from "../errors.js";
import { visible } from "../visible.js";
import { widthOf } from "./terminal.js";

/**
 * A token as a label: a line end is \u21b5, a lone space \u2423, a control character the picture of itself, and whatever else nobody
 * would see is written out. Nothing in it can give orders to a terminal, or turn the direction of what follows.
 */
export function labelOf(token: string): string {
  if (typeof token !== "string") throw new InputError(`expected the text of a token, got ${describe(token)}.`);
  if (token === "") return "\u2205";
  const seen = token
    .replace(/\r?\n/g, "\u21b5")
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
    .replace(/[\u0000-\u001f]/g, (control) => String.fromCodePoint(0x2400 + (control.codePointAt(0) as number)));
  return /^\s+$/u.test(seen) ? seen.replace(/\s/gu, "\u2423") : visible(seen);
}

/** A label of at most `columns` columns, cut with an ellipsis where it has more. */
export function abbreviate(label: string, columns: number): string {
  if (widthOf(label) <= columns) return label;
  let kept = "";
  for (const character of label) {
    if (widthOf(kept + character) > columns - 1) break;
    kept += character;
  }
  return `${kept}\u2026`;
}

/** A label filled up with spaces to `columns` columns, on the right or on the left. */
export function pad(label: string, columns: number, side: "left" | "right" = "right"): string {
  const spaces = " ".repeat(Math.max(0, columns - widthOf(label)));
  return side === "left" ? spaces + label : label + spaces;
}
