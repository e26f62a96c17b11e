import { completeOptions, real } from "../../options.js";
import { defineOperation } from "../operation.js";
import { elementsOf } from "../program.js";
import type { Tensor } from "../tensor.js";
import { matchShapes, operand } from "../tensor.js";

export const layerNormOperation = defineOperation({
  name: "layerNorm",
  operands: ["x", "gain", "bias"],
  results: ["y", "mean?", "inverseDeviation?"],
  attributes: ["epsilon"],
  gradient: (seen, { dy }) => {
    const { graph, x, gain } = seen;
    return dy ? graph.record(layerNormGradient, { ...seen, dy }, { dx: x, dgain: gain, dbias: gain }) : {};
  },
});

export const layerNormGradient = defineOperation({
  name: "layerNormGradient",
  operands: ["x", "gain", "mean", "inverseDeviation", "dy"],
  results: ["dx", "dgain", "dbias"],
});

const rules = { x: operand, gain: operand, bias: operand, epsilon: real({ above: 0, initial: 1e-5 }) };

/**
 * Layer normalisation over the last axis (Ba et al. 2016): gain (x - mean) / sqrt(variance + epsilon) + bias, with the
 * biased variance. x [...,F], gain [F], bias [F] -> [...,F].
 */
export function layerNorm(operands: { x: Tensor; gain: Tensor; bias: Tensor; epsilon?: number }): Tensor {
  const { x, gain, bias, epsilon } = completeOptions("layerNorm", operands, rules);
  const { F } = matchShapes("layerNorm", [
    ["x", x, "... F"],
    ["gain", gain, "F"],
    ["bias", bias, "F"],
  ]);
  const rows = [elementsOf(x.shape) / (F as number)];
  const results = { y: x, mean: rows, inverseDeviation: rows };
  return x.graph.record(layerNormOperation, { x, gain, bias }, results, { epsilon }).y;
}
