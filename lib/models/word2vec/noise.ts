/** A distribution as an alias table (Walker 1977): a draw looks at one column, and keeps it or takes its alias. */
export interface AliasTable {
  /** [V] the probability of a column to be kept. */
  readonly noise: Float32Array;
  /** i32 [V] */
  readonly alias: Int32Array;
}

/**
 * The noise distribution of negative sampling: p(w) = count(w)^power / sum of them (Mikolov et al. 2013: power 3/4). Vose's
 * construction (1991): columns with too little take the rest from one with too much.
 */
export function noiseTable(counts: ArrayLike<number>, power: number): AliasTable {
  const V = counts.length;
  const weights = Float64Array.from(counts, (count) => (count > 0 ? count ** power : 0));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const share = weights.map((weight) => (weight * V) / total);
  const noise = new Float32Array(V).fill(1);
  const alias = Int32Array.from({ length: V }, (_, id) => id);
  const [small, large]: [number[], number[]] = [[], []];
  for (const [id, own] of share.entries()) (own < 1 ? small : large).push(id);
  while (small.length > 0 && large.length > 0) {
    const [low, high] = [small.pop() as number, large[large.length - 1] as number];
    noise[low] = share[low] as number;
    alias[low] = high;
    share[high] = (share[high] as number) - (1 - (share[low] as number));
    if ((share[high] as number) < 1) small.push(large.pop() as number);
  }
  // The shares of the columns that are left sum to their number but for rounding, so none is the 0 of a word that must not be drawn.
  return { noise, alias };
}

/**
 * The probability of each word to be read: sqrt(t / f) + t / f, at most 1, for a word that makes up the share f of the text. The
 * paper (Mikolov et al. 2013) has sqrt(t / f); this is what word2vec, gensim and fastText compute. With t = 0 all words are read.
 * @param sample t
 */
export function keepProbabilities(counts: ArrayLike<number>, sample: number): Float32Array {
  let total = 0;
  for (let id = 0; id < counts.length; id++) total += counts[id] as number;
  return Float32Array.from(counts, (count) => {
    if (count === 0) return 0;
    const ratio = (sample * total) / count;
    return sample === 0 ? 1 : Math.min(1, Math.sqrt(ratio) + ratio);
  });
}
