import * as ops from "../../../lib/graph/ops/index.js";
import type { OpCases } from "../case.js";

export const cases: OpCases["cases"] = {
  embedding: [
    {
      name: "repeated ids",
      record: (i) => [ops.embedding(i.floats("w", [5, 19]), i.integers("ids", [3, 2], [4, 0, 4, 1, 4, 0]))],
    },
  ],
};

export const testedElsewhere = {
  sumRows: "test/train/tableRows.test.ts",
};
