import { setImmediate } from "node:timers/promises";
import { InputError } from "../../errors.js";

/** Updates at most, and the change of every weight below which there are no more. */
const mostUpdates = 200;
const smallest = 1e-6;

/**
 * The weights with which a mixture holds some tokens likeliest, by expectation-maximisation (Dempster et al. 1977; for language models
 * Jelinek & Mercer 1980):
 *
 *   w_k <- mean over n of w_k p_k(n) / (w_1 p_1(n) + ... + w_K p_K(n))
 *
 * @param losses for each of K parts, -log p_k(n) in nats for each of N tokens.
 * @returns K weights, which sum to 1.
 * @throws InputError for a token that every part holds impossible; the signal's reason.
 */
export async function likeliestWeights(losses: readonly Float64Array[], signal?: AbortSignal): Promise<Float64Array> {
  const K = losses.length;
  const N = (losses[0] as Float64Array).length;
  const weights = new Float64Array(K).fill(1 / K);
  const shares = new Float64Array(K);
  for (let update = 0; update < mostUpdates; update++) {
    await setImmediate();
    signal?.throwIfAborted();
    const sums = new Float64Array(K);
    for (let n = 0; n < N; n++) {
      // The likeliest part gives the scale, so that no probability is rounded to 0.
      const least = losses.reduce((least, own) => Math.min(least, own[n] as number), Number.POSITIVE_INFINITY);
      if (least === Number.POSITIVE_INFINITY) {
        throw new InputError(
          `A mixture of these models holds token ${n + 1} of the text impossible, as each of them does.`,
        );
      }
      let sum = 0;
      for (let k = 0; k < K; k++) {
        shares[k] = (weights[k] as number) * Math.exp(least - ((losses[k] as Float64Array)[n] as number));
        sum += shares[k] as number;
      }
      for (let k = 0; k < K; k++) sums[k] = (sums[k] as number) + (shares[k] as number) / sum;
    }
    let change = 0;
    for (let k = 0; k < K; k++) {
      const own = (sums[k] as number) / N;
      change = Math.max(change, Math.abs(own - (weights[k] as number)));
      weights[k] = own;
    }
    if (change < smallest) break;
  }
  return weights;
}
