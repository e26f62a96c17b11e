import { completeOptions, optional, whole } from "../../options.js";
import { defineOperation } from "../operation.js";
import type { Tensor } from "../tensor.js";
import { matchShapes } from "../tensor.js";
import { expectWindow, windowsAlong } from "../windows.js";

export const maxPoolOperation = defineOperation({
  name: "maxPool",
  operands: ["x"],
  results: ["y", "index? i32"],
  attributes: ["size", "stride"],
  gradient: ({ graph, x, index, size, stride }, { dy }) =>
    dy ? graph.record(maxPoolGradient, { index, dy }, { dx: x }, { size, stride }) : {},
});

export const maxPoolGradient = defineOperation({
  name: "maxPoolGradient",
  operands: ["index i32", "dy"],
  results: ["dx"],
  attributes: ["size", "stride"],
});

export const meanPoolOperation = defineOperation({
  name: "meanPool",
  operands: ["x"],
  results: ["y"],
  attributes: ["size", "stride"],
  gradient: ({ graph, x, size, stride }, { dy }) => graph.record(meanPoolGradient, { dy }, { dx: x }, { size, stride }),
});

export const meanPoolGradient = defineOperation({
  name: "meanPoolGradient",
  operands: ["dy"],
  results: ["dx"],
  attributes: ["size", "stride"],
});

const side = whole({ minimum: 1 });

/** The shape of what pooling gives, and its attributes. */
function pooled(operation: string, x: Tensor, options: { size: number; stride?: number }) {
  const { size, stride = size } = completeOptions(operation, options, { size: side, stride: optional(side) });
  const { B, H, W, C } = matchShapes(operation, [["x", x, "B H W C"]]) as Record<"B" | "H" | "W" | "C", number>;
  expectWindow(operation, x, size);
  const shape = [B, windowsAlong(H, size, stride), windowsAlong(W, size, stride), C];
  return { shape, attributes: { size, stride } };
}

/**
 * The largest value of each square window, channel by channel. x [B,rows,columns,C] -> [B,rows',columns',C], rows' =
 * floor((rows - size) / stride) + 1. The gradient goes to the first of the largest values; the first NaN wins.
 * @param options.stride pixels from window to window. Default: `size`, so that they do not overlap.
 */
export function maxPool(x: Tensor, options: { size: number; stride?: number }): Tensor {
  const { shape, attributes } = pooled("maxPool", x, options);
  return x.graph.record(maxPoolOperation, { x }, { y: shape, index: shape }, attributes).y;
}

/** The mean of each square window, as `maxPool`. */
export function meanPool(x: Tensor, options: { size: number; stride?: number }): Tensor {
  const { shape, attributes } = pooled("meanPool", x, options);
  return x.graph.record(meanPoolOperation, { x }, { y: shape }, attributes).y;
}
