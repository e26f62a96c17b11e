import { embedding, multiply } from "../../../lib/graph/ops/index.js";
import type { Cases } from "../case.js";

export const cases: Cases = {
  restart: [
    { name: "a line end", begin: 0, end: 0 },
    { name: "a mark for the end and one for the beginning", begin: 2, end: 5 },
  ].map(({ name, begin, end }) => ({
    name,
    args: (i) => [i.integers("ids", [2, 4], [0, 3, 5, 2, 1, 5, 5, 0]), { begin, end }],
    results: ({ ids, keep }, i) => [
      embedding(i.floats("table", [6, 3]), ids),
      multiply(i.floats("state", [8, 3]), keep),
    ],
  })),
};
