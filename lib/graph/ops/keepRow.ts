import { ShapeError } from "../../errors.js";
import { completeOptions } from "../../options.js";
import { defineOperation } from "../operation.js";
import { elementsOf } from "../program.js";
import type { Tensor } from "../tensor.js";
import { matchShapes, operand } from "../tensor.js";

export const keepRowOperation = defineOperation({
  name: "keepRow",
  operands: ["cache", "row", "times i32"],
  results: ["after"],
  view: true,
  consumes: ["cache"],
  cost: ({ row }) => ({ bytes: 8 * elementsOf(row) }),
});

const rules = { cache: operand, row: operand, times: operand };

/**
 * A cache of rows with one more: in it, for each n, the place times[n] mod L holds row[n]. Nothing is copied: the result is the memory
 * of `cache`, which nothing may read afterwards.
 * @param operands.cache [N,LW], for each n L rows after each other, such as a feed.
 * @param operands.row [N,W]
 * @param operands.times i32 [N]. While running, one below 0 is an InputError.
 * @returns [N,LW]
 * @throws ShapeError for operands that do not fit.
 */
export function keepRow(operands: { cache: Tensor; row: Tensor; times: Tensor }): Tensor {
  const tensors = completeOptions("keepRow", operands, rules);
  const { C, W } = matchShapes("keepRow", [
    ["cache", tensors.cache, "N C"],
    ["row", tensors.row, "N W"],
    ["times", tensors.times, "N", "i32"],
  ]) as { C: number; W: number };
  if (C % W !== 0) throw new ShapeError(`keepRow: expected rows of ${W} numbers in the cache, got ${tensors.cache}.`);
  return tensors.cache.graph.record(keepRowOperation, tensors, { after: tensors.cache }).after;
}
