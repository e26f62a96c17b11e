import type { Cases } from "../case.js";

export const cases: Cases = {
  convolution: [
    { size: 3, padding: 1 },
    { size: 1 },
    { size: 2, stride: 2 },
    { size: 3, stride: 2, padding: 2 },
    { size: 4, stride: 3, padding: 1 },
    // More patches than a block of native code has, more than once, and more filters than a vector has lanes.
    { size: 3, padding: 1, shape: [3, 17, 23, 20], filters: 40 },
    { size: 5, stride: 2, padding: 2, shape: [2, 40, 31, 33], filters: 5 },
  ].map(({ size, shape = [2, 5, 4, 3], filters = 2, ...window }, i) => ({
    name: JSON.stringify({ size, ...window, shape, filters }),
    gradient: filters === 2,
    args: (inputs) => [
      {
        x: inputs.floats("x", shape),
        weight: inputs.floats("weight", [filters, size, size, shape[3] as number]),
        ...(i > 0 ? { bias: inputs.floats("bias", [filters]) } : {}),
        ...window,
      },
    ],
  })),
};

export const testedElsewhere = {
  convolutionInputGradient: "the gradient of convolution",
  convolutionWeightGradient: "the gradient of convolution",
};
