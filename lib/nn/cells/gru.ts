import * as ops from "../../graph/ops/index.js";
import type { Tensor } from "../../graph/tensor.js";
import { table, word } from "../../options.js";
import { defineCell } from "../cell.js";
import { gated } from "../cellWeight.js";

/** Gated recurrent unit (Cho et al. 2014), in both of its forms. See ops.gru for the equation. */
export const gru = defineCell({
  name: "gru",
  title: "GRU",
  gates: ["r", "z", "n"],
  options: table("gru", {
    /** "after": the recurrent product is gated (cuDNN, PyTorch); "before": the state is (Cho et al. 2014). Default "after". */
    reset: word(["after", "before"], "after"),
  }),
  states: ({ H }) => ({ h: H }),
  weights: (sizes) => gated(3, sizes),
  step({ a, state: { h }, weights: { weight_hh, bias_hh }, options }) {
    if (options.reset === "after") return { h: ops.gruCell(a, ops.linear(h, weight_hh, bias_hh), h) };
    const H = h.shape[1] as number;
    const gates = { start: 0, end: 2 * H };
    const candidate = { start: 2 * H, end: 3 * H };
    const product = (of: Tensor, rows: typeof gates) =>
      ops.linear(of, ops.slice(weight_hh, { axis: 0, ...rows }), bias_hh && ops.slice(bias_hh, { axis: 0, ...rows }));
    const rz = ops.sigmoid(ops.add(ops.slice(a, { axis: 1, ...gates }), product(h, gates)));
    const r = ops.slice(rz, { axis: 1, start: 0, end: H });
    const z = ops.slice(rz, { axis: 1, start: H, end: 2 * H });
    const n = ops.tanh(ops.add(ops.slice(a, { axis: 1, ...candidate }), product(ops.multiply(r, h), candidate)));
    // (1 - z) n + z h
    return { h: ops.add(n, ops.multiply(z, ops.subtract(h, n))) };
  },
  gateValues({ a, state: { h }, weights: { weight_hh, bias_hh }, gates }) {
    const { r, z } = gates(ops.add(a, ops.linear(h, weight_hh, bias_hh)));
    return { r: ops.sigmoid(r), z: ops.sigmoid(z) };
  },
  sequence({ state, weights, options: { reset }, ...operands }) {
    const { y, hLast } = ops.gru({ ...operands, ...weights, h0: state.h, reset });
    return { y, last: { h: hLast } };
  },
});
