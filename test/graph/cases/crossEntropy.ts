import * as ops from "../../../lib/graph/ops/index.js";
import type { Case, OpCases } from "../case.js";

function crossEntropy(N: number, H: number, V: number, bias: boolean): Case {
  return {
    name: `N=${N} H=${H} V=${V}${bias ? "" : " without bias"}`,
    gradient: N * H * V < 2000,
    record: (inputs) => {
      const targets = Array.from({ length: N }, (_, n) => (n % 3 === 2 ? -1 : (n * 5) % V));
      const { losses } = ops.linearCrossEntropy({
        x: inputs.floats("x", [N, H]),
        weight: inputs.floats("weight", [V, H]),
        bias: bias ? inputs.floats("bias", [V]) : null,
        targets: inputs.integers("targets", [N], targets),
      });
      return [losses];
    },
  };
}

export const cases: OpCases["cases"] = {
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
