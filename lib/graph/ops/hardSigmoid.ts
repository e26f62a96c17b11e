import { defineOperation } from "../operation.js";
import type { Tensor } from "../tensor.js";
import { matchShapes } from "../tensor.js";

export const hardSigmoidOperation = defineOperation({
  name: "hardSigmoid",
  operands: ["x"],
  results: ["y"],
  gradient: ({ graph, y }, { dy }) => graph.record(hardSigmoidGradient, { y, dy }, { dx: y }),
});

export const hardSigmoidGradient = defineOperation({
  name: "hardSigmoidGradient",
  operands: ["y", "dy"],
  results: ["dx"],
});

/** min(max(x / 6 + 1/2, 0), 1): the sigmoid in three straight lines, as in PyTorch and Keras 3. */
export function hardSigmoid(x: Tensor): Tensor {
  matchShapes("hardSigmoid", [["x", x, "..."]]);
  return x.graph.record(hardSigmoidOperation, { x }, { y: x }).y;
}
