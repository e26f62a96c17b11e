import type { Cases } from "../case.js";

export const cases: Cases = {
  layerNorm: [3, 17, 300].map((F) => ({
    name: `F=${F}`,
    gradient: F < 100,
    args: (inputs) => [
      {
        x: inputs.floats("x", [2, 3, F]),
        gain: inputs.floats("gain", [F]),
        bias: inputs.floats("bias", [F]),
        epsilon: 1e-5,
      },
    ],
  })),
};

export const tolerances = {
  // Differences of nearly equal numbers.
  layerNorm: 1e-5,
};
