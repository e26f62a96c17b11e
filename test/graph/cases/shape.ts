import * as ops from "../../../lib/graph/ops/index.js";
import type { Inputs, OpCases } from "../case.js";

export const cases: OpCases["cases"] = {
  concat: [0, 1].map((axis) => ({
    name: `axis ${axis}`,
    record: (inputs: Inputs) =>
      axis === 0
        ? [ops.concat([inputs.floats("a", [2, 5]), inputs.floats("b", [1, 5]), inputs.floats("c", [3, 5])], 0)]
        : [ops.concat([inputs.floats("a", [3, 2]), inputs.floats("b", [3, 17])], 1)],
  })),
  slice: [0, 1, 2].map((axis) => ({
    name: `axis ${axis}`,
    record: (inputs: Inputs) => [ops.slice(inputs.floats("x", [3, 4, 5]), { axis, start: 1, end: 3 })],
  })),
  pad: [0, 1, 2].map((axis) => ({
    name: `axis ${axis}`,
    record: (inputs: Inputs) => [ops.pad(inputs.floats("x", [3, 4, 5]), { axis, before: 2, after: 1 })],
  })),
  transpose: [
    [0, 1],
    [0, 2],
    [2, 1],
  ].map(([a = 0, b = 0]) => ({
    name: `${a} and ${b}`,
    record: (inputs: Inputs) => [ops.transpose(inputs.floats("x", [3, 4, 5]), a, b)],
  })),
  reshape: [
    { name: "[3,4] to [2,6]", record: (i) => [ops.square(ops.reshape(ops.square(i.floats("x", [3, 4])), [2, 6]))] },
  ],
  copy: [
    { name: "f32", record: (i) => [ops.copy(i.floats("x", [3, 17]))] },
    {
      name: "i32",
      record: (i) => [ops.embedding(i.floats("table", [4, 2]), ops.copy(i.integers("ids", [3], [2, 0, 3])))],
    },
  ],
};
