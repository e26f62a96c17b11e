import { ShapeError } from "../../errors.js";
import { completeOptions, whole } from "../../options.js";
import { defineOperation } from "../operation.js";
import type { Shape } from "../program.js";
import { elementsOf, rowsOf } from "../program.js";
import type { Tensor } from "../tensor.js";
import { matchShapes, operand, operandIfAny } from "../tensor.js";
import { expectWindow, windowsAlong } from "../windows.js";
import { sumTo } from "./reduce.js";
import { asRows } from "./shape.js";

/** Each patch meets all of the weight. */
function productCost(rows: Shape, weight: Shape) {
  return { flops: 2 * rowsOf(rows) * elementsOf(weight) };
}

export const convolutionOperation = defineOperation({
  name: "convolution",
  operands: ["x", "weight", "bias?"],
  results: ["y"],
  attributes: ["stride", "padding"],
  cost: ({ y, weight }) => productCost(y, weight),
  gradient: ({ graph, x, weight, bias, stride, padding }, { dy }, needs) => {
    const window = { stride, padding };
    return {
      dx: needs.x && graph.record(convolutionInputGradient, { dy, weight }, { dx: x }, window).dx,
      dweight: needs.weight && graph.record(convolutionWeightGradient, { x, dy }, { dweight: weight }, window).dweight,
      dbias: needs.bias && bias && sumTo(asRows(dy), bias.shape),
    };
  },
});

export const convolutionInputGradient = defineOperation({
  name: "convolutionInputGradient",
  operands: ["dy", "weight"],
  results: ["dx"],
  attributes: ["stride", "padding"],
  cost: ({ dy, weight }) => productCost(dy, weight),
});

export const convolutionWeightGradient = defineOperation({
  name: "convolutionWeightGradient",
  operands: ["x", "dy"],
  results: ["dweight"],
  attributes: ["stride", "padding"],
  cost: ({ dy, dweight }) => productCost(dy, dweight),
  sumsRows: ({ x, dy }) => x && dy,
});

/** Operands of `convolution`. @inline */
export interface ConvolutionOperands {
  /** [B,rows,columns,C]. */
  x: Tensor;
  /** [O,size,size,C], of each filter its rows of pixels. */
  weight: Tensor;
  /** [O]. */
  bias?: Tensor | null;
  /** Pixels from patch to patch. Default 1. */
  stride?: number;
  /** Zeros around the image, fewer than `size`. Default 0. */
  padding?: number;
}

const rules = {
  x: operand,
  weight: operand,
  bias: operandIfAny,
  stride: whole({ minimum: 1, initial: 1 }),
  padding: whole({ initial: 0 }),
};

/**
 * A convolution over images, channels last, as a product (im2col): y = patches(x) weightᵀ + bias, where a patch lists the pixels of a
 * square row by row, each with all its channels. [B,rows,columns,C] -> [B,rows',columns',O], rows' = floor((rows + 2 padding - size) /
 * stride) + 1.
 */
export function convolution(operands: ConvolutionOperands): Tensor {
  const { x, weight, bias, stride, padding } = completeOptions("convolution", operands, rules);
  const { B, H, W, O, size } = matchShapes("convolution", [
    ["x", x, "B H W C"],
    ["weight", weight, "O size size C"],
    ["bias?", bias, "O"],
  ]) as Record<"B" | "H" | "W" | "O" | "size", number>;
  if (padding >= size) throw new ShapeError(`convolution: expected a padding below the size ${size}, got ${padding}.`);
  expectWindow("convolution", x, size, padding);
  const [rows, columns] = [H, W].map((length) => windowsAlong(length + 2 * padding, size, stride)) as [number, number];
  const y = [B, rows, columns, O];
  return x.graph.record(convolutionOperation, { x, weight, bias }, { y }, { stride, padding }).y;
}
