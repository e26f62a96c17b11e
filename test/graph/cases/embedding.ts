import type { Cases } from "../case.js";

export const cases: Cases = {
  embedding: [
    {
      name: "repeated ids",
      args: (i) => [i.floats("w", [5, 19]), i.integers("ids", [3, 2], [4, 0, 4, 1, 4, 0])],
    },
  ],
  sumRows: [
    {
      name: "repeated ids",
      forwardOnly: true,
      args: (i) => [i.integers("ids", [6], [4, 0, 4, 1, 4, 0]), i.floats("rows", [6, 19]), 5],
      results: ({ rows }) => [rows],
    },
  ],
};
