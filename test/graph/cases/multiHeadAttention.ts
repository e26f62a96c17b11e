import type * as ops from "../../../lib/graph/ops/index.js";
import type { Case, Cases, Inputs } from "../case.js";

// Sizes around the blocks of 64 queries and 64 positions, and features that are no whole vectors.
const sizes = [
  { T: 1, B: 1, S: 1, heads: 1, D: 1 },
  { T: 3, B: 2, S: 4, heads: 2, D: 3 },
  { T: 4, B: 3, S: 4, heads: 1, D: 5 },
  { T: 17, B: 4, S: 17, heads: 3, D: 16 },
  { T: 70, B: 3, S: 131, heads: 2, D: 21 },
  { T: 130, B: 2, S: 130, heads: 1, D: 64 },
];

function casesOf<F extends typeof ops.multiHeadAttention | typeof ops.multiHeadWeights>(
  forwardOnly: boolean,
): Case<F>[] {
  return sizes.flatMap(({ T, B, S, heads, D }) =>
    [
      { causal: false, lengths: false },
      { causal: true, lengths: false },
      { causal: false, lengths: true },
      { causal: true, lengths: true },
    ].map(({ causal, lengths }) => ({
      name: `T=${T} B=${B} S=${S} ${heads} heads of ${D}${causal ? " causal" : ""}${lengths ? " lengths" : ""}`,
      forwardOnly,
      gradient: T * B * S * D < 500,
      args: (inputs: Inputs) =>
        [
          {
            query: inputs.floats("query", [T, B, heads * D], { scale: 2 }),
            memory: inputs.floats("memory", [S, B, 2 * heads * D]),
            lengths: lengths
              ? inputs.integers(
                  "lengths",
                  [B],
                  Array.from({ length: B }, (_, b) => [Math.ceil(S / 2), 0, S][b % 3] as number),
                )
              : null,
            heads,
            causal,
            ...(S === 4 ? { scale: 0.7 } : {}),
          },
        ] as unknown as Parameters<F>,
    })),
  );
}

export const cases: Cases = {
  multiHeadAttention: casesOf<typeof ops.multiHeadAttention>(false),
  multiHeadWeights: casesOf<typeof ops.multiHeadWeights>(true),
};
