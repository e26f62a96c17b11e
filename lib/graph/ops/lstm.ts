import { completeOptions } from "../../options.js";
import { defineOperation } from "../operation.js";
import type { Tensor } from "../tensor.js";
import { matchShapes, operand } from "../tensor.js";
import type { RecurrentOperands } from "./recurrent.js";
import { gradientOfInput, paddedHidden, recurrentOperands, recurrentShapes, resultsLike } from "./recurrent.js";

const lstmOperation = defineOperation({
  name: "lstm",
  operands: ["x any", "h0", "c0", "weight_ih", "weight_hh", "bias_ih?", "bias_hh?", "lengths? i32"],
  results: ["y", "hLast", "cLast", "gates?", "cells?"],
  attributes: ["reverse"],
  gradient: ({ operands, results: [y, , , gates, cells], attributes, gradients: [dy, dhLast, dcLast] }) => {
    const [x, h0, c0, weight_ih, weight_hh, bias_ih, bias_hh, lengths] = operands as Tensor[];
    const [dx, dh0, dc0, dweight_ih, dweight_hh, dbias] = (x as Tensor).graph.record(
      lstmGradient,
      [x, h0, c0, weight_ih, weight_hh, lengths, y, gates, cells, dy, dhLast, dcLast],
      [...resultsLike([x, h0, c0, weight_ih, weight_hh]), { shape: [(weight_hh as Tensor).shape[0] as number] }],
      attributes,
    ) as Tensor[];
    return [
      gradientOfInput(x as Tensor, dx as Tensor),
      dh0,
      dc0,
      dweight_ih,
      dweight_hh,
      bias_ih && dbias,
      bias_hh && dbias,
      null,
    ].map((d) => d ?? null);
  },
});

const lstmGradient = defineOperation({
  name: "lstmGradient",
  operands: [
    ...["x any", "h0", "c0", "weight_ih", "weight_hh", "lengths? i32"],
    ...["y", "gates", "cells", "dy?", "dhLast?", "dcLast?"],
  ],
  results: ["dx? any", "dh0", "dc0", "dweight_ih", "dweight_hh", "dbias"],
  attributes: ["reverse"],
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
  const padded = paddedHidden(H);
  const [y, hLast, cLast] = x.graph.record(
    lstmOperation,
    [x, h0, c0, weight_ih, weight_hh, bias_ih, bias_hh, lengths],
    [
      { shape: [T, B, H] },
      { shape: [B, H] },
      { shape: [B, H] },
      { shape: [T, B, 4 * padded] },
      { shape: [T, B, padded] },
    ],
    [Number(reverse)],
  ) as [Tensor, Tensor, Tensor];
  return { y, hLast, cLast };
}
