/** Pairs of one block that may change one row: with more, the sum of their gradients overshoots, as each does not see what the others do. */
const mostPairs = 24;

/** Words of the largest block: larger ones bring no speed. */
const largestBlock = 64;

/**
 * Words whose gradients are added up before the tables change. In few different words, or where all ways begin at one root, one row is
 * changed by many words of a block.
 * @param options.share changes of the most frequent row for each word of the text.
 * @param options.pairs pairs of a word.
 */
export function blockFor({ share, pairs }: { share: number; pairs: number }): number {
  return Math.max(1, Math.min(largestBlock, Math.floor(mostPairs / (share * pairs))));
}
