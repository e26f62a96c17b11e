import type { sparsifyOperation } from "../../graph/ops/sparsify.js";
import type { Call } from "./kernel.js";

export function sparsify({ x, residual, sent, rest, k }: Call<typeof sparsifyOperation>): void {
  for (const [i, value] of x.entries()) rest[i] = value + (residual[i] as number);
  const sizes = rest.map((value) => (Number.isNaN(value) ? Number.POSITIVE_INFINITY : Math.abs(value)));
  const isNaNAt = (i: number) => Number(Number.isNaN(rest[i]));
  const order = Array.from(sizes.keys()).sort(
    (a, b) => isNaNAt(b) - isNaNAt(a) || compare(sizes[b] as number, sizes[a] as number) || a - b,
  );
  sent.fill(0);
  for (const i of order.slice(0, k)) {
    sent[i] = rest[i] as number;
    rest[i] = 0;
  }
}

/** Two infinities are equal. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}
