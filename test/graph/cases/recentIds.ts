import { embedding, reshape } from "../../../lib/graph/ops/index.js";
import type { Cases } from "../case.js";

const forms = [
  { name: "one step", T: 1, n: 3 },
  { name: "fewer steps than tokens of the context", T: 2, n: 4 },
  { name: "a context of one token", T: 4, n: 1 },
  { name: "nothing before the first step", T: 2, n: 3, begins: true },
  { name: "rows of different length", T: 5, n: 2, lengths: [5, 0, 2] },
];

export const cases: Cases = {
  recentIds: forms.map(({ name, T, n, lengths, begins }) => ({
    name,
    args: (inputs) => [
      {
        ids: inputs.integers(
          "ids",
          [T, 3],
          Array.from({ length: 3 * T }, (_, i) => (i * 5) % 7),
        ),
        n,
        before: begins
          ? null
          : inputs.integers(
              "before",
              [3, n],
              Array.from({ length: 3 * n }, (_, i) => (i * 3) % 8),
            ),
        lengths: lengths ? inputs.integers("lengths", [3], lengths) : null,
      },
    ],
    // Read through a table, as whole numbers have no gradient of their own.
    results: ({ recent, last }, inputs) => {
      const table = inputs.floats("table", [8, 2]);
      return [embedding(table, recent), embedding(table, reshape(last, [3 * n]))];
    },
  })),
};
