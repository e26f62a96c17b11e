import * as ops from "../../../lib/graph/ops/index.js";
import type { Inputs, OpCases } from "../case.js";

export const cases: OpCases["cases"] = {
  mask: [
    { name: "features", shape: [4, 3, 17], lengths: [4, 0, 2] },
    { name: "one number a row", shape: [5, 2], lengths: [3, 5] },
  ].map(({ name, shape, lengths }) => ({
    name,
    record: (inputs: Inputs) => [
      ops.mask(inputs.floats("x", shape), inputs.integers("lengths", [lengths.length], lengths)),
    ],
  })),
};
