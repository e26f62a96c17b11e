import { ShapeError } from "../../errors.js";
import { completeOptions, real } from "../../options.js";
import { defineOperation } from "../operation.js";
import type { Shape } from "../program.js";
import { elementsOf, rowsOf } from "../program.js";
import type { Tensor } from "../tensor.js";
import { matchShapes, operand, operandIfAny } from "../tensor.js";

/** Operands of `attention`. @inline */
export interface AttentionOperands {
  /** [T,B,K], one for each step of the decoder; or [T,N,K] with N a multiple of B: row n reads memory n / (N/B), as beams do. */
  query: Tensor;
  /** [S,B,K], what queries are compared with. */
  keys: Tensor;
  /** [S,B,M], what is averaged. */
  values: Tensor;
  /** [K], for additive scores vᵀ tanh(query + key) (Bahdanau et al. 2015, section A.1.2). Absent: scale · queryᵀ key. */
  v?: Tensor | null;
  /** Scale of the product. Default 1 (Luong et al. 2015); 1/√K for scaled dot products (Vaswani et al. 2017). */
  scale?: number;
  /** i32 [B], number of the S positions that exist. Absent: all. Where none does, context and weights are 0. */
  lengths?: Tensor | null;
}

/** Products of each query with all keys, and of its weights with all values; the gradient makes as many. */
function attentionCost({ query, keys, values }: Record<"query" | "keys" | "values", Shape>) {
  const [S, , K] = keys as [number, number, number];
  return { flops: 2 * rowsOf(query) * S * (K + (values.at(-1) as number)) };
}

export const attentionOperation = defineOperation({
  name: "attention",
  operands: ["query", "keys", "values", "v?", "lengths? i32"],
  results: ["context", "weights?"],
  attributes: ["scale"],
  cost: attentionCost,
  gradient: (seen, { dcontext, dweights }, needs) => {
    const { graph, query, keys, values, v, weights } = seen;
    if (query.shape[1] !== keys.shape[1]) throw new ShapeError("attention: memory that rows share has no gradient.");
    const operands = { ...seen, dcontext, dweights };
    const { dquery, dscores } = graph.record(attentionGradient, operands, { dquery: query, dscores: weights }, seen);
    const sum = (factors: Tensor, rows: Tensor, like: Tensor) =>
      graph.record(attentionSum, { factors, rows }, { sums: like }).sums;
    const memory =
      v && (needs.keys || needs.v)
        ? graph.record(additiveGradient, { query, dscores, keys, v }, { dkeys: keys, dv: v })
        : { dkeys: needs.keys && sum(dscores, query, keys) };
    return { dquery, ...memory, dvalues: needs.values && dcontext && sum(weights, dcontext, values) };
  },
});

export const attentionGradient = defineOperation({
  name: "attentionGradient",
  operands: ["query", "keys", "values", "v?", "lengths? i32", "weights", "dcontext?", "dweights?"],
  results: ["dquery", "dscores"],
  attributes: ["scale"],
  cost: attentionCost,
});

/** factors [T,B,S], rows [T,B,K] -> [S,B,K]: sum over t of factors[t,b,s] rows[t,b]. */
export const attentionSum = defineOperation({
  name: "attentionSum",
  operands: ["factors", "rows"],
  results: ["sums"],
  cost: ({ factors, rows }) => ({ flops: 2 * elementsOf(factors) * (rows.at(-1) as number) }),
  sumsRows: ({ factors, rows }) => factors && rows,
});

/** query [T,B,K], dscores [T,B,S], keys [S,B,K], v [K] -> the gradients of keys and v. */
export const additiveGradient = defineOperation({
  name: "additiveGradient",
  operands: ["query", "dscores", "keys", "v"],
  results: ["dkeys", "dv"],
  sumsRows: ({ query, dscores, keys, v }) => query && dscores && !keys && !v,
});

const rules = {
  query: operand,
  keys: operand,
  values: operand,
  v: operandIfAny,
  scale: real({ initial: 1 }),
  lengths: operandIfAny,
};

/**
 * Attention: weights = softmax(scores of the query and each key), context = sum of weights · values.
 *
 * In a step of a decoder (a scan) T is 1; with teacher forcing and no feeding of the context, all T steps are one call.
 * @returns context [T,N,M] and weights [T,N,S].
 */
export function attention(operands: AttentionOperands): { context: Tensor; weights: Tensor } {
  const { query, keys, values, v, scale, lengths } = completeOptions("attention", operands, rules);
  const { T, N, S, B, M } = matchShapes("attention", [
    ["query", query, "T N K"],
    ["keys", keys, "S B K"],
    ["values", values, "S B M"],
    ["v?", v, "K"],
    ["lengths?", lengths, "B", "i32"],
  ]) as Record<"T" | "N" | "S" | "B" | "M", number>;
  if (N % B !== 0) throw new ShapeError(`attention: expected a multiple of ${B} rows, got ${query}.`);
  const shapes = { context: [T, N, M], weights: [T, N, S] };
  return query.graph.record(attentionOperation, { query, keys, values, v, lengths }, shapes, { scale });
}
