import type * as ops from "../../../lib/graph/ops/index.js";
import type { Case, Cases } from "../case.js";

function attentionCases(): Case<typeof ops.attention>[] {
  const sizes = [
    { T: 1, B: 1, S: 1, K: 1, M: 1 },
    { T: 3, B: 2, S: 4, K: 5, M: 3 },
    { T: 1, B: 3, S: 7, K: 17, M: 2 },
    { T: 13, B: 9, S: 31, K: 70, M: 65 },
  ];
  return sizes.flatMap(({ T, B, S, K, M }) =>
    [
      { additive: false, lengths: true, group: 1 },
      { additive: true, lengths: true, group: 1 },
      { additive: false, lengths: false, group: 1 },
      { additive: true, lengths: false, group: 1 },
      { additive: false, lengths: true, group: 3 },
      { additive: true, lengths: true, group: 3 },
    ].map(
      ({ additive, lengths, group }): Case<typeof ops.attention> => ({
        name: `${additive ? "additive" : "dot"} T=${T} B=${B} S=${S} K=${K} M=${M}${lengths ? " lengths" : ""} ${group} rows a memory`,
        gradient: T * B * S * K < 1000,
        forwardOnly: group > 1,
        args: (inputs) => [
          {
            query: inputs.floats("query", [T, B * group, K]),
            keys: inputs.floats("keys", [S, B, K]),
            values: inputs.floats("values", [S, B, M]),
            v: additive ? inputs.floats("v", [K]) : null,
            scale: additive ? 1 : 0.5,
            // All, none, and what lies between.
            lengths: lengths
              ? inputs.integers(
                  "lengths",
                  [B],
                  Array.from({ length: B }, (_, b) => [S, 0, Math.ceil(S / 2)][b % 3] as number),
                )
              : null,
          },
        ],
      }),
    ),
  );
}

export const cases: Cases = {
  attention: attentionCases(),
};

export const testedElsewhere = {
  attentionSum: "the gradient of attention",
  additiveGradient: "the gradient of attention",
};
