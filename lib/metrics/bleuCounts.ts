import type { NgramCounts } from "./ngrams.js";
import { countNgrams, matchedNgrams } from "./ngrams.js";

export const bleuOrders = 4;

/** All that BLEU knows of a corpus: sums over its sentences. */
export class BleuCounts {
  /** At n - 1 the n-grams that stand in a reference too. */
  readonly matched = new Array<number>(bleuOrders).fill(0);
  /** At n - 1 the n-grams of the hypotheses. */
  readonly total = new Array<number>(bleuOrders).fill(0);
  hypothesisLength = 0;
  /** Words of the references, for each hypothesis of the one that is closest in length. */
  referenceLength = 0;

  add(hypothesis: readonly string[], references: readonly (readonly string[])[]): void {
    const ngrams = countNgrams(hypothesis, bleuOrders, " ");
    const limits = mostOfAny(references.map((reference) => countNgrams(reference, bleuOrders, " ")));
    for (let n = 0; n < bleuOrders; n++) {
      (this.matched[n] as number) += matchedNgrams(ngrams[n] as Map<string, number>, limits[n] as Map<string, number>);
      (this.total[n] as number) += Math.max(0, hypothesis.length - n);
    }
    this.hypothesisLength += hypothesis.length;
    this.referenceLength += closest(
      hypothesis.length,
      references.map(({ length }) => length),
    );
  }
}

/** The largest count of each n-gram in any reference: a hypothesis is credited with no more. */
function mostOfAny([first, ...others]: NgramCounts[]): NgramCounts {
  for (const counts of others) {
    for (const [n, ofOrder] of counts.entries()) {
      const limits = first?.[n] as Map<string, number>;
      for (const [ngram, count] of ofOrder) if (count > (limits.get(ngram) ?? 0)) limits.set(ngram, count);
    }
  }
  return first as NgramCounts;
}

/** The length that differs least; of two such, the shorter. */
function closest(length: number, lengths: readonly number[]): number {
  const further = (other: number) => Math.abs(other - length);
  return lengths.reduce((best, other) =>
    further(other) < further(best) || (further(other) === further(best) && other < best) ? other : best,
  );
}
