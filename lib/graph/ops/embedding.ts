import { checkOption, whole } from "../../options.js";
import { defineOperation } from "../operation.js";
import { elementsOf } from "../program.js";
import type { Tensor } from "../tensor.js";
import { expectTensor, matchShapes } from "../tensor.js";

export const embeddingOperation = defineOperation({
  name: "embedding",
  operands: ["weight", "ids i32"],
  results: ["y"],
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
 * The rows of a table's gradient that are not 0, where the table was used by one embedding and nothing else, and has more
 * rows than were looked up; null for any other gradient. What the whole gradient was recorded with is left out of the program when nobody reads it.
 */
export function tableRows(gradient: Tensor): { ids: Tensor; rows: Tensor } | null {
  const maker = expectTensor("tableRows", "gradient", gradient).graph.maker(gradient);
  if (maker?.operation.name !== embeddingGradient.name) return null;
  const [ids, dy] = maker.operands as [Tensor, Tensor];
  if (elementsOf(ids.shape) >= (gradient.shape[0] as number)) return null;
  return sumRows(ids, dy, gradient.shape[0] as number);
}

/** What a tensor was looked up from, if it is the result of an embedding. */
export function lookedUp(tensor: Tensor): { weight: Tensor; ids: Tensor } | null {
  const maker = expectTensor("lookedUp", "tensor", tensor).graph.maker(tensor);
  if (maker?.operation.name !== embeddingOperation.name) return null;
  const [weight, ids] = maker.operands as [Tensor, Tensor];
  return { weight, ids };
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
