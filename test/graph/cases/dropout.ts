import * as ops from "../../../lib/graph/ops/index.js";
import type { Inputs, OpCases } from "../case.js";

export const cases: OpCases["cases"] = {
  dropout: [false, true].map((overTime) => ({
    name: overTime ? "variational" : "elementwise",
    record: (inputs: Inputs) => [
      ops.dropout({
        x: inputs.floats("x", [3, 5, 19]),
        rate: inputs.scalar("rate", 0.4),
        random: inputs.integers("random", [2], [7, 3]),
        stream: 2,
        overTime,
      }),
    ],
  })),
};
