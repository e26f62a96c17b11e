import { defineOperation } from "../operation.js";
import type { Tensor } from "../tensor.js";
import { expectTensor, matchShapes } from "../tensor.js";

export const keepIdsOperation = defineOperation({
  name: "keepIds",
  operands: ["ids i32", "keep"],
  results: ["kept i32"],
});

/**
 * Whole numbers of rows that go on, and 0 for rows that begin again: kept[n,...] = ids[n,...] where keep[n] is not 0, else 0.
 * @param ids i32 [N,...]
 * @param keep [N,1], such as `restart` gives, or a scalar for all rows.
 * @returns i32 [N,...]
 */
export function keepIds(ids: Tensor, keep: Tensor): Tensor {
  const [N = 1, ...features] = expectTensor("keepIds", "ids", ids).shape;
  matchShapes("keepIds", [
    ["ids", ids, ["N", ...features].join(" "), "i32"],
    ["keep", keep, expectTensor("keepIds", "keep", keep).shape.length === 0 ? "" : `${N} 1`],
  ]);
  return ids.graph.record(keepIdsOperation, { ids, keep }, { kept: ids }).kept;
}
