import type { Cases } from "../case.js";

export const cases: Cases = {
  sparsify: [1, 7, 35].map((k) => ({
    name: `${k} of 35`,
    forwardOnly: true,
    args: (i) => [i.floats("x", [5, 7]), { residual: i.floats("residual", [5, 7]), k }],
    results: ({ sent, rest }) => [sent, rest],
  })),
};
