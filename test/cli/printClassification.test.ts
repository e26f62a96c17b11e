import { expect, test } from "vitest";
import type { Printer } from "../../lib/cli/print.js";
import { printClassification } from "../../lib/cli/printClassification.js";

/** The lines for as many labels, each right once. */
function linesFor(labels: number): string[] {
  const lines: string[] = [];
  const print = { line: (...parts: string[]) => void lines.push(parts.join("")) } as unknown as Printer;
  const scores = Array.from({ length: labels }, (_, i) => ({
    label: `L${i}`,
    precision: 1,
    recall: 1,
    f1: 1,
    support: 1,
  }));
  const confusion = scores.map((_, i) => scores.map((_, j) => (i === j ? 1 : 0)));
  const all = { count: labels, loss: 0, accuracy: 1, macroF1: 1, microF1: 1, labels: scores, confusion };
  printClassification(print, { ...all, majority: null, linear: null });
  return lines;
}

test("twenty labels have a row each and a table of confusions; of more the first twenty have a row, and the others are counted", () => {
  // Accuracy, a heading and twenty rows; a sentence, a heading and twenty rows.
  const twenty = linesFor(20);
  expect(twenty).toHaveLength(22 + 22);
  expect(twenty[22]).toBe("  rows: the true label; columns: the label that the model gives");
  const more = linesFor(21);
  expect(more).toHaveLength(22 + 1);
  expect(more.at(-2)).toMatch(/^ {2}L19 /);
  expect(more.at(-1)).toBe("  ... and 1 more: --json has all.");
});
