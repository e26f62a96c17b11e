import { completeOptions, word } from "../../options.js";
import { defineOperation } from "../operation.js";
import type { RecurrentOperands } from "../recurrentOperands.js";
import { recurrentCost, recurrentOperands, recurrentShapes } from "../recurrentOperands.js";
import type { Tensor } from "../tensor.js";
import { matchShapes } from "../tensor.js";

const activations = ["tanh", "relu"] as const;

export const rnnOperation = defineOperation({
  name: "rnn",
  operands: ["x any", "h0", "weight_ih", "weight_hh", "bias_ih?", "bias_hh?", "lengths? i32"],
  results: ["y", "hLast"],
  attributes: ["activation", "reverse"],
  cost: recurrentCost,
  gradient: (seen, incoming) => {
    const { graph, x, h0, weight_ih, weight_hh } = seen;
    const shapes = { dx: x, dh0: h0, dweight_ih: weight_ih, dweight_hh: weight_hh, dbias: weight_hh.shape.slice(0, 1) };
    const gradients = graph.record(rnnGradient, { ...seen, ...incoming }, shapes, seen);
    return { ...gradients, dbias_ih: gradients.dbias, dbias_hh: gradients.dbias };
  },
});

export const rnnGradient = defineOperation({
  name: "rnnGradient",
  operands: ["x any", "h0", "weight_ih", "weight_hh", "lengths? i32", "y", "dy?", "dhLast?"],
  results: ["dx? any", "dh0", "dweight_ih", "dweight_hh", "dbias"],
  attributes: ["activation", "reverse"],
  cost: (shapes) => ({ flops: 2 * recurrentCost(shapes).flops }),
});

const rules = { ...recurrentOperands, activation: word(activations, "tanh") };

/**
 * Simple recurrent network over a whole sequence (Elman 1990): h_t = φ(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh).
 * @returns y [T,B,H], the states, and hLast [B,H].
 */
export function rnn(operands: RecurrentOperands & { activation?: (typeof activations)[number] }): {
  y: Tensor;
  hLast: Tensor;
} {
  const complete = completeOptions("rnn", operands, rules);
  const { x, h0, weight_ih, weight_hh, bias_ih, bias_hh, lengths, activation, reverse } = complete;
  const { T, B, H } = matchShapes("rnn", recurrentShapes(complete, 1)) as Record<"T" | "B" | "H", number>;
  return x.graph.record(
    rnnOperation,
    { x, h0, weight_ih, weight_hh, bias_ih, bias_hh, lengths },
    { y: [T, B, H], hLast: h0 },
    { activation: activations.indexOf(activation), reverse: Number(reverse) },
  );
}
