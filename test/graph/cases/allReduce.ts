import * as ops from "../../../lib/graph/ops/index.js";
import type { Cases } from "../case.js";

export const cases: Cases = {
  allReduce: [
    {
      name: "two tensors",
      forwardOnly: true,
      args: (i) => [[i.floats("a", [3, 4]), i.floats("b", [7])]],
      results: (sums) => [
        ops.awaitSum(sums, { begin: 0, shape: [3, 4] }),
        ops.awaitSum(sums, { begin: 12, shape: [7] }),
      ],
    },
    {
      name: "rows",
      forwardOnly: true,
      args: (i) => [[i.floats("a", [3, 4])], { width: 4 }],
      results: (sums) => [ops.awaitSum(sums, { begin: 0, shape: [3, 4] })],
    },
  ],
  awaitSum: [{ name: "a part", forwardOnly: true, args: (i) => [i.floats("sums", [9]), { begin: 2, shape: [2, 3] }] }],
};
