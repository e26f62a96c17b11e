import type { Cases } from "../case.js";

export const cases: Cases = {
  dropout: [false, true].flatMap((overTime) =>
    [{}, { part: { axis: 1, first: 2, of: 9 } }].map((part) => ({
      name: (overTime ? "variational" : "elementwise") + ("part" in part ? ", a part" : ""),
      args: (inputs) => [
        {
          x: inputs.floats("x", [3, 5, 19]),
          rate: inputs.scalar("rate", 0.4),
          random: inputs.integers("random", [2], [7, 3]),
          stream: 2,
          overTime,
          ...part,
        },
      ],
    })),
  ),
};
