import type { Cases } from "../case.js";

export const cases: Cases = {
  mask: [
    { name: "features", shape: [4, 3, 17], lengths: [4, 0, 2] },
    { name: "one number a row", shape: [5, 2], lengths: [3, 5] },
  ].map(({ name, shape, lengths }) => ({
    name,
    args: (inputs) => [inputs.floats("x", shape), inputs.integers("lengths", [lengths.length], lengths)],
  })),
};
