import type { ClassificationScores } from "../metrics/index.js";
import type { Printer } from "./print.js";
import { count, oneCell } from "./print.js";

/** Labels of which each gets a row and a column. */
const mostLabels = 20;

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;

/** Prints accuracy, the scores of each label, and which label is taken for which. */
export function printClassification(print: Printer, scores: ClassificationScores): void {
  const { count: texts, accuracy, macroF1, confusion } = scores;
  const labels = scores.labels.map((score) => ({ ...score, label: oneCell(score.label) }));
  const support = labels.map(({ support: n }) => n);
  const most = support.indexOf(Math.max(...support));
  const always = `always ${labels[most]?.label}: ${percent((support[most] as number) / texts)}`;
  print.line(`accuracy ${percent(accuracy)} of ${count(texts)} texts (${always}); macro F1 ${percent(macroF1)}`);
  const shown = labels.slice(0, mostLabels);
  const width = Math.max(5, ...shown.map(({ label }) => label.length));
  print.line(`  ${"label".padEnd(width)}  precision   recall       F1   texts`);
  for (const { label, precision, recall, f1, support: n } of shown) {
    const shares = [precision, recall, f1].map((share) => percent(share).padStart(9));
    print.line(`  ${label.padEnd(width)}  ${shares.join("")}${count(n).padStart(8)}`);
  }
  if (labels.length > mostLabels) print.line(`  ... and ${labels.length - mostLabels} more: --json has all.`);
  if (confusion && labels.length <= mostLabels)
    printConfusion(print, { labels: shown.map(({ label }) => label), confusion, width });
}

function printConfusion(
  print: Printer,
  { labels, confusion, width }: { labels: readonly string[]; confusion: readonly (readonly number[])[]; width: number },
): void {
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
