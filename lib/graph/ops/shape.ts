import { ShapeError } from "../../errors.js";
import { checkOption, completeOptions, list, whole } from "../../options.js";
import { defineOperation } from "../operation.js";
import type { Shape } from "../program.js";
import { elementsOf, shapeRule, shapeText } from "../program.js";
import type { Tensor } from "../tensor.js";
import { expectTensor, matchShapes, operand } from "../tensor.js";
import { expectAxis } from "./reduce.js";

const reshapeOperation = defineOperation({
  name: "reshape",
  operands: ["x any"],
  results: ["y any"],
  view: true,
  gradient: ({ operands: [x], gradients: [dy] }) => [reshape(dy as Tensor, (x as Tensor).shape)],
});

/** The same elements in the same order under another shape. Costs nothing: the memory is shared. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  expectTensor("reshape", "x", x);
  checkOption("reshape", "shape", shape, shapeRule);
  if (elementsOf(shape) !== elementsOf(x.shape)) {
    throw new ShapeError(
      `reshape: ${x} has ${elementsOf(x.shape)} elements, ${shapeText(shape)} has ${elementsOf(shape)}.`,
    );
  }
  return x.graph.record(reshapeOperation, [x], [{ dtype: x.dtype, shape }])[0] as Tensor;
}

const copyOperation = defineOperation({
  name: "copy",
  operands: ["x any"],
  results: ["y any"],
  perStep: true,
  gradient: ({ gradients: [dy] }) => [dy as Tensor],
});

/** The same values in memory of their own. Of any type. */
export function copy(x: Tensor): Tensor {
  expectTensor("copy", "x", x);
  return x.graph.record(copyOperation, [x], [{ dtype: x.dtype, shape: x.shape }])[0] as Tensor;
}

/** x [..., F] as a matrix [N, F]. */
export function asRows(x: Tensor): Tensor {
  const features = expectTensor("asRows", "x", x).shape.at(-1) ?? 1;
  return x.shape.length === 2 ? x : reshape(x, [elementsOf(x.shape) / features, features]);
}

const concatOperation = defineOperation({
  name: "concat",
  operands: ["...tensors"],
  results: ["y"],
  attributes: ["axis"],
  gradient: ({ operands, attributes: [axis], gradients: [dy], needs }) => {
    let start = 0;
    return operands.map((operand, i) => {
      const from = start;
      start += (operand as Tensor).shape[axis as number] as number;
      return needs[i] ? slice(dy as Tensor, { axis: axis as number, start: from, end: start }) : null;
    });
  },
});

/** Joins tensors along one axis; the other sizes must agree. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  const [first] = checkOption("concat", "tensors", tensors, list(operand));
  if (!first) throw new ShapeError("concat: expected at least one tensor.");
  expectAxis("concat", first, axis);
  let size = 0;
  tensors.forEach((tensor, i) => {
    const pattern = first.shape.map((n, a) => (a === axis ? "X" : String(n))).join(" ");
    size += matchShapes("concat", [[`tensor ${i}`, tensor, pattern]]).X as number;
  });
  const shape = first.shape.map((n, a) => (a === axis ? size : n));
  return first.graph.record(concatOperation, tensors, [{ shape }], [axis])[0] as Tensor;
}

const sliceOperation = defineOperation({
  name: "slice",
  operands: ["x"],
  results: ["y"],
  attributes: ["axis", "start", "end"],
  gradient: ({ operands: [x], attributes: [axis, start, end], gradients: [dy] }) => {
    const size = (x as Tensor).shape[axis as number] as number;
    return [pad(dy as Tensor, { axis: axis as number, before: start as number, after: size - (end as number) })];
  },
});

/** Elements start (included) to end (excluded) along one axis. */
export function slice(x: Tensor, options: { axis: number; start: number; end: number }): Tensor {
  const { axis, start, end } = completeOptions("slice", options, { axis: whole(), start: whole(), end: whole() });
  matchShapes("slice", [["x", x, "..."]]);
  expectAxis("slice", x, axis);
  if (!(start < end && end <= (x.shape[axis] as number))) {
    throw new ShapeError(`slice: expected 0 <= start < end <= ${x.shape[axis]}, got ${start} and ${end} for ${x}.`);
  }
  const shape = x.shape.map((n, a) => (a === axis ? end - start : n));
  return x.graph.record(sliceOperation, [x], [{ shape }], [axis, start, end])[0] as Tensor;
}

const padOperation = defineOperation({
  name: "pad",
  operands: ["x"],
  results: ["y"],
  attributes: ["axis", "before", "after"],
  gradient: ({ operands: [x], attributes: [axis, before], gradients: [dy] }) => {
    const start = before as number;
    const end = start + ((x as Tensor).shape[axis as number] as number);
    return [slice(dy as Tensor, { axis: axis as number, start, end })];
  },
});

/** Zeros before and after x along one axis. */
export function pad(x: Tensor, options: { axis: number; before: number; after: number }): Tensor {
  const { axis, before, after } = completeOptions("pad", options, { axis: whole(), before: whole(), after: whole() });
  matchShapes("pad", [["x", x, "..."]]);
  expectAxis("pad", x, axis);
  const shape = x.shape.map((n, a) => (a === axis ? before + n + after : n));
  return x.graph.record(padOperation, [x], [{ shape }], [axis, before, after])[0] as Tensor;
}

const transposeOperation = defineOperation({
  name: "transpose",
  operands: ["x"],
  results: ["y"],
  attributes: ["axis0", "axis1"],
  gradient: ({ attributes: [axis0, axis1], gradients: [dy] }) => [
    transpose(dy as Tensor, axis0 as number, axis1 as number),
  ],
});

/** x with two axes swapped. */
export function transpose(x: Tensor, axis0: number, axis1: number): Tensor {
  matchShapes("transpose", [["x", x, "..."]]);
  expectAxis("transpose", x, axis0);
  expectAxis("transpose", x, axis1);
  const shape = x.shape.map((n, a) => (a === axis0 ? x.shape[axis1] : a === axis1 ? x.shape[axis0] : n) as number);
  return x.graph.record(transposeOperation, [x], [{ shape }], [axis0, axis1])[0] as Tensor;
}
