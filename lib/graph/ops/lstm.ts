import { completeOptions } from "../../options.js";
import { defineOperation } from "../operation.js";
import type { RecurrentOperands } from "../recurrentOperands.js";
import { recurrentCost, recurrentOperands, recurrentShapes } from "../recurrentOperands.js";
import type { Tensor } from "../tensor.js";
import { matchShapes, operand } from "../tensor.js";

export const lstmOperation = defineOperation({
  name: "lstm",
  operands: ["x any", "h0", "c0", "weight_ih", "weight_hh", "bias_ih?", "bias_hh?", "lengths? i32"],
  results: ["y", "hLast", "cLast", "gates? saved", "cells? saved"],
  attributes: ["reverse"],
  cost: recurrentCost,
  gradient: (seen, incoming) => {
    const { graph, x, h0, c0, weight_ih, weight_hh } = seen;
    const weights = { dweight_ih: weight_ih, dweight_hh: weight_hh, dbias: weight_hh.shape.slice(0, 1) };
    const shapes = { dx: x, dh0: h0, dc0: c0, ...weights };
    const gradients = graph.record(lstmGradient, { ...seen, ...incoming }, shapes, seen);
    return { ...gradients, dbias_ih: gradients.dbias, dbias_hh: gradients.dbias };
  },
});

export const lstmGradient = defineOperation({
  name: "lstmGradient",
  operands: [
    "x any",
    "h0",
    "c0",
    "weight_ih",
    "weight_hh",
    "lengths? i32",
    "y",
    "gates saved",
    "cells saved",
    "dy?",
    "dhLast?",
    "dcLast?",
  ],
  results: ["dx? any", "dh0", "dc0", "dweight_ih", "dweight_hh", "dbias"],
  attributes: ["reverse"],
  cost: (shapes) => ({ flops: 2 * recurrentCost(shapes).flops }),
  consumes: ["gates"],
});

const rules = { ...recurrentOperands, c0: operand };

/**
 * Long short-term memory over a whole sequence (Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000).
 *
 *   i,f,o = σ(W x_t + b + R h_{t-1})   g = tanh(...)   c_t = f ⊙ c_{t-1} + i ⊙ g   h_t = o ⊙ tanh(c_t)
 *
 * Gates are stored in the order i, f, g, o, as in PyTorch.
 * @returns y [T,B,H], the hidden states, and the last state hLast, cLast [B,H].
 */
export function lstm(operands: RecurrentOperands & { c0: Tensor }): { y: Tensor; hLast: Tensor; cLast: Tensor } {
  const complete = completeOptions("lstm", operands, rules);
  const { x, h0, c0, weight_ih, weight_hh, bias_ih, bias_hh, lengths, reverse } = complete;
  const shapes = [...recurrentShapes(complete, 4), ["c0", c0, "B H"]] as const;
  const { T, B, H } = matchShapes("lstm", shapes) as Record<"T" | "B" | "H", number>;
  const { y, hLast, cLast } = x.graph.record(
    lstmOperation,
    { x, h0, c0, weight_ih, weight_hh, bias_ih, bias_hh, lengths },
    { y: [T, B, H], hLast: h0, cLast: c0, gates: [T, B, 4, H], cells: [T, B, H] },
    { reverse: Number(reverse) },
  );
  return { y, hLast, cLast };
}
