import type { Cases } from "../case.js";

export const cases: Cases = {
  dropout: [false, true].map((overTime) => ({
    name: overTime ? "variational" : "elementwise",
    args: (inputs) => [
      {
        x: inputs.floats("x", [3, 5, 19]),
        rate: inputs.scalar("rate", 0.4),
        random: inputs.integers("random", [2], [7, 3]),
        stream: 2,
        overTime,
      },
    ],
  })),
};
