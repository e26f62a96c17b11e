import type { Tensor } from "../graph/tensor.js";

/** One entry of a stack's state: a tensor [B,size] that a cell carries from step to step. */
export interface StateEntry {
  /** Its key in a State: "h_l0", "c_l1_reverse". */
  readonly name: string;
  /** Its name in the cell's equation: "h", "c". */
  readonly kind: string;
  readonly layer: number;
  /** 0 forwards, 1 backwards. */
  readonly direction: 0 | 1;
  readonly size: number;
}

/** The state of a stack by the names of its entries, such as { h_l0: [B,H], c_l0: [B,H] }. */
export type State = Record<string, Tensor>;
