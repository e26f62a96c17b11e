import * as ops from "../../../lib/graph/ops/index.js";
import type { Case, Cases } from "../case.js";

export const cases: Cases = {
  keepRow: [
    { N: 1, W: 1, L: 1 },
    { N: 4, W: 3, L: 5 },
  ].map(
    ({ N, W, L }): Case<typeof ops.keepRow> => ({
      name: `N=${N} W=${W} L=${L}`,
      forwardOnly: true,
      args: (inputs) => [
        {
          // A feed would be used up, which finite differences feed again: a copy.
          cache: ops.copy(inputs.floats("cache", [N, L * W])),
          row: inputs.floats("row", [N, W]),
          // The first place, the last, round once, round often.
          times: inputs.integers("times", [N], [0, L - 1, L, 7 * L + 1].slice(0, N)),
        },
      ],
    }),
  ),
};
