import { flag } from "../options.js";
import type { Shape } from "./program.js";
import { elementsOf } from "./program.js";
import type { Tensor } from "./tensor.js";
import { operand, operandIfAny } from "./tensor.js";

/** Operands of all recurrent ops. G is the number of gates: 1 for rnn, 4 for lstm, 3 for gru. @inline */
export interface RecurrentOperands {
  /** [T,B,I], or i32 [T,B]: ids of rows of a table [V,G H] of input products, which then stands in place of weight_ih. */
  x: Tensor;
  /** [B,H], the state before the first step. */
  h0: Tensor;
  /** [G H,I]; with ids, the table [V,G H]. */
  weight_ih: Tensor;
  /** [G H,H] */
  weight_hh: Tensor;
  /** [G H] */
  bias_ih?: Tensor | null;
  /** [G H] */
  bias_hh?: Tensor | null;
  /** i32 [B], each in 0..T. Past a row's length the state is carried and y is 0. Absent: all rows have length T. */
  lengths?: Tensor | null;
  /** Walk from the last step to the first. */
  reverse?: boolean;
}

/** Rules of these operands. */
export const recurrentOperands = {
  x: operand,
  h0: operand,
  weight_ih: operand,
  weight_hh: operand,
  bias_ih: operandIfAny,
  bias_hh: operandIfAny,
  lengths: operandIfAny,
  reverse: flag(),
};

/** The patterns to check them by. x and the state come first: callers supply them, and a wrong one is not a weight's fault. */
export function recurrentShapes(operands: RecurrentOperands, gates: number) {
  const rows = `${gates === 1 ? "" : gates}H`;
  const ids = operands.x.dtype === "i32";
  return [
    ["x", operands.x, ids ? "T B" : "T B I", operands.x.dtype],
    ["h0", operands.h0, "B H"],
    ["weight_ih", operands.weight_ih, ids ? `V ${rows}` : `${rows} I`],
    ["weight_hh", operands.weight_hh, `${rows} H`],
    ["bias_ih?", operands.bias_ih, rows],
    ["bias_hh?", operands.bias_hh, rows],
    ["lengths?", operands.lengths, "B", "i32"],
  ] as const;
}

/** Products of all steps with weight_ih, unless those are rows of a table already, and with weight_hh. */
export function recurrentCost({ x, weight_ih, weight_hh }: Record<"x" | "weight_ih" | "weight_hh", Shape>) {
  const [T, B, I] = x as [number, number, number | undefined];
  return { flops: 2 * T * B * ((I === undefined ? 0 : elementsOf(weight_ih)) + elementsOf(weight_hh)) };
}
