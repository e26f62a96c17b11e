/** The loss of a token whose probability is a mixture: (1 - weight) exp(-loss) + weight p. Infinite where both are 0. */
export function mixedLoss(loss: number, { p, weight }: { p: number; weight: number }): number {
  const own = loss - Math.log1p(-weight);
  if (p === 0 || weight === 0) return own;
  // The sum of two probabilities of which one may be too small for a number.
  const cached = -Math.log(weight * p);
  const [less, more] = own < cached ? [own, cached] : [cached, own];
  return less - Math.log1p(Math.exp(less - more));
}

/**
 * A unigram cache (Kuhn & De Mori 1990): of the last N tokens that a text has had so far, the share of those that are the next one is the
 * probability that a model's is interpolated with. Before the first token there is no cache, and the model's stands alone.
 */
export class CountCache {
  readonly #size: number;
  readonly #weight: number;
  /** The last N tokens; the oldest stands at `#next` once there are as many. */
  readonly #tokens: Int32Array;
  readonly #counts = new Map<number, number>();
  #filled = 0;
  #next = 0;

  /** @param options.size N. @param options.weight of the cache, from 0 to 1. */
  constructor({ size, weight }: { size: number; weight: number }) {
    this.#size = size;
    this.#weight = weight;
    this.#tokens = new Int32Array(size);
  }

  /** The loss of the next token beside the cache, which then holds it. @param loss of the model. */
  read(token: number, loss: number): number {
    const known = this.#counts.get(token) ?? 0;
    const mixed = this.#filled === 0 ? loss : mixedLoss(loss, { p: known / this.#filled, weight: this.#weight });
    this.#push(token);
    return mixed;
  }

  #push(token: number): void {
    if (this.#filled === this.#size) {
      const oldest = this.#tokens[this.#next] as number;
      this.#counts.set(oldest, (this.#counts.get(oldest) as number) - 1);
    } else this.#filled++;
    this.#tokens[this.#next] = token;
    this.#next = (this.#next + 1) % this.#size;
    this.#counts.set(token, (this.#counts.get(token) ?? 0) + 1);
  }
}
