import { completeOptions, flag } from "../../options.js";
import { defineOperation } from "../operation.js";
import type { Tensor } from "../tensor.js";
import { matchShapes, operand, operandIfAny } from "../tensor.js";

export const vectorScanOperation = defineOperation({
  name: "vectorScan",
  operands: ["a", "b", "h0", "lengths? i32"],
  results: ["y", "hLast"],
  attributes: ["reverse"],
  gradient: (seen, incoming) => {
    const { graph, a, b, h0 } = seen;
    return graph.record(vectorScanGradient, { ...seen, ...incoming }, { da: a, db: b, dh0: h0 }, seen);
  },
});

export const vectorScanGradient = defineOperation({
  name: "vectorScanGradient",
  operands: ["a", "h0", "lengths? i32", "y", "dy?", "dhLast?"],
  results: ["da?", "db?", "dh0"],
  attributes: ["reverse"],
});

/** Operands of `vectorScan`. @inline */
export interface VectorScanOperands {
  /** [T,B,H], the factor of the state before a step. */
  a: Tensor;
  /** [T,B,H], the term of a step. */
  b: Tensor;
  /** [B,H], the state before the first step. */
  h0: Tensor;
  /** i32 [B], each in 0..T. Past a row's length the state is carried and y is 0. Absent: all rows have length T. */
  lengths?: Tensor | null;
  /** Walk from the last step to the first. */
  reverse?: boolean;
}

const rules = { a: operand, b: operand, h0: operand, lengths: operandIfAny, reverse: flag() };

/**
 * A recurrence that is linear in its state and mixes no units, over a whole sequence (Martin & Cundy 2018; minGRU and minLSTM of Feng et
 * al. 2024 are such):
 *
 *   h_t = a_t ⊙ h_{t-1} + b_t
 *
 * Its gradient is the same scan in the opposite direction: g_t = dy_t + a_{t+1} ⊙ g_{t+1}, db_t = g_t, da_t = g_t ⊙ h_{t-1}.
 * Each step costs one reading of a and b and one writing of y; equations with a product of the state need `scan`.
 * @returns y [T,B,H], the states, and the last state hLast [B,H]. While running, a length outside 0..T is an InputError.
 */
export function vectorScan(operands: VectorScanOperands): { y: Tensor; hLast: Tensor } {
  const { a, b, h0, lengths, reverse } = completeOptions("vectorScan", operands, rules);
  matchShapes("vectorScan", [
    ["a", a, "T B H"],
    ["b", b, "T B H"],
    ["h0", h0, "B H"],
    ["lengths?", lengths, "B", "i32"],
  ]);
  const shapes = { y: a, hLast: h0 };
  return a.graph.record(vectorScanOperation, { a, b, h0, lengths }, shapes, { reverse: Number(reverse) });
}
