import type { TaggerEvaluation } from "../models/sequenceTagger/sequenceTagger.js";
import type { Printer } from "./print.js";
import { count, countOf } from "./print.js";
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
    print.line(`${count(unknown.count)} tokens that the vocabulary lacks: accuracy ${percent(unknown.accuracy)}`);
  }
  printLabels(print, scores.labels, { label: "tag", items: "tokens" });
  if (scores.confusion) printConfusion(print, scores.labels, scores.confusion);
}
