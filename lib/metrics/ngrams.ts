/** How often each n-gram occurs; at n - 1 those of n units. */
export type NgramCounts = readonly Map<string, number>[];

/** Counts the n-grams of 1 to `order` units. @param separator what no unit holds; "" where all units are one character. */
export function countNgrams(units: readonly string[], order: number, separator: string): NgramCounts {
  const counts = Array.from({ length: order }, () => new Map<string, number>());
  for (let start = 0; start < units.length; start++) {
    let ngram = "";
    for (let n = 0; n < order && start + n < units.length; n++) {
      ngram = n === 0 ? (units[start] as string) : ngram + separator + units[start + n];
      const ofOrder = counts[n] as Map<string, number>;
      ofOrder.set(ngram, (ofOrder.get(ngram) ?? 0) + 1);
    }
  }
  return counts;
}

/** How many n-grams of one text find a partner in the other, each used once ("clipped counts"). */
export function matchedNgrams(hypothesis: Map<string, number>, reference: Map<string, number>): number {
  let matched = 0;
  for (const [ngram, count] of hypothesis) matched += Math.min(count, reference.get(ngram) ?? 0);
  return matched;
}
