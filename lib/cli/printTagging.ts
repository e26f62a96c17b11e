import type { SpanScores } from "../metrics/index.js";
import type { TaggerEvaluation } from "../models/sequenceTagger/scores.js";
import { spread, spreadText } from "./crossValidation.js";
import type { Printer } from "./print.js";
import { count, countOf, oneCell } from "./print.js";
import { printConfusion, printLabels } from "./printClassification.js";

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;

/** Prints accuracy, also of unknown words, and the scores of each tag. */
export function printTagging(print: Printer, scores: TaggerEvaluation): void {
  const { count: tokens, accuracy, sentences, sentenceAccuracy, unknown, usualAccuracy, loss } = scores;
  print.line(`${countOf(sentences, "sentence")}, ${countOf(tokens, "token")}: ${loss.toFixed(4)} nats a token`);
  print.line(
    `accuracy ${percent(accuracy)} (each word's most frequent tag: ${percent(usualAccuracy)}); ` +
      `${percent(sentenceAccuracy)} of the sentences wholly right`,
  );
  if (unknown.count > 0) {
    print.line(`${countOf(unknown.count, "token")} that the vocabulary lacks: accuracy ${percent(unknown.accuracy)}`);
  }
  if (scores.spans) printSpans(print, scores.spans);
  printLabels(print, scores.labels, { label: "tag", items: "tokens" });
  if (scores.confusion) printConfusion(print, scores.labels, scores.confusion);
}

/** Prints how well spans are found, all and those of each type. */
function printSpans(print: Printer, { support, given, types, ...all }: SpanScores): void {
  const width = Math.max(5, ...types.map(({ type }) => oneCell(type).length));
  const line = (name: string, { precision, recall, f1 }: Pick<SpanScores, "precision" | "recall" | "f1">, n: number) =>
    print.line(
      `  ${oneCell(name).padEnd(width)}  ${[precision, recall, f1].map((share) => percent(share).padStart(9)).join("")}${count(n).padStart(8)}`,
    );
  print.line(`span F1 ${percent(all.f1)}: ${countOf(given, "span")} given, ${countOf(support, "true one")}`);
  print.line(`  ${"spans".padEnd(width)}  precision   recall       F1   spans`);
  line("all", all, support);
  for (const { type, support: own, ...scores } of types) line(type, scores, own);
}

/** Prints the means of the folds of a cross-validation. */
export function printTaggingFolds(print: Printer, results: readonly TaggerEvaluation[]): void {
  const spans = results.flatMap(({ spans }) => (spans ? [spans.f1] : []));
  const means = {
    accuracy: spread(results.map(({ accuracy }) => accuracy)),
    usualAccuracy: spread(results.map(({ usualAccuracy }) => usualAccuracy)),
    spanF1: spans.length > 0 ? spread(spans) : null,
  };
  print.object({ event: "mean", folds: results.length, ...means });
  const f1 = means.spanF1 ? `, span F1 ${spreadText(means.spanF1)}` : "";
  print.line(`mean: accuracy ${spreadText(means.accuracy)}${f1}`);
  print.line(`each word's most frequent tag: ${percent(means.usualAccuracy.mean)}`);
}

/** The scores of one fold. */
export function foldText({ accuracy, count: tokens, spans }: TaggerEvaluation): string {
  return `accuracy ${percent(accuracy)} of ${countOf(tokens, "token")}${spans ? `; span F1 ${percent(spans.f1)}` : ""}`;
}
