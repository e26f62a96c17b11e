import type { TextScores } from "../metrics/index.js";
import { scoreRows } from "../metrics/index.js";
import type { Printer } from "./print.js";

/** Prints scores, one a line. @param unit what errors are counted in: words, characters, symbols. */
export function printScores(print: Printer, scores: TextScores, unit: string): void {
  for (const [label, text] of scoreRows(scores, unit)) print.line(`  ${label.padEnd(12)} ${text}`);
}
