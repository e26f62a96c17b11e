import * as ops from "../graph/ops/index.js";
import type { Tensor } from "../graph/tensor.js";
import { word } from "../options.js";
import type { CellResult, CellWeights, RecurrentOptions } from "./recurrent.js";
import { RecurrentStack } from "./recurrent.js";

export interface RNNOptions extends RecurrentOptions {
  /** Default "tanh". */
  activation?: "tanh" | "relu";
}

const initial = "tanh";

const own = { activation: word(["tanh", "relu"], initial) };

/**
 * Simple recurrent network over a whole sequence (Elman 1990): h_t = φ(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh).
 *
 * x [T,B,I] -> { y [T,B,H], last: { h_l0 [B,H], ... } }. See RecurrentOptions for stacks.
 */
export class RNN extends RecurrentStack {
  readonly #activation: "tanh" | "relu";

  constructor(name: string, options: RNNOptions) {
    super(name, options, { gates: 1, stateNames: ["h"], options: own });
    this.#activation = options.activation ?? initial;
  }

  protected cell(operands: Parameters<RecurrentStack["cell"]>[0], { h }: Record<string, Tensor>): CellResult {
    const { y, hLast } = ops.rnn({ ...operands, h0: h as Tensor, activation: this.#activation });
    return { y, last: { h: hLast } };
  }

  protected cellStep(x: Tensor, weights: CellWeights, { h }: Record<string, Tensor>): Record<string, Tensor> {
    const { weight_ih, weight_hh, bias_ih, bias_hh } = weights;
    const a = ops.add(ops.linear(x, weight_ih, bias_ih), ops.linear(h as Tensor, weight_hh, bias_hh));
    return { h: this.#activation === "tanh" ? ops.tanh(a) : ops.relu(a) };
  }
}
