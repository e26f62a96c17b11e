import { completeOptions, word } from "../../options.js";
import { defineOperation } from "../operation.js";
import type { Tensor } from "../tensor.js";
import { matchShapes } from "../tensor.js";
import type { RecurrentOperands } from "./recurrent.js";
import { gradientOfInput, recurrentOperands, recurrentShapes, resultsLike } from "./recurrent.js";

const activations = ["tanh", "relu"] as const;

const rnnOperation = defineOperation({
  name: "rnn",
  operands: ["x any", "h0", "weight_ih", "weight_hh", "bias_ih?", "bias_hh?", "lengths? i32"],
  results: ["y", "hLast"],
  attributes: ["activation", "reverse"],
  gradient: ({ operands, results: [y], attributes, gradients: [dy, dhLast] }) => {
    const [x, h0, weight_ih, weight_hh, bias_ih, bias_hh, lengths] = operands as Tensor[];
    const [dx, dh0, dweight_ih, dweight_hh, dbias] = (x as Tensor).graph.record(
      rnnGradient,
      [x, h0, weight_ih, weight_hh, lengths, y, dy, dhLast],
      [...resultsLike([x, h0, weight_ih, weight_hh]), { shape: [(weight_hh as Tensor).shape[0] as number] }],
      attributes,
    ) as Tensor[];
    return [
      gradientOfInput(x as Tensor, dx as Tensor),
      dh0,
      dweight_ih,
      dweight_hh,
      bias_ih && dbias,
      bias_hh && dbias,
      null,
    ].map((d) => d ?? null);
  },
});

const rnnGradient = defineOperation({
  name: "rnnGradient",
  operands: ["x any", "h0", "weight_ih", "weight_hh", "lengths? i32", "y", "dy?", "dhLast?"],
  results: ["dx? any", "dh0", "dweight_ih", "dweight_hh", "dbias"],
  attributes: ["activation", "reverse"],
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
  const [y, hLast] = x.graph.record(
    rnnOperation,
    [x, h0, weight_ih, weight_hh, bias_ih, bias_hh, lengths],
    [{ shape: [T, B, H] }, { shape: [B, H] }],
    [activations.indexOf(activation), Number(reverse)],
  ) as [Tensor, Tensor];
  return { y, hLast };
}
