import type { OptionsOf } from "../options.js";
import { completeOptions, flag, option, table, word } from "../options.js";
import { accuracy } from "./accuracy.js";
import type { BleuScore } from "./bleu.js";
import { bleu } from "./bleu.js";
import { bleuTokenizations } from "./bleuTokenizers.js";
import type { ChrfScore } from "./chrf.js";
import { chrf } from "./chrf.js";
import type { ErrorRate } from "./errorRate.js";
import { errorRate } from "./errorRate.js";
import type { TextReferences } from "./references.js";
import { expectTexts } from "./references.js";

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

/** Options of `scoreTexts`. @interface */
export type TextScoreOptions = OptionsOf<typeof textScoreRules>;

/** How well texts match what people wrote. */
export interface TextScores {
  /** Papineni et al. (2002), as sacreBLEU computes it; 0 to 100. */
  bleu: BleuScore;
  /** Popović (2015), as sacreBLEU computes it; 0 to 100. */
  chrf: ChrfScore;
  /** Edits that lead to the nearest reference, in words or characters. */
  errorRate: ErrorRate;
  /** Share of texts that are exactly one of their references, 0 to 1. */
  exact: number;
  /** Share of places at which the word (or character) is that of the reference, 0 to 1. */
  tokenAccuracy: number;
}

/**
 * All scores of texts at once.
 * @param references for each hypothesis a text, or an array of several.
 * @throws InputError if there are no hypotheses, not as many entries of references, or a hypothesis without a reference.
 */
export function scoreTexts(
  hypotheses: readonly string[],
  references: TextReferences,
  options: TextScoreOptions = {},
): TextScores {
  const { tokenize, lowercase, unit } = completeOptions("scoreTexts", options, textScoreRules);
  const lists = expectTexts("scoreTexts", hypotheses, references);
  const unitsOf = (text: string) => {
    const folded = lowercase ? text.toLowerCase() : text;
    return unit === "characters" ? [...folded] : folded.split(/\s+/u).filter((part) => part !== "");
  };
  const written = hypotheses.map(unitsOf);
  const wanted = lists.map((texts) => texts.map(unitsOf));
  const errors = errorRate(written, wanted);
  const nearest = wanted.map((targets, i) => {
    const own = written[i]?.join(" ");
    return targets.find((target) => target.join(" ") === own) ?? (targets[0] as string[]);
  });
  return {
    bleu: bleu(hypotheses, lists, { lowercase, tokenize }),
    chrf: chrf(hypotheses, lists, { lowercase }),
    errorRate: errors,
    exact: 1 - errors.sequenceRate,
    tokenAccuracy: accuracy(written, nearest).token,
  };
}
