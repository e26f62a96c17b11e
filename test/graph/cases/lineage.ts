import * as ops from "../../../lib/graph/ops/index.js";
import type { Case, Cases } from "../case.js";

export const cases: Cases = {
  lineage: [
    { N: 1, L: 1 },
    { N: 3, L: 4 },
  ].map(
    ({ N, L }): Case<typeof ops.lineage> => ({
      name: `N=${N} L=${L}`,
      forwardOnly: true,
      // Integers have no gradient: they choose rows here.
      results: (after, inputs) => [ops.embedding(inputs.floats("table", [N, 1]), after)],
      args: (inputs) => [
        {
          before: inputs.integers(
            "before",
            [N, L],
            Array.from({ length: N * L }, (_, i) => (i * 5) % N),
          ),
          times: inputs.integers("times", [N], [0, L, 3 * L + 2].slice(0, N)),
        },
      ],
    }),
  ),
};
