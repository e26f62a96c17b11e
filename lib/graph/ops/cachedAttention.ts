import { ShapeError } from "../../errors.js";
import { completeOptions, optional, real, whole } from "../../options.js";
import { defineOperation } from "../operation.js";
import { elementsOf } from "../program.js";
import type { Tensor } from "../tensor.js";
import { matchShapes, operand } from "../tensor.js";

export const cachedAttentionOperation = defineOperation({
  name: "cachedAttention",
  operands: ["query", "row", "cache", "positions i32"],
  results: ["context", "after"],
  attributes: ["heads", "scale"],
  cost: ({ cache }) => ({ flops: 2 * elementsOf(cache) }),
});

const rules = {
  query: operand,
  row: operand,
  cache: operand,
  positions: operand,
  heads: whole({ minimum: 1 }),
  scale: optional(real()),
};

/**
 * One step of `multiHeadAttention` with `causal`, for rows that each have read some tokens: the keys and values of the last L of
 * them are in a cache, to which the step adds its own.
 *
 * Position p lies in place p mod L, so that the newest replaces the oldest, and a step at position p sees the last min(p + 1, L).
 * @param operands.query [N,F]
 * @param operands.row [N,2F]: keys, then values, of the token that is read.
 * @param operands.cache [N,2FL]: L such rows, those of the tokens before.
 * @param operands.positions i32 [N]: tokens that each row has read before.
 * @returns context [N,F], and the cache after the step.
 * @throws ShapeError for operands that do not fit. While running, a position below 0 is an InputError.
 */
export function cachedAttention(operands: {
  query: Tensor;
  row: Tensor;
  cache: Tensor;
  positions: Tensor;
  heads: number;
  scale?: number;
}): { context: Tensor; after: Tensor } {
  const { heads, scale, ...tensors } = completeOptions("cachedAttention", operands, rules);
  const { query, row, cache, positions } = tensors;
  const { F, W } = matchShapes("cachedAttention", [
    ["query", query, "N F"],
    ["row", row, "N 2F"],
    ["cache", cache, "N W"],
    ["positions", positions, "N", "i32"],
  ]) as { F: number; W: number };
  if (F % heads !== 0)
    throw new ShapeError(`cachedAttention: ${heads} heads cannot share the ${F} features of ${query}.`);
  if (W % (2 * F) !== 0) {
    throw new ShapeError(`cachedAttention: expected rows of ${2 * F} keys and values in the cache, got ${cache}.`);
  }
  const attributes = { heads, scale: scale ?? 1 / Math.sqrt(F / heads) };
  return query.graph.record(cachedAttentionOperation, tensors, { context: query, after: cache }, attributes);
}
