import * as ops from "../../graph/ops/index.js";
import { table, word } from "../../options.js";
import { defineCell } from "../cell.js";
import { bias, input, vector } from "../cellWeight.js";
import type { Initializer } from "../initializers.js";

/**
 * Independently recurrent network (Li et al. 2018): each unit hears of itself alone.
 *
 *   h_t = φ(W_ih x_t + b_ih + u ⊙ h_{t-1})   φ = relu, unless `activation` says tanh
 *
 * u is `weight_hh` [H], at first uniform in [0, 1): some units keep what they saw, others forget it.
 */
export const indRnn = defineCell({
  name: "indrnn",
  title: "IndRNN",
  gates: ["n"],
  options: table("indrnn", {
    /** Function that the sum goes through. Default "relu". */
    activation: word(["relu", "tanh"], "relu"),
  }),
  states: ({ H }) => ({ h: H }),
  weights: ({ I, H }) => ({
    weight_ih: input([H, I]),
    weight_hh: vector([H], betweenZeroAndOne),
    bias_ih: bias([H]),
  }),
  step({ a, state: { h }, weights, options }) {
    const sum = ops.add(a, ops.multiply(h, weights.weight_hh));
    return { h: options.activation === "relu" ? ops.relu(sum) : ops.tanh(sum) };
  },
});

const betweenZeroAndOne: Initializer = ([H = 0], random) => Float32Array.from({ length: H }, () => random.uniform());
