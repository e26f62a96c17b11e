import { widthOf } from "./terminal.js";

/**
 * A token as a label: what nobody would see gets a sign, so that a newline is \u21b5 and a lone blank \u2423. Control characters
 * become pictures of themselves: none can reach a terminal, and none can turn the direction of what follows.
 */
export function labelOf(token: string): string {
  if (token === "") return "\u2205";
  const seen = token
    .replace(/\r?\n/g, "\u21b5")
    .replace(/[\u202a-\u202e\u2066-\u2069\u0080-\u009f\u007f]/g, "\ufffd")
    .replace(/\p{Cc}/gu, (control) => String.fromCodePoint(0x2400 + (control.codePointAt(0) as number)));
  return /^\s+$/u.test(seen) ? seen.replace(/\s/gu, "\u2423") : seen;
}

/** A label of at most so many columns, cut with an ellipsis where it has more. */
export function abbreviate(label: string, columns: number): string {
  if (widthOf(label) <= columns) return label;
  let kept = "";
  for (const character of label) {
    if (widthOf(kept + character) > columns - 1) break;
    kept += character;
  }
  return `${kept}\u2026`;
}

/** Filled up with blanks to so many columns, on the right or on the left. */
export function pad(label: string, columns: number, side: "left" | "right" = "right"): string {
  const blanks = " ".repeat(Math.max(0, columns - widthOf(label)));
  return side === "left" ? blanks + label : label + blanks;
}
