import type { OptionsOf } from "../options.js";
import { gru } from "./cells/gru.js";
import type { RecurrentOptions } from "./recurrent.js";
import { RecurrentStack } from "./recurrent.js";

export interface GRUOptions extends RecurrentOptions, OptionsOf<typeof gru.options> {}

/**
 * Gated recurrent unit over a whole sequence (Cho et al. 2014).
 *
 * x [T,B,I] -> { y [T,B,H], last: { h_l0 [B,H], ... } }. See RecurrentOptions for stacks.
 */
export class GRU extends RecurrentStack {
  constructor(name: string, options: GRUOptions) {
    super(name, options, gru);
  }
}
