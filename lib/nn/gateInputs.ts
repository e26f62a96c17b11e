import * as ops from "../graph/ops/index.js";
import type { Tensor } from "../graph/tensor.js";

/**
 * Reads for each of G gates what it needs of a whole sequence, W x_t + b, [T,B,H] each: the inputs of cells whose gates read x alone.
 * x [T,B,I], or i32 [T,B] beside a table [V,G H] in place of weight_ih; steps past the lengths are not read.
 *
 * The weights are cut, not the products, which are larger unless there are few steps: no gate's values are copied.
 */
export function gateInputs(
  { x, weights, lengths }: { x: Tensor; weights: GateWeights; lengths: Tensor | null },
  G: number,
): Tensor[] {
  const { weight_ih: weight, bias_ih: bias } = weights;
  const [T, B, I] = x.shape as [number, number, number];
  const read = x.dtype === "f32" && lengths ? ops.mask(x, lengths) : x;
  if (x.dtype === "f32" && T * B < I) return parts(ops.linear(read, weight, bias), 2, G);
  const biases = bias && parts(bias, 0, G);
  if (x.dtype === "f32") return parts(weight, 0, G).map((rows, k) => ops.linear(read, rows, biases?.[k]));
  return parts(weight, 1, G).map((table, k) =>
    ops.embedding(biases ? ops.add(table, biases[k] as Tensor) : table, read),
  );
}

interface GateWeights {
  readonly weight_ih: Tensor;
  readonly bias_ih: Tensor | null;
}

/** G equal parts of a tensor along an axis. */
function parts(tensor: Tensor, axis: number, G: number): Tensor[] {
  const size = (tensor.shape[axis] as number) / G;
  return Array.from({ length: G }, (_, k) => ops.slice(tensor, { axis, start: k * size, end: (k + 1) * size }));
}
