import type { FrameBaseline } from "../models/frameTagger/baselines.js";
import type { FrameEvaluation } from "../models/frameTagger/frameTagger.js";
import type { Printer } from "./print.js";
import { countOf } from "./print.js";
import { printConfusion, printLabels } from "./printClassification.js";

const percent = (share: number) => `${(100 * share).toFixed(2)} %`.padStart(10);

/** Sentence for frames on which the network is no better than what it is compared with. */
const notWorthIt = "A simpler model does as well on these frames: the network does not pay here.";

/** Prints loss, accuracy and F1 beside those of simpler models, and the scores of each label. */
export function printFrameScores(print: Printer, scores: FrameEvaluation): void {
  const { sequences, count, labels, confusion, usual, repeated } = scores;
  print.line(`${countOf(sequences, "sequence")}, ${countOf(count, "frame")}:`);
  const rows: [string, FrameBaseline][] = [
    ["the network", scores],
    ["each label as often as usual", usual],
    ...(repeated ? [["each label by the frame before", repeated] as [string, FrameBaseline]] : []),
  ];
  print.line(`  ${"".padEnd(30)}  nats a frame  accuracy        F1`);
  for (const [name, { loss, accuracy, microF1 }] of rows) {
    print.line(`  ${name.padEnd(30)}  ${loss.toFixed(4).padStart(12)}${percent(accuracy)}${percent(microF1)}`);
  }
  if (rows.slice(1).some(([, { loss }]) => loss <= scores.loss)) print.line(notWorthIt);
  const found = labels.filter(({ support }) => support > 0);
  printLabels(print, found, { label: "label", items: "frames" });
  if (confusion) printConfusion(print, labels, confusion);
}
