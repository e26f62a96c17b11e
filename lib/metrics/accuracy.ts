import { InputError } from "../errors.js";
import { expectPartners } from "./references.js";
import type { ScoredTexts, TextMetric } from "./textMetric.js";
import { percent } from "./textMetric.js";
import type { Tokens } from "./tokens.js";
import { expectTokens } from "./tokens.js";

export interface Accuracy {
  /** Share of positions where hypothesis and reference have the same token, 0 to 1. */
  token: number;
  /** Share of hypotheses that equal their reference from beginning to end (exact match), 0 to 1. */
  sequence: number;
}

/**
 * How many decoded tokens, and how many whole sequences, are right. Tokens are compared place by place: one that is missing or
 * too many is wrong, and so is all that it shifts (`errorRate` forgives the shift). A pair of sequences has as many places as
 * the longer of the two has tokens.
 * @param references one for each hypothesis.
 * @throws InputError if there are no hypotheses, not as many references, a text in place of tokens, or if all sequences are
 *   empty.
 */
export function accuracy<T>(hypotheses: readonly Tokens<T>[], references: readonly Tokens<T>[]): Accuracy {
  expectPartners("accuracy", hypotheses, references);
  const count = hypotheses.length;
  let [right, places, exact] = [0, 0, 0];
  for (const [i, hypothesis] of hypotheses.entries()) {
    const reference = expectTokens("accuracy", `reference ${i} of ${count}`, references[i] as Tokens<T>);
    expectTokens("accuracy", `hypothesis ${i} of ${count}`, hypothesis);
    const length = Math.max(hypothesis.length, reference.length);
    let same = 0;
    for (let t = 0; t < Math.min(hypothesis.length, reference.length); t++) {
      if (hypothesis[t] === reference[t]) same++;
    }
    right += same;
    places += length;
    if (same === length) exact++;
  }
  if (places === 0) {
    throw new InputError(`accuracy: ${count} hypotheses and their references hold 0 tokens: expected at least one.`);
  }
  return { token: right / places, sequence: exact / count };
}

/** For each hypothesis the reference that it equals, else the first. */
function nearest({ units: { hypotheses, references } }: ScoredTexts): string[][] {
  return references.map((targets, i) => {
    const own = hypotheses[i]?.join(" ");
    return targets.find((target) => target.join(" ") === own) ?? (targets[0] as string[]);
  });
}

/** The row of exact matches. */
export const exactMetric: TextMetric<number> = {
  label: "exact",
  score: (texts) => accuracy(texts.units.hypotheses, nearest(texts)).sequence,
  describe: (share) => `${percent(share)}  (${percent(1 - share)} with an error)`,
};

/** The row of tokens at their places. */
export const tokenAccuracyMetric: TextMetric<number> = {
  label: "accuracy",
  score: (texts) => accuracy(texts.units.hypotheses, nearest(texts)).token,
  describe: (share, unit) => `${percent(share)} of ${unit}, place by place`,
};
