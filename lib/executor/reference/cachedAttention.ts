import { InputError } from "../../errors.js";
import type { cachedAttentionOperation } from "../../graph/ops/cachedAttention.js";
import type { Call } from "./kernel.js";

export function cachedAttention(call: Call<typeof cachedAttentionOperation>): void {
  const { query, cache, lineage, times, positions, heads, scale, shapes, context } = call;
  const [N, F] = shapes.query as [number, number];
  const L = shapes.lineage[1] as number;
  const D = F / heads;
  const refuse = (what: string) => {
    throw new InputError(`cachedAttention: ${what}.`);
  };
  for (const [i, row] of lineage.entries()) {
    if (row < 0 || row >= N) refuse(`id ${row} at position ${i} is outside the table of ${N} rows`);
  }
  context.fill(0);
  for (let n = 0; n < N; n++) {
    const [time, position] = [times[n] as number, positions[n] as number];
    if (position < 0 || position > time) refuse(`position ${position} of row ${n} is not in 0 to its time, ${time}`);
    const places = Array.from({ length: Math.min(position + 1, L) }, (_, back) => (time - back) % L).reverse();
    for (let head = 0; head < heads; head++) {
      const at = n * F + head * D;
      const keyAt = (place: number) => ((lineage[n * L + place] as number) * L + place) * 2 * F + head * D;
      const scores = places.map((place) => {
        let score = 0;
        for (let d = 0; d < D; d++) score += (query[at + d] as number) * (cache[keyAt(place) + d] as number);
        return scale * score;
      });
      const largest = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
      const exps = scores.map((score) => Math.exp(score - largest));
      const sum = exps.reduce((a, b) => a + b, 0);
      for (const [i, value] of exps.entries()) {
        const valueAt = keyAt(places[i] as number) + F;
        for (let d = 0; d < D; d++) {
          context[at + d] = (context[at + d] as number) + (value / sum) * (cache[valueAt + d] as number);
        }
      }
    }
  }
}
