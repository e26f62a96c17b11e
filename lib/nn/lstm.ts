import type { OptionsOf } from "../options.js";
import { lstm } from "./cells/lstm.js";
import type { RecurrentOptions } from "./recurrent.js";
import { RecurrentStack } from "./recurrent.js";

export interface LSTMOptions extends RecurrentOptions, OptionsOf<typeof lstm.options> {}

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
