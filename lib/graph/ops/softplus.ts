import { defineOperation } from "../operation.js";
import type { Tensor } from "../tensor.js";
import { matchShapes } from "../tensor.js";
import { multiply, sigmoid } from "./elementwise.js";

export const softplusOperation = defineOperation({
  name: "softplus",
  operands: ["x"],
  results: ["y"],
  gradient: ({ x }, { dy }) => ({ dx: multiply(dy, sigmoid(x)) }),
});

/** log(1 + exp(x)): above 0, and near x where x is large (Dugas et al. 2001). */
export function softplus(x: Tensor): Tensor {
  matchShapes("softplus", [["x", x, "..."]]);
  return x.graph.record(softplusOperation, { x }, { y: x }).y;
}
