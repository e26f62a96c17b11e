import type { Values } from "../executor/executor.js";

/** Which token looks at which in one attention of a Transformer, by head. */
export interface HeadAttention {
  /** The place of the attention: "block 1". */
  name: string;
  /** The tokens that are looked at, as people read them. */
  source: string[];
  /** The tokens that look. */
  target: string[];
  /** For each head [target][source], each row a distribution. */
  heads: Float32Array[][];
}

/** The weights of one row of a batch, [heads,T,1,S], as rows of each head. */
export function headRows(weights: Values, { heads, T, S }: { heads: number; T: number; S: number }): Float32Array[][] {
  const row = (head: number, t: number) =>
    Float32Array.from(weights.subarray((head * T + t) * S, (head * T + t + 1) * S));
  return Array.from({ length: heads }, (_, head) => Array.from({ length: T }, (_, t) => row(head, t)));
}
