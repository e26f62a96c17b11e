import { defineOperation } from "../operation.js";
import type { Tensor } from "../tensor.js";
import { expectTensor, matchShapes } from "../tensor.js";

export const maskOperation = defineOperation({
  name: "mask",
  operands: ["x", "lengths i32"],
  results: ["y"],
  gradient: ({ lengths }, { dy }) => ({ dx: mask(dy, lengths) }),
});

/**
 * The rows of a batch up to their lengths, and 0 past them, whatever stands there. x [T,B,...] -> [T,B,...].
 * While running, a length outside 0..T is an InputError.
 * @param lengths i32 [B]
 */
export function mask(x: Tensor, lengths: Tensor): Tensor {
  const features = expectTensor("mask", "x", x).shape.slice(2);
  matchShapes("mask", [
    ["x", x, ["T", "B", ...features].join(" ")],
    ["lengths", lengths, "B", "i32"],
  ]);
  return x.graph.record(maskOperation, { x, lengths }, { y: x }).y;
}
