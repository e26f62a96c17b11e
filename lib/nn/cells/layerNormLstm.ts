import * as ops from "../../graph/ops/index.js";
import type { Tensor } from "../../graph/tensor.js";
import { real, table } from "../../options.js";
import { defineCell } from "../cell.js";
import { bias, input, recurrent, vector } from "../cellWeight.js";
import { constant } from "../initializers.js";
import { forgetGate } from "./lstm.js";

/**
 * LSTM with layer normalisation (Ba et al. 2016, equations 20 to 22): the two products and the memory are normalised.
 *
 *   [i,f,g,o] = LN(R h_{t-1}; γ_hh, β_hh) + LN(W x_t; γ_ih, β_ih) + b   c_t = σ(f) ⊙ c_{t-1} + σ(i) ⊙ tanh(g)
 *   h_t = σ(o) ⊙ tanh(LN(c_t; γ_c, β_c))
 *
 * LN goes over all gates of a product at once, as in the paper. γ is `gain`, at first 1, and β is `shift`, at first 0.
 */
export const layerNormLstm = defineCell({
  name: "layer-norm-lstm",
  title: "LSTM with layer normalisation",
  gates: ["i", "f", "g", "o"],
  options: table("layer-norm-lstm", {
    /** First value of the forget gate's bias; 1 keeps the cell's memory at the start (Jozefowicz et al. 2015). Default 1. */
    forgetBias: real({ initial: 1 }),
  }),
  states: ({ H }) => ({ h: H, c: H }),
  weights: ({ I, H }, { forgetBias }) => ({
    weight_ih: input([4 * H, I]),
    weight_hh: recurrent([4 * H, H]),
    bias: bias([4 * H], forgetGate(forgetBias)),
    gain_ih: vector([4 * H], constant(1)),
    gain_hh: vector([4 * H], constant(1)),
    gain_c: vector([H], constant(1)),
    shift_ih: bias([4 * H]),
    shift_hh: bias([4 * H]),
    shift_c: bias([H]),
  }),
  input({ x, weights: { weight_ih, gain_ih, shift_ih, bias } }) {
    const normal = layerNorm(ops.linear(x, weight_ih), gain_ih, shift_ih);
    return bias ? ops.add(normal, bias) : normal;
  },
  step({ a, state, weights, gates }) {
    const { i, f, g, o } = gates(ops.add(a, recurrentPart(state.h, weights)));
    const c = ops.add(ops.multiply(ops.sigmoid(f), state.c), ops.multiply(ops.sigmoid(i), ops.tanh(g)));
    return { h: ops.multiply(ops.sigmoid(o), ops.tanh(layerNorm(c, weights.gain_c, weights.shift_c))), c };
  },
  gateValues({ a, state, weights, gates }) {
    const { i, f, o } = gates(ops.add(a, recurrentPart(state.h, weights)));
    return { i: ops.sigmoid(i), f: ops.sigmoid(f), o: ops.sigmoid(o) };
  },
});

/** LN(R h; γ_hh, β_hh) */
function recurrentPart(
  h: Tensor,
  { weight_hh, gain_hh, shift_hh }: { weight_hh: Tensor; gain_hh: Tensor; shift_hh: Tensor | null },
): Tensor {
  return layerNorm(ops.linear(h, weight_hh), gain_hh, shift_hh);
}

function layerNorm(x: Tensor, gain: Tensor, shift: Tensor | null): Tensor {
  return ops.layerNorm({ x, gain, bias: shift ?? x.graph.zeros(gain.shape) });
}
