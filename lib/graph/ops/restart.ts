import { completeOptions, whole } from "../../options.js";
import { defineOperation } from "../operation.js";
import { elementsOf } from "../program.js";
import type { Tensor } from "../tensor.js";
import { matchShapes } from "../tensor.js";

export const restartOperation = defineOperation({
  name: "restart",
  operands: ["ids i32"],
  results: ["read i32", "keep"],
  attributes: ["begin", "end"],
});

const rules = { begin: whole(), end: whole() };

/**
 * Where a step of a model of sentences begins again: the token that ends a sentence is read as the one that begins the
 * next, and both are read from the first state.
 *
 *   ids'[n] = begin if ids[n] = end, else ids[n]     keep[n] = 0 if ids'[n] = begin, else 1
 *
 * ids i32 [...], N in all -> ids' of the same shape, and keep [N,1], which the state before the step is multiplied with.
 */
export function restart(ids: Tensor, marks: { begin: number; end: number }): { ids: Tensor; keep: Tensor } {
  const { begin, end } = completeOptions("restart", marks, rules);
  matchShapes("restart", [["ids", ids, "...", "i32"]]);
  const shapes = { read: ids, keep: [elementsOf(ids.shape), 1] };
  const { read, keep } = ids.graph.record(restartOperation, { ids }, shapes, { begin, end });
  return { ids: read, keep };
}
