import { defineOperation } from "../operation.js";
import type { Tensor } from "../tensor.js";
import { matchShapes } from "../tensor.js";

export const lstmCellOperation = defineOperation({
  name: "lstmCell",
  operands: ["a", "c"],
  results: ["h", "cNext", "gates?"],
  gradient: (seen, incoming) =>
    seen.graph.record(lstmCellGradient, { ...seen, ...incoming }, { da: seen.a, dc: seen.c }),
});

export const lstmCellGradient = defineOperation({
  name: "lstmCellGradient",
  operands: ["gates", "c", "cNext", "dh?", "dcNext?"],
  results: ["da", "dc"],
});

/**
 * One step of an LSTM after its products, for bodies of `scan`: i,f,o = σ(a), g = tanh(a), c' = f ⊙ c + i ⊙ g,
 * h' = o ⊙ tanh(c'). Whole sequences: `lstm`, which is faster.
 * @param a [B,4H], pre-activations with their biases in the order i, f, g, o.
 * @param c [B,H]
 * @returns h' and c' [B,H].
 */
export function lstmCell(a: Tensor, c: Tensor): { h: Tensor; c: Tensor } {
  matchShapes("lstmCell", [
    ["c", c, "B H"],
    ["a", a, "B 4H"],
  ]);
  const { h, cNext } = a.graph.record(lstmCellOperation, { a, c }, { h: c, cNext: c, gates: a });
  return { h, c: cNext };
}

export const gruCellOperation = defineOperation({
  name: "gruCell",
  operands: ["a", "p", "h"],
  results: ["hNext", "gates?"],
  gradient: (seen, { dhNext }) => {
    const { graph, a, p, h } = seen;
    return dhNext ? graph.record(gruCellGradient, { ...seen, dhNext }, { da: a, dp: p, dh: h }) : {};
  },
});

export const gruCellGradient = defineOperation({
  name: "gruCellGradient",
  operands: ["gates", "p", "h", "dhNext"],
  results: ["da", "dp", "dh"],
});

/**
 * One step of a GRU (reset after) after its products, for bodies of `scan`: r,z = σ(a + p), n = tanh(a_n + r ⊙ p_n),
 * h' = (1 - z) ⊙ n + z ⊙ h. Whole sequences: `gru`, which is faster.
 * @param a [B,3H], the input's product with its bias in the order r, z, n.
 * @param p [B,3H], the state's product with its bias.
 * @param h [B,H]
 * @returns h' [B,H].
 */
export function gruCell(a: Tensor, p: Tensor, h: Tensor): Tensor {
  matchShapes("gruCell", [
    ["h", h, "B H"],
    ["a", a, "B 3H"],
    ["p", p, "B 3H"],
  ]);
  return a.graph.record(gruCellOperation, { a, p, h }, { hNext: h, gates: a }).hNext;
}
