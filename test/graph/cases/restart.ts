import * as ops from "../../../lib/graph/ops/index.js";
import type { Inputs, OpCases } from "../case.js";

export const cases: OpCases["cases"] = {
  restart: [
    { name: "a line end", begin: 0, end: 0 },
    { name: "a mark for the end and one for the beginning", begin: 2, end: 5 },
  ].map(({ name, begin, end }) => ({
    name,
    record: (i: Inputs) => {
      const { ids, keep } = ops.restart(i.integers("ids", [2, 4], [0, 3, 5, 2, 1, 5, 5, 0]), { begin, end });
      return [ops.embedding(i.floats("table", [6, 3]), ids), ops.multiply(i.floats("state", [8, 3]), keep)];
    },
  })),
};
