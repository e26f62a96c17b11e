import type { TextScores } from "../metrics/index.js";
import type { Printer } from "./print.js";

/** Prints scores, one a line. @param unit what errors are counted in: words, characters, symbols. */
export function printScores(
  print: Printer,
  { bleu, chrf, exact, errorRate, tokenAccuracy }: TextScores,
  unit: string,
): void {
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
  const line = (name: string, text: string) => print.line(`  ${name.padEnd(12)} ${text}`);
  const short = bleu.order < 4 && !bleu.signature.includes("eff:yes");
  if (short) line("BLEU", "none (it counts runs of 1 to 4 words, and no text has 4: see chrF and exact)");
  else line("BLEU", `${bleu.score.toFixed(2)}  (${bleu.signature})`);
  line("chrF", `${chrf.score.toFixed(2)}  (${chrf.signature})`);
  line("exact", `${percent(exact)}  (${percent(1 - exact)} with an error)`);
  line("error rate", `${percent(errorRate.rate)} of ${unit}`);
  line("accuracy", `${percent(tokenAccuracy)} of ${unit}, place by place`);
}
