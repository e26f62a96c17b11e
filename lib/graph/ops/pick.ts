import { defineOperation } from "../operation.js";
import { elementsOf } from "../program.js";
import type { Tensor } from "../tensor.js";
import { matchShapes } from "../tensor.js";

export const pickOperation = defineOperation({
  name: "pick",
  operands: ["x", "ids i32"],
  results: ["y"],
  cost: ({ ids, y }) => ({ bytes: 4 * (elementsOf(ids) + 2 * elementsOf(y)) }),
  gradient: ({ graph, x, ids }, { dy }) =>
    graph.record(pickGradient, { ids, dy }, { dx: x }, { V: x.shape[1] as number }),
});

export const pickGradient = defineOperation({
  name: "pickGradient",
  operands: ["ids i32", "dy"],
  results: ["dx"],
  attributes: ["V"],
});

/** One element of each row. x [N,V], ids i32 [N] -> [N]; 0 where the id is -1. */
export function pick(x: Tensor, ids: Tensor): Tensor {
  const { N } = matchShapes("pick", [
    ["x", x, "N V"],
    ["ids", ids, "N", "i32"],
  ]);
  return x.graph.record(pickOperation, { x, ids }, { y: [N as number] }).y;
}
