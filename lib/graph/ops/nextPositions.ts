import { completeOptions, largestInt32, whole } from "../../options.js";
import { defineOperation } from "../operation.js";
import type { Tensor } from "../tensor.js";
import { matchShapes, operand } from "../tensor.js";

export const nextPositionsOperation = defineOperation({
  name: "nextPositions",
  operands: ["positions i32"],
  results: ["next i32"],
  attributes: ["modulus"],
});

const rules = { positions: operand, modulus: whole({ maximum: largestInt32, initial: 0 }) };

/**
 * Positions of the tokens after: p + 1, or (p + 1) mod `modulus`, which begins again at 0; with 0, the default, they only grow.
 * positions i32 [...] -> i32 [...]. While running, a position below 0, or one after 2^31 - 1, is an InputError.
 */
export function nextPositions(operands: { positions: Tensor; modulus?: number }): Tensor {
  const { positions, modulus } = completeOptions("nextPositions", operands, rules);
  matchShapes("nextPositions", [["positions", positions, "...", "i32"]]);
  return positions.graph.record(nextPositionsOperation, { positions }, { next: positions.shape }, { modulus }).next;
}
