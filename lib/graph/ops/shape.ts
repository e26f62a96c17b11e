import { ShapeError } from "../../errors.js";
import { checkOption, completeOptions, list, whole } from "../../options.js";
import { defineOperation } from "../operation.js";
import type { Shape } from "../program.js";
import { elementsOf, shapeRule, shapeText } from "../program.js";
import { expectAxis } from "../shapes.js";
import type { Tensor } from "../tensor.js";
import { expectTensor, matchShapes, operand } from "../tensor.js";

export const reshapeOperation = defineOperation({
  name: "reshape",
  operands: ["x any"],
  results: ["y any"],
  view: true,
  gradient: ({ x }, { dy }) => ({ dx: reshape(dy, x.shape) }),
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
  return x.graph.record(reshapeOperation, { x }, { y: { dtype: x.dtype, shape } }).y;
}

export const copyOperation = defineOperation({
  name: "copy",
  operands: ["x any"],
  results: ["y any"],
  perStep: true,
  gradient: (_, { dy }) => ({ dx: dy }),
});

/** The same values in memory of their own. Of any type. */
export function copy(x: Tensor): Tensor {
  expectTensor("copy", "x", x);
  return x.graph.record(copyOperation, { x }, { y: x }).y;
}

/** x [..., F] as a matrix [N, F]. */
export function asRows(x: Tensor): Tensor {
  const features = expectTensor("asRows", "x", x).shape.at(-1) ?? 1;
  return x.shape.length === 2 ? x : reshape(x, [elementsOf(x.shape) / features, features]);
}

export const concatOperation = defineOperation({
  name: "concat",
  operands: ["...tensors"],
  results: ["y"],
  attributes: ["axis"],
  gradient: ({ tensors, axis }, { dy }, needs) => {
    let end = 0;
    const dtensors = tensors.map(({ shape }, i) => {
      const start = end;
      end += shape[axis] as number;
      return needs.tensors[i] === true && slice(dy, { axis, start, end });
    });
    return { dtensors };
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
  return first.graph.record(concatOperation, { tensors }, { y: shape }, { axis }).y;
}

export const sliceOperation = defineOperation({
  name: "slice",
  operands: ["x"],
  results: ["y"],
  attributes: ["axis", "start", "end"],
  gradient: ({ x, axis, start, end }, { dy }) => ({
    dx: pad(dy, { axis, before: start, after: (x.shape[axis] as number) - end }),
  }),
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
  return x.graph.record(sliceOperation, { x }, { y: shape }, { axis, start, end }).y;
}

export const padOperation = defineOperation({
  name: "pad",
  operands: ["x"],
  results: ["y"],
  attributes: ["axis", "before", "after"],
  gradient: ({ x, axis, before }, { dy }) => ({
    dx: slice(dy, { axis, start: before, end: before + (x.shape[axis] as number) }),
  }),
});

/** Zeros before and after x along one axis. */
export function pad(x: Tensor, options: { axis: number; before: number; after: number }): Tensor {
  const { axis, before, after } = completeOptions("pad", options, { axis: whole(), before: whole(), after: whole() });
  matchShapes("pad", [["x", x, "..."]]);
  expectAxis("pad", x, axis);
  const shape = x.shape.map((n, a) => (a === axis ? before + n + after : n));
  return x.graph.record(padOperation, { x }, { y: shape }, { axis, before, after }).y;
}

export const transposeOperation = defineOperation({
  name: "transpose",
  operands: ["x"],
  results: ["y"],
  attributes: ["axis0", "axis1"],
  gradient: ({ axis0, axis1 }, { dy }) => ({ dx: transpose(dy, axis0, axis1) }),
});

/** x with two axes swapped. */
export function transpose(x: Tensor, axis0: number, axis1: number): Tensor {
  matchShapes("transpose", [["x", x, "..."]]);
  expectAxis("transpose", x, axis0);
  expectAxis("transpose", x, axis1);
  const shape = x.shape.map((n, a) => (a === axis0 ? x.shape[axis1] : a === axis1 ? x.shape[axis0] : n) as number);
  return x.graph.record(transposeOperation, { x }, { y: shape }, { axis0, axis1 }).y;
}
