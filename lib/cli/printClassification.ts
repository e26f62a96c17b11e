import type { LabelScore } from "../metrics/index.js";
import type { ClassifierEvaluation } from "../models/sequenceClassifier/sequenceClassifier.js";
import { spread, spreadText } from "./crossValidation.js";
import type { Printer } from "./print.js";
import { count, countOf, oneCell } from "./print.js";

/** Labels of which each gets a row and a column. */
const mostLabels = 20;

/** Sentence for texts on which the network is no better than what it is compared with. */
const notWorthIt = "A simpler model does as well on these texts: the network does not pay here.";

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;

/** Prints accuracy beside that of simpler models, the scores of each label, and which label is taken for which. */
export function printClassification(print: Printer, scores: ClassifierEvaluation): void {
  const { count: texts, accuracy, macroF1, confusion, majority, linear, labels } = scores;
  print.line(`accuracy ${percent(accuracy)} of ${countOf(texts, "text")}; macro F1 ${percent(macroF1)}`);
  const simpler = [
    majority && `always ${majorityText(majority)}: ${percent(majority.accuracy)}`,
    linear && `${linear.name}: ${percent(linear.accuracy)}, macro F1 ${percent(linear.macroF1)}`,
  ].filter((one) => one !== null);
  if (simpler.length > 0) print.line(simpler.join("; "));
  if (simpler.length > 0 && accuracy <= Math.max(majority?.accuracy ?? 0, linear?.accuracy ?? 0)) {
    print.line(notWorthIt);
  }
  printLabels(print, labels, { label: "label", items: "texts" });
  if (confusion) printConfusion(print, labels, confusion);
}

/** The commonest label of the texts that a model has learnt from, or set of labels, in words. */
export function majorityText({ label }: NonNullable<ClassifierEvaluation["majority"]>): string {
  return `${[label].flat().map(oneCell).join(" ") || "no label"} (commonest in training)`;
}

/** Prints precision, recall and F1 of each label. */
export function printLabels(
  print: Printer,
  labels: readonly LabelScore[],
  { label: heading, items }: { label: string; items: string },
): void {
  const shown = labels.slice(0, mostLabels).map((score) => ({ ...score, label: oneCell(score.label) }));
  const width = widthOf(shown);
  print.line(`  ${heading.padEnd(width)}  precision   recall       F1${items.padStart(8)}`);
  for (const { label, precision, recall, f1, support: n } of shown) {
    const shares = [precision, recall, f1].map((share) => percent(share).padStart(9));
    print.line(`  ${label.padEnd(width)}  ${shares.join("")}${count(n).padStart(8)}`);
  }
  if (labels.length > mostLabels) print.line(`  ... and ${labels.length - mostLabels} more: --json has all.`);
}

/** Prints which label is taken for which, unless there are too many. */
export function printConfusion(
  print: Printer,
  scores: readonly LabelScore[],
  confusion: readonly (readonly number[])[],
): void {
  if (scores.length > mostLabels) return;
  const labels = scores.map(({ label }) => oneCell(label));
  const width = widthOf(scores);
  const widths = labels.map((label, i) =>
    Math.max(label.length, ...confusion.map((row) => count(row[i] as number).length)),
  );
  const line = (name: string, cells: readonly string[]) =>
    print.line(`  ${name.padEnd(width)}  ${cells.map((cell, i) => cell.padStart(widths[i] as number)).join("  ")}`);
  print.line("  rows: the true label; columns: the label that the model gives");
  line("", labels);
  for (const [i, row] of confusion.entries())
    line(
      labels[i] as string,
      row.map((n) => count(n)),
    );
}

function widthOf(labels: readonly LabelScore[]): number {
  return Math.max(5, ...labels.map(({ label }) => oneCell(label).length));
}

/** The scores of one fold of a cross-validation. */
export function foldText({ accuracy, count: texts, linear }: ClassifierEvaluation): string {
  const other = linear ? `; ${linear.name} ${percent(linear.accuracy)}` : "";
  return `accuracy ${percent(accuracy)} of ${countOf(texts, "text")}${other}`;
}

/** Prints the means of the folds of a cross-validation. */
export function printFolds(print: Printer, results: readonly ClassifierEvaluation[]): void {
  const linear = results.flatMap((result) => result.linear ?? []);
  const means = {
    accuracy: spread(results.map(({ accuracy }) => accuracy)),
    macroF1: spread(results.map(({ macroF1 }) => macroF1)),
    majority: spread(results.flatMap(({ majority }) => majority?.accuracy ?? [])),
    linear: linear.length > 0 ? spread(linear.map(({ accuracy }) => accuracy)) : null,
  };
  print.object({ event: "mean", folds: results.length, ...means });
  print.line(`mean: accuracy ${spreadText(means.accuracy)}, macro F1 ${spreadText(means.macroF1)}`);
  const other = means.linear ? `; ${linear[0]?.name} ${spreadText(means.linear)}` : "";
  print.line(`always the commonest label of a fold's training: ${percent(means.majority.mean)}${other}`);
  if (means.accuracy.mean <= Math.max(means.majority.mean, means.linear?.mean ?? 0)) print.line(notWorthIt);
}
