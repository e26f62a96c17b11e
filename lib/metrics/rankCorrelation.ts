import { InputError } from "../errors.js";
import { checkOption, double, list } from "../options.js";

const numbers = list(double());

/**
 * Spearman's rank correlation (1904): the correlation of the ranks of two lists of numbers, -1 to 1; equal numbers share the mean of
 * their ranks.
 * @throws InputError for lists of different lengths, fewer than two numbers, or numbers that are all the same.
 */
export function spearman(a: readonly number[], b: readonly number[]): number {
  checkOption("spearman", "a", a, numbers);
  checkOption("spearman", "b", b, numbers);
  if (a.length !== b.length) throw new InputError(`spearman: got ${a.length} numbers and ${b.length}.`);
  if (a.length < 2) throw new InputError(`spearman: expected at least 2 numbers, got ${a.length}.`);
  const [x, y] = [ranksOf(a), ranksOf(b)];
  // The mean of all ranks, whatever ties there are.
  const mean = (a.length + 1) / 2;
  let [xy, xx, yy] = [0, 0, 0];
  for (const [i, rank] of x.entries()) {
    const [dx, dy] = [rank - mean, (y[i] as number) - mean];
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  }
  if (xx === 0 || yy === 0)
    throw new InputError("spearman: the numbers of a list are all the same: they have no order.");
  return xy / Math.sqrt(xx * yy);
}

/** Ranks from 1; equal values get the mean of theirs. */
function ranksOf(values: readonly number[]): Float64Array {
  const order = values.map((_, i) => i).sort((i, j) => (values[i] as number) - (values[j] as number));
  const ranks = new Float64Array(values.length);
  for (let begin = 0; begin < order.length; ) {
    let end = begin + 1;
    while (end < order.length && values[order[end] as number] === values[order[begin] as number]) end++;
    for (let k = begin; k < end; k++) ranks[order[k] as number] = (begin + 1 + end) / 2;
    begin = end;
  }
  return ranks;
}
