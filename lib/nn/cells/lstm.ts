import * as ops from "../../graph/ops/index.js";
import { real, table } from "../../options.js";
import { defineCell } from "../cell.js";
import { bias, gated } from "../cellWeight.js";
import type { Initializer } from "../initializers.js";

/** Long short-term memory (Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000). See ops.lstm for the equation. */
export const lstm = defineCell({
  name: "lstm",
  title: "LSTM",
  gates: ["i", "f", "g", "o"],
  options: table("lstm", {
    /** First value of the forget gate's bias; 1 keeps the cell's memory at the start (Jozefowicz et al. 2015). Default 1. */
    forgetBias: real({ initial: 1 }),
  }),
  states: ({ H }) => ({ h: H, c: H }),
  weights: (sizes, { forgetBias }) => ({
    ...gated(4, sizes),
    bias_ih: bias([4 * sizes.H], forgetGate(forgetBias)),
  }),
  step: ({ a, state: { h, c }, weights: { weight_hh, bias_hh } }) =>
    ops.lstmCell(ops.add(a, ops.linear(h, weight_hh, bias_hh)), c),
  gateValues({ a, state: { h }, weights: { weight_hh, bias_hh }, gates }) {
    const { i, f, o } = gates(ops.add(a, ops.linear(h, weight_hh, bias_hh)));
    return { i: ops.sigmoid(i), f: ops.sigmoid(f), o: ops.sigmoid(o) };
  },
  sequence({ state, weights, options: _, ...operands }) {
    const { y, hLast, cLast } = ops.lstm({ ...operands, ...weights, h0: state.h, c0: state.c });
    return { y, last: { h: hLast, c: cLast } };
  },
});

/** First values of a bias whose gates are stored i, f, g, o: the second quarter belongs to the forget gate. */
export function forgetGate(value: number): Initializer {
  return ([rows = 0]) => new Float32Array(rows).fill(value, rows / 4, rows / 2);
}
