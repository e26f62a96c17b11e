import type * as ops from "../../../lib/graph/ops/index.js";
import type { Case, Cases } from "../case.js";

const sizes = [
  { N: 1, heads: 1, D: 1, L: 1 },
  { N: 3, heads: 2, D: 3, L: 4 },
  { N: 9, heads: 4, D: 17, L: 33 },
];

export const cases: Cases = {
  cachedAttention: sizes.flatMap(({ N, heads, D, L }) =>
    [undefined, 0.7].map(
      (scale): Case<typeof ops.cachedAttention> => ({
        name: `N=${N} ${heads} heads of ${D} L=${L}${scale ? ` scale ${scale}` : ""}`,
        forwardOnly: true,
        args: (inputs) => {
          // Nothing before it, the cache half full, full, and full for long; a text as old as the cache, and one that began later.
          const times = Array.from({ length: N }, (_, n) => [Math.floor(L / 2), 0, L, 5 * L + 1][n % 4] as number);
          return [
            {
              query: inputs.floats("query", [N, heads * D], { scale: 2 }),
              cache: inputs.floats("cache", [N, 2 * heads * D * L]),
              lineage: inputs.integers(
                "lineage",
                [N, L],
                Array.from({ length: N * L }, (_, i) => (i * 7 + 1) % N),
              ),
              times: inputs.integers("times", [N], times),
              positions: inputs.integers(
                "positions",
                [N],
                times.map((time, n) => (n < 4 ? time : Math.floor(time / 2))),
              ),
              heads,
              ...(scale ? { scale } : {}),
            },
          ];
        },
      }),
    ),
  ),
};
