import * as ops from "../../graph/ops/index.js";
import type { NamedTensors, Tensor } from "../../graph/tensor.js";
import { real, table } from "../../options.js";
import { defineCell } from "../cell.js";
import { bias, gated, vector } from "../cellWeight.js";
import { uniform } from "../initializers.js";
import { forgetGate } from "./lstm.js";

/**
 * LSTM with peepholes (Gers & Schmidhuber 2000; as in Greff et al. 2017): its gates see the cell's memory too.
 *
 *   i,f = σ(W x_t + b + R h_{t-1} + p ⊙ c_{t-1})   g = tanh(W x_t + b + R h_{t-1})   c_t = f ⊙ c_{t-1} + i ⊙ g
 *   o = σ(W x_t + b + R h_{t-1} + p_o ⊙ c_t)   h_t = o ⊙ tanh(c_t)
 *
 * `peephole` [3H] holds p_i, p_f and p_o, at first uniform in ±1/sqrt(H).
 */
export const peepholeLstm = defineCell({
  name: "peephole-lstm",
  title: "LSTM with peepholes",
  gates: ["i", "f", "g", "o"],
  options: table("peephole-lstm", {
    /** First value of the forget gate's bias; 1 keeps the cell's memory at the start (Jozefowicz et al. 2015). Default 1. */
    forgetBias: real({ initial: 1 }),
  }),
  states: ({ H }) => ({ h: H, c: H }),
  weights: (sizes, { forgetBias }) => ({
    ...gated(4, sizes),
    bias_ih: bias([4 * sizes.H], forgetGate(forgetBias)),
    peephole: vector([3 * sizes.H], uniform(1 / Math.sqrt(sizes.H))),
  }),
  step({ a, state, weights: { weight_hh, bias_hh, peephole }, gates }) {
    const { o, c } = equation(gates(ops.add(a, ops.linear(state.h, weight_hh, bias_hh))), state.c, peephole);
    return { h: ops.multiply(o, ops.tanh(c)), c };
  },
  gateValues({ a, state, weights: { weight_hh, bias_hh, peephole }, gates }) {
    const { i, f, o } = equation(gates(ops.add(a, ops.linear(state.h, weight_hh, bias_hh))), state.c, peephole);
    return { i, f, o };
  },
});

/** The gates and the memory after a step, from the sums that have not seen the memory. */
function equation(sums: NamedTensors<"i" | "f" | "g" | "o">, before: Tensor, peephole: Tensor) {
  const H = before.shape[1] as number;
  const open = (sum: Tensor, gate: number, c: Tensor) =>
    ops.sigmoid(ops.add(sum, ops.multiply(ops.slice(peephole, { axis: 0, start: gate * H, end: (gate + 1) * H }), c)));
  const [i, f] = [open(sums.i, 0, before), open(sums.f, 1, before)];
  const c = ops.add(ops.multiply(f, before), ops.multiply(i, ops.tanh(sums.g)));
  return { i, f, c, o: open(sums.o, 2, c) };
}
