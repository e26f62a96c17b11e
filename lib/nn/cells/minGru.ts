import * as ops from "../../graph/ops/index.js";
import type { Tensor } from "../../graph/tensor.js";
import { defineCell } from "../cell.js";
import { bias, input } from "../cellWeight.js";
import { gateInputs } from "../gateInputs.js";

/**
 * Minimal GRU (Feng et al. 2024, "Were RNNs All We Needed?", section 3.1), whose gate reads the input alone.
 *
 *   z_t = σ(W_z x_t + b_z)   n_t = W_n x_t + b_n   h_t = (1 - z_t) ⊙ h_{t-1} + z_t ⊙ n_t
 *
 * This is the form of the paper's main text, not the one in log-space of its appendix, whose candidate is kept positive.
 */
export const minGru = defineCell({
  name: "mingru",
  title: "minGRU",
  gates: ["z", "n"],
  states: ({ H }) => ({ h: H }),
  weights: ({ I, H }) => ({ weight_ih: input([2 * H, I]), bias_ih: bias([2 * H]) }),
  step({ a, state: { h }, gates }) {
    const { z, n } = gates(a);
    return { h: ops.add(h, ops.multiply(ops.sigmoid(z), ops.subtract(n, h))) };
  },
  gateValues: ({ a, gates }) => ({ z: ops.sigmoid(gates(a).z) }),
  sequence({ state, lengths, reverse, ...operands }) {
    const [z, n] = gateInputs({ ...operands, lengths }, 2) as [Tensor, Tensor];
    const write = ops.sigmoid(z);
    const [a, b] = [ops.affine(write, { scale: -1, shift: 1 }), ops.multiply(write, n)];
    const { y, hLast } = ops.vectorScan({ a, b, h0: state.h, lengths, reverse });
    return { y, last: { h: hLast } };
  },
});
