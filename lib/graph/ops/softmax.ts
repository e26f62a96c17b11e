import { defineOperation } from "../operation.js";
import type { Tensor } from "../tensor.js";
import { matchShapes } from "../tensor.js";

function lastAxis(name: string) {
  const gradient = defineOperation({ name: `${name}Gradient`, operands: ["y", "dy"], results: ["dx"] });
  const operation = defineOperation({
    name,
    operands: ["x"],
    results: ["y"],
    gradient: (seen, { dy }) => seen.graph.record(gradient, { ...seen, dy }, { dx: seen.y }),
  });
  return (x: Tensor): Tensor => {
    matchShapes(name, [["x", x, "... F"]]);
    return x.graph.record(operation, { x }, { y: x }).y;
  };
}

/** Probabilities over the last axis: exp(x) / sum(exp(x)). */
export const softmax = lastAxis("softmax");

/** Log-probabilities over the last axis, computed without overflow. */
export const logSoftmax = lastAxis("logSoftmax");
