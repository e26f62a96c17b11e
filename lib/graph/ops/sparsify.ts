import { ShapeError } from "../../errors.js";
import { completeOptions, whole } from "../../options.js";
import { defineOperation } from "../operation.js";
import { elementsOf } from "../program.js";
import type { Tensor } from "../tensor.js";
import { expectTensor, matchShapes, operand } from "../tensor.js";

export const sparsifyOperation = defineOperation({
  name: "sparsify",
  operands: ["x", "residual"],
  results: ["sent", "rest"],
  attributes: ["k"],
});

const rules = { residual: operand, k: whole({ minimum: 1 }) };

/**
 * The k numbers of x + residual that are largest in size, and the others: what a process sends of a gradient and what it keeps for the next
 * one (top-k with error feedback: Aji & Heafield 2017, Stich et al. 2018). Equal sizes are sent from the first place on; a NaN counts as larger
 * than every number.
 * @param options.residual of the shape of x. @param options.k at most the numbers of x.
 * @returns tensors of the shape of x, whose sum is x + residual: each number is in one of them, and 0 in the other.
 */
export function sparsify(x: Tensor, options: { residual: Tensor; k: number }): { sent: Tensor; rest: Tensor } {
  const { residual, k } = completeOptions("sparsify", options, rules);
  const { graph, shape } = expectTensor("sparsify", "x", x);
  matchShapes("sparsify", [
    ["x", x, "..."],
    ["residual", residual, shape.join(" ")],
  ]);
  const n = elementsOf(shape);
  if (k > n) throw new ShapeError(`sparsify: ${x} has ${n} numbers, which are fewer than k ${k}.`);
  return graph.record(sparsifyOperation, { x, residual }, { sent: x, rest: x }, { k });
}
