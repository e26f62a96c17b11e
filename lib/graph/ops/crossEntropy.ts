import { completeOptions } from "../../options.js";
import { defineOperation } from "../operation.js";
import { elementsOf, rowsOf } from "../program.js";
import type { Tensor } from "../tensor.js";
import { matchShapes, operand, operandIfAny } from "../tensor.js";

export const linearCrossEntropyOperation = defineOperation({
  name: "linearCrossEntropy",
  operands: ["x", "weight", "bias?", "targets i32"],
  results: ["losses", "count", "normalizers?", "logits?"],
  cost: ({ x, weight }) => ({ flops: 2 * rowsOf(x) * elementsOf(weight) }),
  gradient: (seen, { dlosses }) => {
    const { graph, x, weight } = seen;
    if (!dlosses) return {};
    const results = { dx: x, dweight: weight, dbias: weight.shape.slice(0, 1) };
    return graph.record(linearCrossEntropyGradient, { ...seen, dlosses }, results);
  },
});

// The gradient of the logits replaces the logits: at [N,V] they are the largest values of a language model.
export const linearCrossEntropyGradient = defineOperation({
  name: "linearCrossEntropyGradient",
  operands: ["x", "weight", "bias?", "targets i32", "normalizers", "logits", "dlosses"],
  results: ["dx", "dweight", "dbias?"],
  cost: ({ x, weight }) => ({ flops: 4 * rowsOf(x) * elementsOf(weight) }),
  consumes: ["logits"],
});

const rules = { x: operand, weight: operand, bias: operandIfAny, targets: operand };

/**
 * Cross-entropy of softmax(x Wᵀ + b), with the output layer fused in. x [N,H], weight [V,H], bias [V],
 * targets i32 [N] with -1 for "no target here".
 *
 * @returns losses [N] in nats, 0 where there is no target, and count [], the number of targets.
 */
export function linearCrossEntropy(operands: { x: Tensor; weight: Tensor; bias?: Tensor | null; targets: Tensor }): {
  losses: Tensor;
  count: Tensor;
} {
  const { x, weight, bias, targets } = completeOptions("linearCrossEntropy", operands, rules);
  const { N, V } = matchShapes("linearCrossEntropy", [
    ["x", x, "N H"],
    ["weight", weight, "V H"],
    ["bias?", bias, "V"],
    ["targets", targets, "N", "i32"],
  ]) as { N: number; V: number };
  const shapes = { losses: [N], count: [], normalizers: [N, 2], logits: [N, V] };
  const { losses, count } = x.graph.record(linearCrossEntropyOperation, { x, weight, bias, targets }, shapes);
  return { losses, count };
}
