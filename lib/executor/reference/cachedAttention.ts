import { InputError } from "../../errors.js";
import type { cachedAttentionOperation } from "../../graph/ops/cachedAttention.js";
import type { Call } from "./kernel.js";

export function cachedAttention(call: Call<typeof cachedAttentionOperation>): void {
  const { query, row, cache, positions, heads, scale, shapes, context, after } = call;
  const [N, F] = shapes.query as [number, number];
  const L = (shapes.cache[1] as number) / (2 * F);
  const D = F / heads;
  after.set(cache);
  context.fill(0);
  for (let n = 0; n < N; n++) {
    const position = positions[n] as number;
    if (position < 0) throw new InputError(`cachedAttention: position ${position} of row ${n} is below 0.`);
    after.set(row.subarray(n * 2 * F, (n + 1) * 2 * F), (n * L + (position % L)) * 2 * F);
    const seen = Math.min(position + 1, L);
    for (let head = 0; head < heads; head++) {
      const at = n * F + head * D;
      const keyAt = (s: number) => (n * L + s) * 2 * F + head * D;
      const scores = Array.from({ length: seen }, (_, s) => {
        let score = 0;
        for (let d = 0; d < D; d++) score += (query[at + d] as number) * (after[keyAt(s) + d] as number);
        return scale * score;
      });
      const largest = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
      const exps = scores.map((score) => Math.exp(score - largest));
      const sum = exps.reduce((a, b) => a + b, 0);
      for (const [s, value] of exps.entries()) {
        for (let d = 0; d < D; d++) {
          context[at + d] = (context[at + d] as number) + (value / sum) * (after[keyAt(s) + F + d] as number);
        }
      }
    }
  }
}
