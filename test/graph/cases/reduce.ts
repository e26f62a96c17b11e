import { embedding } from "../../../lib/graph/ops/index.js";
import type { Cases } from "../case.js";
import { unary } from "../case.js";

export const cases: Cases = {
  sumTo: [[], [17], [3, 1], [1, 17], [3, 17]].map((to) => ({
    name: `[3,17] to [${to}]`,
    args: (inputs) => [inputs.floats("x", [2, 3, 17]), to],
  })),
  broadcastTo: [[], [17], [3, 1]].map((from) => ({
    name: `[${from}] to [3,17]`,
    args: (inputs) => [inputs.floats("x", from), [2, 3, 17]],
  })),
  sum: unary(),
  mean: unary(),
  max: [0, 1, 2].map((axis) => ({
    name: `axis ${axis}`,
    args: (inputs) => [inputs.floats("x", [4, 3, 5]), axis],
  })),
  argmax: [
    {
      name: "axis 1",
      args: (i) => [i.floats("x", [4, 3]), 1],
      results: (ids, i) => [embedding(i.floats("table", [3, 2]), ids)],
    },
  ],
};
