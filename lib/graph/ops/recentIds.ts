import { completeOptions, whole } from "../../options.js";
import { defineOperation } from "../operation.js";
import type { Tensor } from "../tensor.js";
import { matchShapes, operand, operandIfAny } from "../tensor.js";

export const recentIdsOperation = defineOperation({
  name: "recentIds",
  operands: ["ids i32", "before? i32", "lengths? i32"],
  results: ["recent i32", "last i32"],
  attributes: ["n"],
});

const rules = { ids: operand, n: whole({ minimum: 1 }), before: operandIfAny, lengths: operandIfAny };

/**
 * The last n tokens at each step, the newest first: the context of an n-gram model of order n + 1. Rows of a table are numbered from 1
 * here, as 0 stands for no token: a state of zeros is the beginning of a text.
 *
 *   recent[t,b,k] = 1 + ids[t-k,b] if t >= k, else before[b,k-t-1]
 *
 * @param operands.ids i32 [T,B]
 * @param operands.before i32 [B,n], the last tokens before the first step. Default: none.
 * @param operands.lengths i32 [B], each in 0..T: steps that count in each row. Default: all.
 * @returns recent i32 [T,B,n], and last i32 [B,n] after the steps that count. While running, a length outside 0..T is an InputError.
 */
export function recentIds(operands: { ids: Tensor; n: number; before?: Tensor | null; lengths?: Tensor | null }): {
  recent: Tensor;
  last: Tensor;
} {
  const { ids, n, before, lengths } = completeOptions("recentIds", operands, rules);
  const { T, B } = matchShapes("recentIds", [
    ["ids", ids, "T B", "i32"],
    ["before?", before, `B ${n}`, "i32"],
    ["lengths?", lengths, "B", "i32"],
  ]) as { T: number; B: number };
  const shapes = { recent: [T, B, n], last: [B, n] };
  return ids.graph.record(recentIdsOperation, { ids, before, lengths }, shapes, { n });
}
