import { completeOptions, real } from "../../options.js";
import { defineOperation } from "../operation.js";
import { elementsOf } from "../program.js";
import type { Tensor } from "../tensor.js";
import { matchShapes, operand } from "../tensor.js";

const layerNormOperation = defineOperation({
  name: "layerNorm",
  operands: ["x", "gain", "bias"],
  results: ["y", "mean?", "inverseDeviation?"],
  attributes: ["epsilon"],
  gradient: ({ operands: [x, gain], results: [, mean, inverseDeviation], gradients: [dy] }) =>
    (x as Tensor).graph.record(
      layerNormGradient,
      [x, gain, mean, inverseDeviation, dy],
      [{ shape: (x as Tensor).shape }, { shape: (gain as Tensor).shape }, { shape: (gain as Tensor).shape }],
    ),
});

const layerNormGradient = defineOperation({
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
  const results = [{ shape: x.shape }, { shape: rows }, { shape: rows }];
  return x.graph.record(layerNormOperation, [x, gain, bias], results, [epsilon])[0] as Tensor;
}
