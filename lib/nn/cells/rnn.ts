import * as ops from "../../graph/ops/index.js";
import { table, word } from "../../options.js";
import { defineCell } from "../cell.js";
import { gated } from "../cellWeight.js";

/** Simple recurrent network (Elman 1990): h_t = φ(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh). */
export const rnn = defineCell({
  name: "rnn",
  title: "RNN",
  gates: ["n"],
  options: table("rnn", {
    /** Function that the sum goes through. Default "tanh". */
    activation: word(["tanh", "relu"], "tanh"),
  }),
  states: ({ H }) => ({ h: H }),
  weights: (sizes) => gated(1, sizes),
  step({ a, state: { h }, weights: { weight_hh, bias_hh }, options }) {
    const sum = ops.add(a, ops.linear(h, weight_hh, bias_hh));
    return { h: options.activation === "tanh" ? ops.tanh(sum) : ops.relu(sum) };
  },
  sequence({ state, weights, options: { activation }, ...operands }) {
    const { y, hLast } = ops.rnn({ ...operands, ...weights, h0: state.h, activation });
    return { y, last: { h: hLast } };
  },
});
