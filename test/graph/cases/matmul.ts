import type * as ops from "../../../lib/graph/ops/index.js";
import type { Case, Cases } from "../case.js";

function matmul(transposeA: boolean, transposeB: boolean): Case<typeof ops.matmul>[] {
  return [
    [1, 1, 1],
    [3, 5, 7],
    [17, 33, 65],
    [150, 200, 130],
  ].map(([M = 1, N = 1, K = 1]) => ({
    name: `${transposeA ? "aT" : "a"} ${transposeB ? "bT" : "b"} ${M}x${N}x${K}`,
    gradient: M < 100,
    args: (inputs) => [
      inputs.floats("a", transposeA ? [K, M] : [M, K]),
      inputs.floats("b", transposeB ? [N, K] : [K, N]),
      { transposeA, transposeB },
    ],
  }));
}

export const cases: Cases = {
  matmul: [...matmul(false, false), ...matmul(true, false), ...matmul(false, true), ...matmul(true, true)],
  linear: [
    {
      name: "[2,3,5] with bias",
      args: (i) => [i.floats("x", [2, 3, 5]), i.floats("w", [7, 5]), i.floats("b", [7])],
    },
    { name: "[1,33] without bias", args: (i) => [i.floats("x", [1, 33]), i.floats("w", [17, 33])] },
  ],
};

export const tolerances = {
  // Up to 200 products.
  matmul: 4e-6,
  linear: 4e-6,
};
