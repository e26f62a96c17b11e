import { completeOptions, word } from "../../options.js";
import { defineOperation } from "../operation.js";
import type { Tensor } from "../tensor.js";
import { matchShapes } from "../tensor.js";
import type { RecurrentOperands } from "./recurrent.js";
import { gradientOfInput, paddedHidden, recurrentOperands, recurrentShapes, resultsLike } from "./recurrent.js";

const gruOperation = defineOperation({
  name: "gru",
  operands: ["x any", "h0", "weight_ih", "weight_hh", "bias_ih?", "bias_hh?", "lengths? i32"],
  results: ["y", "hLast", "gates?"],
  attributes: ["resetAfter", "reverse"],
  gradient: ({ operands, results: [y, , gates], attributes, gradients: [dy, dhLast] }) => {
    const [x, h0, weight_ih, weight_hh, bias_ih, bias_hh, lengths] = operands as Tensor[];
    const bias = { shape: [(weight_hh as Tensor).shape[0] as number] };
    const [dx, dh0, dweight_ih, dweight_hh, dbias_ih, dbias_hh] = (x as Tensor).graph.record(
      gruGradient,
      [x, h0, weight_ih, weight_hh, bias_hh, lengths, y, gates, dy, dhLast],
      [...resultsLike([x, h0, weight_ih, weight_hh]), bias, bias],
      attributes,
    ) as Tensor[];
    return [
      gradientOfInput(x as Tensor, dx as Tensor),
      dh0,
      dweight_ih,
      dweight_hh,
      bias_ih && dbias_ih,
      bias_hh && dbias_hh,
      null,
    ].map((d) => d ?? null);
  },
});

const gruGradient = defineOperation({
  name: "gruGradient",
  operands: ["x any", "h0", "weight_ih", "weight_hh", "bias_hh?", "lengths? i32", "y", "gates", "dy?", "dhLast?"],
  results: ["dx? any", "dh0", "dweight_ih", "dweight_hh", "dbias_ih", "dbias_hh"],
  attributes: ["resetAfter", "reverse"],
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
  const [y, hLast] = x.graph.record(
    gruOperation,
    [x, h0, weight_ih, weight_hh, bias_ih, bias_hh, lengths],
    [{ shape: [T, B, H] }, { shape: [B, H] }, { shape: [T, B, 4 * paddedHidden(H)] }],
    [Number(reset === "after"), Number(reverse)],
  ) as [Tensor, Tensor];
  return { y, hLast };
}
