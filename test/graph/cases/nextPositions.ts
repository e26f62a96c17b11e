import * as ops from "../../../lib/graph/ops/index.js";
import type { Case, Cases } from "../case.js";

export const cases: Cases = {
  nextPositions: [0, 1, 7].map(
    (modulus): Case<typeof ops.nextPositions> => ({
      name: `modulo ${modulus}`,
      forwardOnly: true,
      // Integers have no gradient: they choose rows here.
      results: (next, inputs) => [ops.embedding(inputs.floats("table", [902, 1]), next)],
      args: (inputs) => [{ positions: inputs.integers("positions", [2, 3], [0, 5, 6, 7, 900, 2]), modulus }],
    }),
  ),
};
