import { lstm } from "./cells/lstm.js";
import type { RecurrentOptions } from "./recurrent.js";
import { RecurrentStack } from "./recurrent.js";

export interface LSTMOptions extends RecurrentOptions {
  /** First value of the forget gate's bias; 1 keeps the cell's memory at the start (Jozefowicz et al. 2015). Default 1. */
  forgetBias?: number;
}

/**
 * Long short-term memory over a whole sequence (Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000).
 *
 * x [T,B,I] -> { y [T,B,H], last: { h_l0 [B,H], c_l0 [B,H], ... } }. See RecurrentOptions for stacks.
 */
export class LSTM extends RecurrentStack {
  constructor(name: string, options: LSTMOptions) {
    super(name, options, lstm);
  }
}
