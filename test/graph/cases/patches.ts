import type { Cases } from "../case.js";

export const cases: Cases = {
  patches: [
    { size: 3, padding: 1 },
    { size: 1 },
    { size: 2, stride: 2 },
    { size: 3, stride: 2, padding: 2 },
    { size: 4, stride: 3, padding: 1 },
  ].map((options) => ({
    name: JSON.stringify(options),
    args: (inputs) => [inputs.floats("x", [2, 5, 4, 3]), options],
  })),
};
