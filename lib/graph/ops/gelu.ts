import { defineOperation } from "../operation.js";
import type { Tensor } from "../tensor.js";
import { matchShapes } from "../tensor.js";

export const geluOperation = defineOperation({
  name: "gelu",
  operands: ["x"],
  results: ["y"],
  gradient: ({ graph, x }, { dy }) => graph.record(geluGradient, { x, dy }, { dx: x }),
});

export const geluGradient = defineOperation({
  name: "geluGradient",
  operands: ["x", "dy"],
  results: ["dx"],
});

/**
 * x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))): the Gaussian error linear unit in its tanh form (Hendrycks & Gimpel 2016), as in GPT-2
 * and in PyTorch's `approximate="tanh"`.
 */
export function gelu(x: Tensor): Tensor {
  matchShapes("gelu", [["x", x, "..."]]);
  return x.graph.record(geluOperation, { x }, { y: x }).y;
}
