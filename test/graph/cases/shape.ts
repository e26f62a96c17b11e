import { embedding, square } from "../../../lib/graph/ops/index.js";
import type { Cases } from "../case.js";

export const cases: Cases = {
  concat: [
    {
      name: "axis 0",
      args: (i) => [[i.floats("a", [2, 5]), i.floats("b", [1, 5]), i.floats("c", [3, 5])], 0],
    },
    { name: "axis 1", args: (i) => [[i.floats("a", [3, 2]), i.floats("b", [3, 17])], 1] },
  ],
  slice: [0, 1, 2].map((axis) => ({
    name: `axis ${axis}`,
    args: (inputs) => [inputs.floats("x", [3, 4, 5]), { axis, start: 1, end: 3 }],
  })),
  pad: [0, 1, 2].map((axis) => ({
    name: `axis ${axis}`,
    args: (inputs) => [inputs.floats("x", [3, 4, 5]), { axis, before: 2, after: 1 }],
  })),
  transpose: [
    [0, 1],
    [0, 2],
    [2, 1],
  ].map(([a = 0, b = 0]) => ({
    name: `${a} and ${b}`,
    args: (inputs) => [inputs.floats("x", [3, 4, 5]), a, b],
  })),
  reshape: [
    {
      name: "[3,4] to [2,6]",
      args: (i) => [square(i.floats("x", [3, 4])), [2, 6]],
      results: (reshaped) => [square(reshaped)],
    },
  ],
  asRows: [{ name: "[2,3,4]", args: (i) => [i.floats("x", [2, 3, 4])] }],
  copy: [
    { name: "f32", args: (i) => [i.floats("x", [3, 17])] },
    {
      name: "i32",
      args: (i) => [i.integers("ids", [3], [2, 0, 3])],
      results: (ids, i) => [embedding(i.floats("table", [4, 2]), ids)],
    },
  ],
};
