import { expect, test } from "vitest";
import type { Printer } from "../../lib/cli/print.js";
import { foldText, printClassification, printFolds } from "../../lib/cli/printClassification.js";
import type { ClassifierEvaluation } from "../../lib/models/sequenceClassifier/sequenceClassifier.js";

/** The lines and objects that are printed. */
function printed(work: (print: Printer) => void) {
  const [lines, objects]: [string[], object[]] = [[], []];
  const line = (...parts: string[]) => void lines.push(parts.join(""));
  work({ line, object: (value: object) => void objects.push(value) } as unknown as Printer);
  return { lines, objects };
}

/** The lines for as many labels, each right once. */
function linesFor(labels: number): string[] {
  const scores = Array.from({ length: labels }, (_, i) => ({
    label: `L${i}`,
    precision: 1,
    recall: 1,
    f1: 1,
    support: 1,
  }));
  const confusion = scores.map((_, i) => scores.map((_, j) => (i === j ? 1 : 0)));
  const all = { count: labels, loss: 0, accuracy: 1, macroF1: 1, microF1: 1, labels: scores, confusion };
  return printed((print) => printClassification(print, { ...all, majority: null, linear: null })).lines;
}

const simple = (accuracy: number, own: Partial<ClassifierEvaluation> = {}): ClassifierEvaluation => ({
  ...{ count: 4, loss: 1, accuracy, macroF1: accuracy, microF1: accuracy, labels: [], confusion: null },
  ...{ majority: null, linear: null, ...own },
});
const always = (accuracy: number) => ({ majority: { label: "a", accuracy } });
const linear = (accuracy: number) => ({ linear: { name: "a linear model", accuracy, macroF1: accuracy } });
const notWorthIt = "A simpler model does as well on these texts: the network does not pay here.";

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

test("a network that is no better than any simpler model is said not to pay, whichever of them there are", () => {
  const said = (scores: ClassifierEvaluation) => printed((print) => printClassification(print, scores)).lines;
  for (const [accuracy, own, pays] of [
    [0.5, always(0.5), false],
    [0.6, always(0.5), true],
    [0.5, linear(0.5), false],
    [0.6, linear(0.5), true],
    [0.6, { ...always(0.5), ...linear(0.7) }, false],
    [0.6, { ...always(0.7), ...linear(0.5) }, false],
    [0, {}, true],
  ] as const) {
    expect(said(simple(accuracy, own)).includes(notWorthIt), JSON.stringify([accuracy, own])).toBe(!pays);
  }
  expect(said(simple(0.6, linear(0.5)))[1]).toBe("a linear model: 50.00 %, macro F1 50.00 %");
});

test("folds without a linear model have no mean of one, and their network is compared with the commonest label", () => {
  expect(foldText(simple(0.75))).toBe("accuracy 75.00 % of 4 texts");
  expect(foldText(simple(0.75, linear(0.5)))).toBe("accuracy 75.00 % of 4 texts; a linear model 50.00 %");
  const of = (...folds: ClassifierEvaluation[]) => printed((print) => printFolds(print, folds));
  const alone = of(simple(0.25, always(0.5)), simple(0.75, always(0.25)));
  expect(alone.lines).toEqual([
    "mean: accuracy 50.00 % (standard deviation 35.36), macro F1 50.00 % (standard deviation 35.36)",
    "always the commonest label of a fold's training: 37.50 %",
  ]);
  expect(alone.objects).toEqual([expect.objectContaining({ event: "mean", folds: 2, linear: null })]);
  expect(of(simple(0.25, always(0.25))).lines.at(-1)).toBe(notWorthIt);
  const both = of(simple(0.5, { ...always(0), ...linear(0.5) }));
  expect(both.lines.slice(1)).toEqual([
    "always the commonest label of a fold's training: 0.00 %; a linear model 50.00 % (standard deviation 0.00)",
    notWorthIt,
  ]);
});
