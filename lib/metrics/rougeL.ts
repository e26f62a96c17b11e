import type { OptionsOf } from "../options.js";
import { completeOptions, double, table } from "../options.js";
import type { TextMetric } from "./textMetric.js";
import type { Tokens } from "./tokens.js";
import { expectSequences } from "./tokens.js";

const rules = table("rougeL", {
  /** Weight of recall: how many times more it matters than precision; captions of images are scored with 1.2. Default 1.2. */
  beta: { ...double({ above: 0, maximum: 1e6 }), initial: 1.2 },
});

/** Options of `rougeL`. @interface */
export type RougeLOptions = OptionsOf<typeof rules>;

export interface RougeLScore {
  /** Mean of the F-measures, 0 to 100. */
  score: number;
  /** Mean share of a hypothesis that is in the common subsequence, 0 to 1. */
  precision: number;
  /** Mean share of a reference that is in the common subsequence, 0 to 1. */
  recall: number;
}

/**
 * ROUGE-L: how long the longest common subsequence (LCS) of a hypothesis and a reference is. Words in the right order count, also
 * with others between them.
 *
 *   P = max over references of LCS / |hypothesis|   R = max of LCS / |reference|   F = (1 + β²) · P · R / (R + β² · P)
 *
 * Source: Lin (2004), "ROUGE: A Package for Automatic Evaluation of Summaries", equations 2 to 4; several references and β = 1.2 as
 * in the evaluation of captions of Chen et al. (2015), "Microsoft COCO Captions". Tokens are compared as they are: no stems.
 * @param references for each hypothesis an array of references, even where there is one: `[[tokens], [tokens]]`.
 * @throws InputError if there are no hypotheses, not as many entries of references, a hypothesis without a reference, or a text in
 *   place of tokens.
 */
export function rougeL<T>(
  hypotheses: readonly Tokens<T>[],
  references: readonly (readonly Tokens<T>[])[],
  options: RougeLOptions = {},
): RougeLScore {
  const { beta } = completeOptions("rougeL", options, rules);
  expectSequences("rougeL", hypotheses, references);
  const totals = { score: 0, precision: 0, recall: 0 };
  for (const [i, hypothesis] of hypotheses.entries()) {
    let [precision, recall] = [0, 0];
    for (const reference of references[i] as readonly Tokens<T>[]) {
      const common = commonLength(hypothesis, reference);
      if (common === 0) continue;
      precision = Math.max(precision, common / hypothesis.length);
      recall = Math.max(recall, common / reference.length);
    }
    totals.precision += precision;
    totals.recall += recall;
    if (recall > 0) totals.score += (100 * (1 + beta ** 2) * precision * recall) / (recall + beta ** 2 * precision);
  }
  const count = hypotheses.length;
  return { score: totals.score / count, precision: totals.precision / count, recall: totals.recall / count };
}

/** The length of the longest common subsequence of two sequences. Costs the product of their lengths. */
function commonLength<T>(a: Tokens<T>, b: Tokens<T>): number {
  // row[j]: of the first i tokens of a and the first j of b.
  const row = new Uint32Array(b.length + 1);
  for (let i = 0; i < a.length; i++) {
    let diagonal = 0;
    for (let j = 0; j < b.length; j++) {
      const above = row[j + 1] as number;
      row[j + 1] = a[i] === b[j] ? diagonal + 1 : Math.max(above, row[j] as number);
      diagonal = above;
    }
  }
  return row[b.length] as number;
}

/** The row of ROUGE-L. */
export const rougeLMetric: TextMetric<RougeLScore> = {
  label: "ROUGE-L",
  score: ({ units: { hypotheses, references } }) => rougeL(hypotheses, references),
  describe: ({ score }, unit) => `${score.toFixed(2)}  (longest common runs of ${unit}, others may stand between)`,
};
