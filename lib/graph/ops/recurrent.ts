import { elementsOf } from "../program.js";
import type { Tensor } from "../tensor.js";

/** What all recurrent ops take. G is the number of gates: 1 for rnn, 4 for lstm, 3 for gru. */
export interface RecurrentOperands {
  /** [T,B,I] */
  x: Tensor;
  /** [B,H], the state before the first step. */
  h0: Tensor;
  /** [G H,I] */
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

/** The patterns to check them by. h0 comes first: it binds H. */
export function recurrentShapes(operands: RecurrentOperands, gates: number) {
  const rows = `${gates === 1 ? "" : gates}H`;
  return [
    ["h0", operands.h0, "B H"],
    ["x", operands.x, "T B I"],
    ["weight_ih", operands.weight_ih, `${rows} I`],
    ["weight_hh", operands.weight_hh, `${rows} H`],
    ["bias_ih", operands.bias_ih, rows],
    ["bias_hh", operands.bias_hh, rows],
    ["lengths", operands.lengths, "B", "i32"],
  ] as const;
}

/** Hidden units in the saved values of the kernels, which work on blocks of 16. */
export function paddedHidden(hidden: number): number {
  return Math.ceil(hidden / 16) * 16;
}

/** Multiplications and additions of the products of one forward pass. */
export function recurrentFlops(x: Tensor, weight_ih: Tensor, weight_hh: Tensor): number {
  const [T, B] = x.shape as [number, number];
  return 2 * T * B * (elementsOf(weight_ih.shape) + elementsOf(weight_hh.shape));
}
