import type { OptionsOf } from "../options.js";
import { rnn } from "./cells/rnn.js";
import type { RecurrentOptions } from "./recurrent.js";
import { RecurrentStack } from "./recurrent.js";

export interface RNNOptions extends RecurrentOptions, OptionsOf<typeof rnn.options> {}

/**
 * Simple recurrent network over a whole sequence (Elman 1990): h_t = φ(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh).
 *
 * x [T,B,I] -> { y [T,B,H], last: { h_l0 [B,H], ... } }. See RecurrentOptions for stacks.
 */
export class RNN extends RecurrentStack {
  constructor(name: string, options: RNNOptions) {
    super(name, options, rnn);
  }
}
