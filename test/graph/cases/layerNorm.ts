import * as ops from "../../../lib/graph/ops/index.js";
import type { Inputs, OpCases } from "../case.js";

export const cases: OpCases["cases"] = {
  layerNorm: [3, 17, 300].map((F) => ({
    name: `F=${F}`,
    gradient: F < 100,
    record: (inputs: Inputs) => [
      ops.layerNorm({
        x: inputs.floats("x", [2, 3, F]),
        gain: inputs.floats("gain", [F]),
        bias: inputs.floats("bias", [F]),
      }),
    ],
  })),
};

export const tolerances = {
  // Differences of nearly equal numbers.
  layerNorm: 1e-5,
};
