import type { OptionsOf } from "../options.js";
import { completeOptions } from "../options.js";
import { exactMetric, tokenAccuracyMetric } from "./accuracy.js";
import { bleuMetric } from "./bleu.js";
import { chrfMetric } from "./chrf.js";
import { errorRateMetric } from "./errorRate.js";
import type { TextReferences } from "./references.js";
import { expectTexts } from "./references.js";
import { rougeLMetric } from "./rougeL.js";
import type { ScoredTexts, TextMetric } from "./textMetric.js";
import { textScoreRules } from "./textMetric.js";

/** Options of `scoreTexts`. @interface */
export type TextScoreOptions = OptionsOf<typeof textScoreRules>;

const metrics = {
  /** BLEU of Papineni et al. (2002), as sacreBLEU computes it; 0 to 100. */
  bleu: bleuMetric,
  /** chrF of Popović (2015), as sacreBLEU computes it; 0 to 100. */
  chrf: chrfMetric,
  /** ROUGE-L of Lin (2004), in words or characters; 0 to 100. */
  rougeL: rougeLMetric,
  /** Share of texts that are exactly one of their references, 0 to 1. */
  exact: exactMetric,
  /** Edits that lead to the nearest reference, in words or characters. */
  errorRate: errorRateMetric,
  /** Share of places at which the word (or character) is that of the reference, 0 to 1. */
  tokenAccuracy: tokenAccuracyMetric,
};

/** How well texts match what people wrote. @interface */
export type TextScores = {
  [Name in keyof typeof metrics]: ReturnType<(typeof metrics)[Name]["score"]>;
};

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
  const complete = completeOptions("scoreTexts", options, textScoreRules);
  const lists = expectTexts("scoreTexts", hypotheses, references);
  const unitsOf = (text: string) => {
    const folded = complete.lowercase ? text.toLowerCase() : text;
    return complete.unit === "characters" ? [...folded] : folded.split(/\s+/u).filter((part) => part !== "");
  };
  const units = { hypotheses: hypotheses.map(unitsOf), references: lists.map((texts) => texts.map(unitsOf)) };
  const texts: ScoredTexts = { hypotheses, references: lists, units, options: complete };
  return Object.fromEntries(Object.entries(metrics).map(([name, { score }]) => [name, score(texts)])) as TextScores;
}

/** The rows of scores, each a name and what it says. @param unit what errors are counted in. */
export function scoreRows(scores: TextScores, unit: string): [label: string, text: string][] {
  return Object.entries(metrics).map(([name, { label, describe }]) => [
    label,
    (describe as TextMetric<unknown>["describe"])(scores[name as keyof TextScores], unit),
  ]);
}
