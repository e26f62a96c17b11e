import { InputError } from "../errors.js";
import { editDistance } from "./editDistance.js";
import type { TextMetric } from "./textMetric.js";
import { percent } from "./textMetric.js";
import type { Tokens } from "./tokens.js";
import { expectSequences } from "./tokens.js";

export interface ErrorRate {
  /** `edits / referenceLength`: a share, 0 where all is right; may be above 1. */
  rate: number;
  /** Tokens to insert, delete or replace, over all hypotheses. */
  edits: number;
  /** Tokens of the references that the edits lead to. */
  referenceLength: number;
  /** `sequenceErrors / hypotheses`: a share, 0 to 1. */
  sequenceRate: number;
  /** Hypotheses that equal none of their references. */
  sequenceErrors: number;
}

/**
 * How wrong decoded sequences are. With words as tokens `rate` is the word error rate of speech recognition (WER), with phonemes
 * the phoneme error rate (PER), with characters the character error rate (CER). `sequenceRate` is what grapheme-to-phoneme
 * conversion calls WER: the share of words with any mistake (Yao & Zweig 2015). Shares: percentages are 100 times as much.
 *
 * Each hypothesis is compared with the reference that takes fewest edits; of several such, with the longest, so that the order of
 * references does not matter.
 * @param references for each hypothesis an array of references, even where there is one: `[[tokens], [tokens]]`.
 * @throws InputError if there are no hypotheses, not as many entries of references, a hypothesis without a reference, a text in
 *   place of tokens, or if all references are empty.
 */
export function errorRate<T>(
  hypotheses: readonly Tokens<T>[],
  references: readonly (readonly Tokens<T>[])[],
): ErrorRate {
  expectSequences("errorRate", hypotheses, references);
  const count = hypotheses.length;
  let [edits, referenceLength, sequenceErrors] = [0, 0, 0];
  for (const [i, hypothesis] of hypotheses.entries()) {
    let [fewest, length] = [Number.POSITIVE_INFINITY, 0];
    for (const reference of references[i] as readonly Tokens<T>[]) {
      const distance = editDistance(hypothesis, reference);
      if (distance > fewest || (distance === fewest && reference.length < length)) continue;
      [fewest, length] = [distance, reference.length];
    }
    edits += fewest;
    referenceLength += length;
    if (fewest > 0) sequenceErrors++;
  }
  if (referenceLength === 0) {
    throw new InputError(`errorRate: the references of ${count} hypotheses hold 0 tokens: a rate needs at least one.`);
  }
  return {
    rate: edits / referenceLength,
    edits,
    referenceLength,
    sequenceRate: sequenceErrors / count,
    sequenceErrors,
  };
}

/** The row of the error rate. */
export const errorRateMetric: TextMetric<ErrorRate> = {
  label: "error rate",
  score: ({ units: { hypotheses, references } }) => errorRate(hypotheses, references),
  describe: ({ rate }, unit) => `${percent(rate)} of ${unit}`,
};
