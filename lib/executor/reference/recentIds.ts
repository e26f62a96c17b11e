import type { recentIdsOperation } from "../../graph/ops/recentIds.js";
import type { Call } from "./kernel.js";
import { expectLengths } from "./lengths.js";

export function recentIds({ ids, before, lengths, recent, last, shapes, n }: Call<typeof recentIdsOperation>): void {
  const [T, B] = shapes.ids as [number, number];
  expectLengths(lengths, T, "the number of steps");
  const at = (t: number, b: number, k: number) =>
    t >= k ? 1 + (ids[(t - k) * B + b] as number) : (before?.[b * n + k - t - 1] ?? 0);
  for (let b = 0; b < B; b++) {
    for (let k = 0; k < n; k++) {
      for (let t = 0; t < T; t++) recent[(t * B + b) * n + k] = at(t, b, k);
      last[b * n + k] = at((lengths?.[b] ?? T) - 1, b, k);
    }
  }
}
