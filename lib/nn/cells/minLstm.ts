import * as ops from "../../graph/ops/index.js";
import type { Tensor } from "../../graph/tensor.js";
import { defineCell } from "../cell.js";
import { bias, input } from "../cellWeight.js";
import { gateInputs } from "../gateInputs.js";

/**
 * Minimal LSTM (Feng et al. 2024, "Were RNNs All We Needed?", section 3.2), whose gates read the input alone and sum to 1.
 *
 *   f_t = σ(W_f x_t + b_f)   i_t = σ(W_i x_t + b_i)   n_t = W_n x_t + b_n   h_t = (f_t ⊙ h_{t-1} + i_t ⊙ n_t) / (f_t + i_t)
 *
 * The gates that are shown are f_t / (f_t + i_t) and i_t / (f_t + i_t), as h_t uses them.
 *
 * This is the form of the paper's main text, not the one in log-space of its appendix, whose candidate is kept positive.
 */
export const minLstm = defineCell({
  name: "minlstm",
  title: "minLSTM",
  gates: ["f", "i", "n"],
  states: ({ H }) => ({ h: H }),
  weights: ({ I, H }) => ({ weight_ih: input([3 * H, I]), bias_ih: bias([3 * H]) }),
  step({ a, state: { h }, gates }) {
    const { f, i, n } = gates(a);
    const [forget, write] = [ops.sigmoid(f), ops.sigmoid(i)];
    return { h: ops.add(h, ops.multiply(ops.divide(write, ops.add(forget, write)), ops.subtract(n, h))) };
  },
  gateValues({ a, gates }) {
    const { f, i } = gates(a);
    const [forget, write] = [ops.sigmoid(f), ops.sigmoid(i)];
    const sum = ops.add(forget, write);
    return { f: ops.divide(forget, sum), i: ops.divide(write, sum) };
  },
  sequence({ state, lengths, reverse, ...operands }) {
    const [f, i, n] = gateInputs({ ...operands, lengths }, 3) as [Tensor, Tensor, Tensor];
    const [forget, put] = [ops.sigmoid(f), ops.sigmoid(i)];
    const write = ops.divide(put, ops.add(forget, put));
    const [a, b] = [ops.affine(write, { scale: -1, shift: 1 }), ops.multiply(write, n)];
    const { y, hLast } = ops.vectorScan({ a, b, h0: state.h, lengths, reverse });
    return { y, last: { h: hLast } };
  },
});
