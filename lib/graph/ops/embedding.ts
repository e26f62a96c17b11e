import { checkOption, whole } from "../../options.js";
import { defineOperation } from "../operation.js";
import { elementsOf } from "../program.js";
import type { Tensor } from "../tensor.js";
import { expectTensor, matchShapes } from "../tensor.js";

export const embeddingOperation = defineOperation({
  name: "embedding",
  operands: ["weight", "ids i32"],
  results: ["y"],
  cost: ({ ids, y }) => ({ bytes: 4 * (elementsOf(ids) + 2 * elementsOf(y)) }),
  gradient: ({ graph, weight, ids }, { dy }) =>
    graph.record(embeddingGradient, { ids, dy }, { dweight: weight }, { V: weight.shape[0] as number }),
});

export const embeddingGradient = defineOperation({
  name: "embeddingGradient",
  operands: ["ids i32", "dy"],
  results: ["dweight"],
  attributes: ["V"],
  sumsRows: ({ ids, dy }) => ids && dy,
});

export const sumRowsOperation = defineOperation({
  name: "sumRows",
  operands: ["ids i32", "rows"],
  results: ["unique i32", "sums"],
  attributes: ["V"],
});

/**
 * Sums the rows that have the same id. ids i32 [...] in 0..V-1, rows [...,E], N rows in all.
 * @returns ids i32 [N]: each id once, in the order in which they first appear, then -1; rows [N,E]: their sums, then zeros.
 */
export function sumRows(ids: Tensor, rows: Tensor, V: number): { ids: Tensor; rows: Tensor } {
  checkOption("sumRows", "V", V, whole({ minimum: 1 }));
  matchShapes("sumRows", [
    ["ids", expectTensor("sumRows", "ids", ids), "...", "i32"],
    ["rows", rows, [...ids.shape, "E"].join(" ")],
  ]);
  const N = elementsOf(ids.shape);
  const E = rows.shape.at(-1) as number;
  const { unique, sums } = ids.graph.record(sumRowsOperation, { ids, rows }, { unique: [N], sums: [N, E] }, { V });
  return { ids: unique, rows: sums };
}

/**
 * Rows of a table. weight [V,E], ids i32 [...] -> [...,E].
 * While running, an id outside 0..V-1 is an InputError that names its position.
 */
export function embedding(weight: Tensor, ids: Tensor): Tensor {
  const { E } = matchShapes("embedding", [
    ["weight", weight, "V E"],
    ["ids", ids, "...", "i32"],
  ]);
  return weight.graph.record(embeddingOperation, { weight, ids }, { y: [...ids.shape, E as number] }).y;
}
