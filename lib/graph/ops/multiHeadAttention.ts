import { ShapeError } from "../../errors.js";
import { completeOptions, flag, optional, real, whole } from "../../options.js";
import { defineOperation } from "../operation.js";
import type { Shape } from "../program.js";
import { elementsOf } from "../program.js";
import type { Tensor } from "../tensor.js";
import { matchShapes, operand, operandIfAny } from "../tensor.js";

/** Operands of `multiHeadAttention`. @inline */
export interface MultiHeadAttentionOperands {
  /** Queries of each step, [T,B,F]: `heads` of F/heads features side by side. */
  query: Tensor;
  /** Keys of all heads, then their values, of each position, [S,B,2F]. */
  memory: Tensor;
  /** i32 [B], number of the S positions that exist. Absent: all. Where none does, the context is 0. */
  lengths?: Tensor | null;
  /** Heads, a divisor of F. */
  heads: number;
  /** Hide what comes later: query t sees the positions up to S - T + t, so S is at least T. Default false. */
  causal?: boolean;
  /** Scale of the products of queries and keys. Default: 1/√(F/heads). */
  scale?: number;
}

/** The products of all queries with all keys and of their weights with all values, half of them if later ones are hidden. */
function attentionFlops({ query, memory, causal }: Record<"query" | "memory", Shape> & { causal: number }): number {
  return (4 * elementsOf(query) * (memory[0] as number)) / (causal ? 2 : 1);
}

export const multiHeadAttentionOperation = defineOperation({
  name: "multiHeadAttention",
  operands: ["query", "memory", "lengths? i32"],
  results: ["context", "logSums?"],
  attributes: ["heads", "causal", "scale"],
  cost: (shapes) => ({ flops: attentionFlops(shapes) }),
  gradient: (seen, { dcontext }) => {
    if (!dcontext) return {};
    const { graph, query, memory } = seen;
    return graph.record(
      multiHeadAttentionGradient,
      { ...seen, dcontext },
      { dquery: query, dmemory: memory },
      { heads: seen.heads, causal: seen.causal, scale: seen.scale },
    );
  },
});

/** Five products for the two of the op: the scores are computed again, as nobody kept them. */
export const multiHeadAttentionGradient = defineOperation({
  name: "multiHeadAttentionGradient",
  operands: ["query", "memory", "lengths? i32", "context", "logSums", "dcontext"],
  results: ["dquery", "dmemory"],
  attributes: ["heads", "causal", "scale"],
  cost: (shapes) => ({ flops: 2.5 * attentionFlops(shapes) }),
});

export const multiHeadWeightsOperation = defineOperation({
  name: "multiHeadWeights",
  operands: ["query", "memory", "lengths? i32"],
  results: ["weights"],
  attributes: ["heads", "causal", "scale"],
  cost: (shapes) => ({ flops: attentionFlops(shapes) / 2 }),
});

const rules = {
  query: operand,
  memory: operand,
  lengths: operandIfAny,
  heads: whole({ minimum: 1 }),
  causal: flag(),
  scale: optional(real()),
};

/** The operands and attributes, once they fit together. @throws ShapeError */
function expectHeads(name: string, operands: MultiHeadAttentionOperands) {
  const { heads, causal, scale, ...tensors } = completeOptions(name, operands, rules);
  const { query, memory, lengths } = tensors;
  const { T, B, F, S } = matchShapes(name, [
    ["query", query, "T B F"],
    ["memory", memory, "S B 2F"],
    ["lengths?", lengths, "B", "i32"],
  ]) as Record<"T" | "B" | "F" | "S", number>;
  if (F % heads !== 0) {
    throw new ShapeError(`${name}: ${heads} heads cannot share the ${F} features of ${query}: choose a divisor.`);
  }
  if (causal && S < T) {
    throw new ShapeError(`${name}: with causal, expected at least as many positions as queries, got ${memory}.`);
  }
  const attributes = { heads, causal: Number(causal), scale: scale ?? 1 / Math.sqrt(F / heads) };
  return { tensors, attributes, T, B, S };
}

/**
 * Attention by several heads (Vaswani et al. 2017, equation 1): each head's context = softmax(scale · Q Kᵀ) V, side by side.
 *
 * Computed block by block with a running maximum and sum, so that no matrix of T x S weights is ever in memory, neither here nor
 * in the gradient, which computes them again from the logarithms of the sums (Dao et al. 2022).
 * @returns context [T,B,F].
 * @throws ShapeError for operands that do not fit, or heads that do not divide F.
 */
export function multiHeadAttention(operands: MultiHeadAttentionOperands): Tensor {
  const { tensors, attributes, T, B } = expectHeads("multiHeadAttention", operands);
  const { query } = tensors;
  const shapes = { context: query, logSums: [B, attributes.heads, T] };
  return query.graph.record(multiHeadAttentionOperation, tensors, shapes, attributes).context;
}

/**
 * The weights by which `multiHeadAttention` averages, for looking at them: [heads,T,B,S], 0 for what a query does not see.
 * They have no gradient.
 * @throws ShapeError as `multiHeadAttention` does.
 */
export function multiHeadWeights(operands: MultiHeadAttentionOperands): Tensor {
  const { tensors, attributes, T, B, S } = expectHeads("multiHeadWeights", operands);
  const shapes = { weights: [attributes.heads, T, B, S] };
  return tensors.query.graph.record(multiHeadWeightsOperation, tensors, shapes, attributes).weights;
}
