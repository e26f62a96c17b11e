import * as ops from "../../../lib/graph/ops/index.js";
import type { Inputs, OpCases } from "../case.js";

export const cases: OpCases["cases"] = {
  sumTo: [[], [17], [3, 1], [1, 17], [3, 17]].map((to) => ({
    name: `[3,17] to [${to}]`,
    record: (inputs: Inputs) => [ops.sumTo(inputs.floats("x", [2, 3, 17]), to)],
  })),
  broadcastTo: [[], [17], [3, 1]].map((from) => ({
    name: `[${from}] to [3,17]`,
    record: (inputs: Inputs) => [ops.broadcastTo(inputs.floats("x", from), [2, 3, 17])],
  })),
  max: [0, 1, 2].map((axis) => ({
    name: `axis ${axis}`,
    record: (inputs: Inputs) => [ops.max(inputs.floats("x", [4, 3, 5]), axis)],
  })),
};
