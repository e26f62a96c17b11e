import { defineOperation } from "../operation.js";
import type { Tensor } from "../tensor.js";
import { matchShapes } from "../tensor.js";

export const logGammaOperation = defineOperation({
  name: "logGamma",
  operands: ["x"],
  results: ["y"],
  gradient: ({ graph, x }, { dy }) => ({ dx: graph.record(logGammaGradient, { x, dy }, { dx: x }).dx }),
});

export const logGammaGradient = defineOperation({
  name: "logGammaGradient",
  operands: ["x", "dy"],
  results: ["dx"],
});

/** log Γ(x), the logarithm of (x - 1)!; NaN unless x is above 0. Its slope is the digamma function; it has no second derivative. */
export function logGamma(x: Tensor): Tensor {
  matchShapes("logGamma", [["x", x, "..."]]);
  return x.graph.record(logGammaOperation, { x }, { y: x }).y;
}
