import type { CaptionEvaluation, CaptionScores } from "../models/imageCaptioner/imageCaptioner.js";
import type { Printer } from "./print.js";
import { countOf } from "./print.js";
import { printScores } from "./printScores.js";
import { measures } from "./reportTraining.js";

type Scores = Omit<CaptionScores, "texts">;

/** Prints how well captions were predicted, and how well those that were written match. @param exchanged scores of the same model that looks at other images. */
export function printCaptionScores(
  print: Printer,
  { predicted, scores, exchanged }: { predicted: CaptionEvaluation; scores: Scores; exchanged?: Scores },
): void {
  print.line(`${countOf(predicted.tokens, "token")}: ${measures(predicted)}`);
  print.line(`${countOf(scores.images, "image")}, ${countOf(scores.references, "reference")}:`);
  print.line(`  ${"BLEU-1 to 4".padEnd(12)} ${byLength(scores)}`);
  printScores(print, scores, "words");
  if (exchanged) {
    print.line(
      `with the images exchanged: BLEU-1 to 4 ${byLength(exchanged)}, exact ${(100 * exchanged.exact).toFixed(2)} %. A model that ` +
        "its images do not help writes as well for others.",
    );
  }
}

function byLength({ bleuByLength }: Scores): string {
  return bleuByLength.map((score) => score.toFixed(2)).join(" / ");
}
