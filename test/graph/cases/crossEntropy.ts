import type * as ops from "../../../lib/graph/ops/index.js";
import type { Case, Cases } from "../case.js";

function crossEntropy(N: number, H: number, V: number, bias: boolean): Case<typeof ops.linearCrossEntropy> {
  return {
    name: `N=${N} H=${H} V=${V}${bias ? "" : " without bias"}`,
    gradient: N * H * V < 2000,
    args: (inputs) => {
      const targets = Array.from({ length: N }, (_, n) => (n % 3 === 2 ? -1 : (n * 5) % V));
      return [
        {
          x: inputs.floats("x", [N, H]),
          weight: inputs.floats("weight", [V, H]),
          bias: bias ? inputs.floats("bias", [V]) : null,
          targets: inputs.integers("targets", [N], targets),
        },
      ];
    },
    results: ({ losses }) => [losses],
  };
}

export const cases: Cases = {
  linearCrossEntropy: [
    crossEntropy(1, 1, 2, true),
    crossEntropy(7, 5, 11, true),
    crossEntropy(7, 5, 11, false),
    crossEntropy(300, 40, 200, true),
  ],
};

export const tolerances = {
  linearCrossEntropy: 1e-5,
};
