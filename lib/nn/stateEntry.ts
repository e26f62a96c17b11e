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

/** One entry of the state that a step of a model carries from token to token: a tensor [N,size], a row for each sequence or hypothesis. */
export interface StepEntry {
  /** Its key in a State: "h_l0". */
  readonly name: string;
  readonly size: number;
  /** The type of its values. Default: "f32". */
  readonly dtype?: "f32" | "i32";
  /** Whether it goes on where a text begins afresh: what a text may read of it is for the network to say. Default false. */
  readonly lasts?: boolean;
  /** Whether its rows stay where they are when hypotheses continue others, and the network finds them by indices. Default false. */
  readonly stays?: boolean;
  /** Whether rows that read texts of their own find them by their own number here, with which each begins then. Others begin as zeros. Default false. */
  readonly ownRow?: boolean;
}

/** The state of a stack by the names of its entries, such as { h_l0: [B,H], c_l0: [B,H] }. */
export type State = Record<string, Tensor>;
