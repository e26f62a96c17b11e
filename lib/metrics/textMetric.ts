import type { Completed } from "../options.js";
import { flag, option, table, word } from "../options.js";
import { bleuTokenizations } from "./bleuTokenizers.js";

export const textScoreRules = table("scoreTexts", {
  /**
   * How BLEU cuts texts into words: as WMT does (13a), at the punctuation of all scripts (intl), into characters (char), or at
   * spaces (none). Default 13a.
   */
  tokenize: option(word(bleuTokenizations, "13a"), { flag: "--bleu-tokenizer" }),
  /** Ignore case in all scores. Default false. */
  lowercase: flag(),
  /** Unit that errors and accuracy are counted in: words between spaces, or characters. Default words. */
  unit: word(["words", "characters"], "words"),
});

/** Texts to score and what people wrote in their place. */
export interface ScoredTexts {
  readonly hypotheses: readonly string[];
  /** The references of each hypothesis. */
  readonly references: readonly (readonly string[])[];
  /** Both cut into units, in lower case where case is ignored. */
  readonly units: { readonly hypotheses: readonly string[][]; readonly references: readonly string[][][] };
  readonly options: Completed<typeof textScoreRules>;
}

/** A score of texts: an entry of `scoreTexts`, and a row of the commands `score` and `evaluate`. */
export interface TextMetric<Score> {
  /** Name of its row: "chrF". */
  readonly label: string;
  score(texts: ScoredTexts): Score;
  /** The score as its row says it. @param unit what errors are counted in: "words", "characters", "symbols". */
  describe(score: Score, unit: string): string;
}

/** A share in per cent: 0.125 is "12.50 %". */
export function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
