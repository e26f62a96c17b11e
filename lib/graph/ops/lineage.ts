import { completeOptions } from "../../options.js";
import { defineOperation } from "../operation.js";
import type { Tensor } from "../tensor.js";
import { matchShapes, operand } from "../tensor.js";

export const lineageOperation = defineOperation({
  name: "lineage",
  operands: ["before i32", "times i32"],
  results: ["after i32"],
});

const rules = { before: operand, times: operand };

/**
 * Which row of a cache holds what each hypothesis has read, place by place: as before, and itself at the place times[n] mod L, where it
 * keeps what it reads now (see `keepRow`). Where rows continue others, only these numbers follow them; the caches stay.
 * @param operands.before i32 [N,L]
 * @param operands.times i32 [N], the same for all. While running, one below 0 is an InputError.
 * @returns i32 [N,L]
 */
export function lineage(operands: { before: Tensor; times: Tensor }): Tensor {
  const tensors = completeOptions("lineage", operands, rules);
  matchShapes("lineage", [
    ["before", tensors.before, "N L", "i32"],
    ["times", tensors.times, "N", "i32"],
  ]);
  return tensors.before.graph.record(lineageOperation, tensors, { after: tensors.before }).after;
}
