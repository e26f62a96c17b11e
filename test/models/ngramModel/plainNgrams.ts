/**
 * Modified Kneser-Ney as its paper writes it (Chen & Goodman 1998, equations 24 to 28), over maps of words: slow, and nothing like the
 * addon's counting.
 */
export class PlainNgrams {
  readonly #order: number;
  readonly #words: number;
  /** By order - 1: counts of the n-grams, "a b c" each. */
  readonly #counts: Map<string, number>[] = [];
  readonly #discounts: number[][] = [];

  /** @param sentences words with "<s>" first and "</s>" last. @param words that may be predicted. */
  constructor(sentences: readonly (readonly string[])[], { order, words }: { order: number; words: number }) {
    this.#order = order;
    this.#words = words;
    const raw = Array.from({ length: order }, () => new Map<string, number>());
    const before = Array.from({ length: order }, () => new Map<string, Set<string>>());
    for (const sentence of sentences) {
      for (let at = 0; at < sentence.length; at++) {
        for (let k = 1; k <= order && at + k <= sentence.length; k++) {
          const key = sentence.slice(at, at + k).join(" ");
          if (key !== "<s>") raw[k - 1]?.set(key, (raw[k - 1]?.get(key) ?? 0) + 1);
          if (at === 0) continue;
          const known = before[k - 1]?.get(key) ?? new Set();
          before[k - 1]?.set(key, known.add(sentence[at - 1] as string));
        }
      }
    }
    for (let k = 1; k <= order; k++) {
      const own = raw[k - 1] as Map<string, number>;
      const adjusted = [...own].map(([key, count]): [string, number] => {
        const isRaw = k === order || key.startsWith("<s> ");
        return [key, isRaw ? count : (before[k - 1]?.get(key)?.size ?? 0)];
      });
      this.#counts.push(new Map(adjusted));
      this.#discounts.push(discountsOf(adjusted.map(([, count]) => count)));
    }
  }

  /** p(word | context), of which only the last n - 1 words count. */
  probability(context: readonly string[], word: string): number {
    return this.#probability(context.slice(Math.max(0, context.length - this.#order + 1)), word);
  }

  #probability(context: readonly string[], word: string): number {
    const k = context.length + 1;
    const shorter = context.length === 0 ? 1 / this.#words : this.#probability(context.slice(1), word);
    const followers = [...(this.#counts[k - 1] as Map<string, number>)].filter(([key]) => {
      const words = key.split(" ");
      return words.slice(0, -1).join(" ") === context.join(" ");
    });
    const total = followers.reduce((sum, [, count]) => sum + count, 0);
    if (total === 0) return shorter;
    const discount = (count: number) => this.#discounts[k - 1]?.[Math.min(count, 3)] as number;
    const weight = followers.reduce((sum, [, count]) => sum + discount(count), 0) / total;
    const count = followers.find(([key]) => key.split(" ").at(-1) === word)?.[1] ?? 0;
    return (count - discount(count)) / total + weight * shorter;
  }
}

function discountsOf(counts: readonly number[]): number[] {
  const n = (r: number) => counts.filter((count) => count === r).length;
  const Y = n(1) / (n(1) + 2 * n(2));
  const own = [1, 2, 3].map((r) => r - ((r + 1) * Y * n(r + 1)) / n(r));
  const sound = own.every((D, i) => D > 0 && D < i + 1);
  return [0, ...(sound ? own : [0.5, 1, 1.5])];
}
