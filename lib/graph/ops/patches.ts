import { ShapeError } from "../../errors.js";
import { completeOptions, whole } from "../../options.js";
import { defineOperation } from "../operation.js";
import type { Tensor } from "../tensor.js";
import { matchShapes } from "../tensor.js";
import { expectWindow, windowsAlong } from "../windows.js";

export const patchesOperation = defineOperation({
  name: "patches",
  operands: ["x"],
  results: ["y"],
  attributes: ["size", "stride", "padding"],
  gradient: ({ graph, x, size, stride, padding }, { dy }) =>
    graph.record(patchesGradient, { dy }, { dx: x }, { size, stride, padding }),
});

export const patchesGradient = defineOperation({
  name: "patchesGradient",
  operands: ["dy"],
  results: ["dx"],
  attributes: ["size", "stride", "padding"],
});

const side = whole({ minimum: 1 });

/**
 * Square patches of images as rows, so that a convolution is one product (im2col): y = linear(patches(x), weight).
 * x [B,rows,columns,C] -> [B,rows',columns',size size C], rows' = floor((rows + 2 padding - size) / stride) + 1; a patch lists its pixels
 * row by row, each with all its channels, so that what is copied lies together.
 * @param options.stride pixels from patch to patch. Default 1.
 * @param options.padding zeros around the image. Default 0.
 */
export function patches(x: Tensor, options: { size: number; stride?: number; padding?: number }): Tensor {
  const { size, stride, padding } = completeOptions("patches", options, {
    size: side,
    stride: whole({ minimum: 1, initial: 1 }),
    padding: whole({ initial: 0 }),
  });
  const { B, H, W, C } = matchShapes("patches", [["x", x, "B H W C"]]) as Record<"B" | "H" | "W" | "C", number>;
  if (padding >= size) throw new ShapeError(`patches: expected a padding below the size ${size}, got ${padding}.`);
  expectWindow("patches", x, size, padding);
  const [rows, columns] = [H, W].map((length) => windowsAlong(length + 2 * padding, size, stride)) as [number, number];
  const y = [B, rows, columns, size * size * C];
  return x.graph.record(patchesOperation, { x }, { y }, { size, stride, padding }).y;
}
