import { ShapeError } from "../../errors.js";
import { completeOptions, optional, real, whole } from "../../options.js";
import { defineOperation } from "../operation.js";
import { elementsOf } from "../program.js";
import type { Tensor } from "../tensor.js";
import { matchShapes, operand } from "../tensor.js";

export const cachedAttentionOperation = defineOperation({
  name: "cachedAttention",
  operands: ["query", "cache", "lineage i32", "times i32", "positions i32"],
  results: ["context"],
  attributes: ["heads", "scale"],
  cost: ({ cache }) => ({ flops: 2 * elementsOf(cache) }),
});

const rules = {
  query: operand,
  cache: operand,
  lineage: operand,
  times: operand,
  positions: operand,
  heads: whole({ minimum: 1 }),
  scale: optional(real()),
};

/**
 * One step of `multiHeadAttention` with `causal`, for rows that each have read some tokens, whose keys and values are in a cache.
 *
 * The keys and values that row n reads of time s lie in row lineage[n, s mod L] of the cache, at the place s mod L. It sees those of
 * the times from times[n] back, its own among them (see `keepRow`): min(positions[n] + 1, L) of them.
 * @param operands.query [N,F]
 * @param operands.cache [N,2FL]: for each row of the batch L times keys, then values.
 * @param operands.lineage i32 [N,L], each below N, see `lineage`.
 * @param operands.times i32 [N]: steps before this one.
 * @param operands.positions i32 [N]: tokens of its text that each row has read before, at most times[n].
 * @returns context [N,F].
 * @throws ShapeError for operands that do not fit. While running, numbers outside their range are an InputError.
 */
export function cachedAttention(operands: {
  query: Tensor;
  cache: Tensor;
  lineage: Tensor;
  times: Tensor;
  positions: Tensor;
  heads: number;
  scale?: number;
}): Tensor {
  const { heads, scale, ...tensors } = completeOptions("cachedAttention", operands, rules);
  const { query, cache } = tensors;
  const { F, L } = matchShapes("cachedAttention", [
    ["query", query, "N F"],
    ["lineage", tensors.lineage, "N L", "i32"],
    ["times", tensors.times, "N", "i32"],
    ["positions", tensors.positions, "N", "i32"],
  ]) as { F: number; L: number };
  matchShapes("cachedAttention", [
    ["query", query, "N F"],
    ["cache", cache, `N ${2 * F * L}`],
  ]);
  if (F % heads !== 0)
    throw new ShapeError(`cachedAttention: ${heads} heads cannot share the ${F} features of ${query}.`);
  const attributes = { heads, scale: scale ?? 1 / Math.sqrt(F / heads) };
  return query.graph.record(cachedAttentionOperation, tensors, { context: query }, attributes).context;
}
