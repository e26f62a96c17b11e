import { completeOptions, word } from "../../options.js";
import { defineOperation } from "../operation.js";
import type { RecurrentOperands } from "../recurrentOperands.js";
import { recurrentCost, recurrentOperands, recurrentShapes } from "../recurrentOperands.js";
import type { Tensor } from "../tensor.js";
import { matchShapes } from "../tensor.js";

export const gruOperation = defineOperation({
  name: "gru",
  operands: ["x any", "h0", "weight_ih", "weight_hh", "bias_ih?", "bias_hh?", "lengths? i32"],
  results: ["y", "hLast", "gates? saved"],
  attributes: ["resetAfter", "reverse"],
  cost: recurrentCost,
  gradient: (seen, incoming) => {
    const { graph, x, h0, weight_ih, weight_hh } = seen;
    const bias = weight_hh.shape.slice(0, 1);
    const weights = { dweight_ih: weight_ih, dweight_hh: weight_hh, dbias_ih: bias, dbias_hh: bias };
    return graph.record(gruGradient, { ...seen, ...incoming }, { dx: x, dh0: h0, ...weights }, seen);
  },
});

export const gruGradient = defineOperation({
  name: "gruGradient",
  operands: ["x any", "h0", "weight_ih", "weight_hh", "bias_hh?", "lengths? i32", "y", "gates saved", "dy?", "dhLast?"],
  results: ["dx? any", "dh0", "dweight_ih", "dweight_hh", "dbias_ih", "dbias_hh"],
  attributes: ["resetAfter", "reverse"],
  cost: (shapes) => ({ flops: 2 * recurrentCost(shapes).flops }),
  consumes: ["gates"],
});

const rules = { ...recurrentOperands, reset: word(["after", "before"], "after") };

/**
 * Gated recurrent unit over a whole sequence (Cho et al. 2014), gates in the order r, z, n.
 *
 *   r,z = σ(W x_t + b + R h_{t-1})   h_t = (1 - z) ⊙ n + z ⊙ h_{t-1}
 *   reset "after":  n = tanh(W_n x_t + b_in + r ⊙ (R_n h_{t-1} + b_hn))   (cuDNN, PyTorch)
 *   reset "before": n = tanh(W_n x_t + b_in + R_n (r ⊙ h_{t-1}) + b_hn)   (Cho et al. 2014)
 *
 * @returns y [T,B,H], the states, and hLast [B,H].
 */
export function gru(operands: RecurrentOperands & { reset?: "after" | "before" }): { y: Tensor; hLast: Tensor } {
  const complete = completeOptions("gru", operands, rules);
  const { x, h0, weight_ih, weight_hh, bias_ih, bias_hh, lengths, reset, reverse } = complete;
  const { T, B, H } = matchShapes("gru", recurrentShapes(complete, 3)) as Record<"T" | "B" | "H", number>;
  const { y, hLast } = x.graph.record(
    gruOperation,
    { x, h0, weight_ih, weight_hh, bias_ih, bias_hh, lengths },
    { y: [T, B, H], hLast: h0, gates: [T, B, 4, H] },
    { resetAfter: Number(reset === "after"), reverse: Number(reverse) },
  );
  return { y, hLast };
}
