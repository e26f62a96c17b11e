import { ShapeError } from "../../errors.js";
import { checkOption } from "../../options.js";
import { defineOperation } from "../operation.js";
import type { Shape } from "../program.js";
import { elementsOf, sameShape, shapeRule, shapeText } from "../program.js";
import { expectAxis } from "../shapes.js";
import type { Tensor } from "../tensor.js";
import { matchShapes } from "../tensor.js";
import { affine } from "./elementwise.js";

export const sumToOperation = defineOperation({
  name: "sumTo",
  operands: ["x"],
  results: ["y"],
  // The first axis is one of those that are summed, and goes.
  sumsRows: (_, { x, y }) => y.length < (x?.length ?? 0),
  gradient: ({ x }, { dy }) => ({ dx: broadcastTo(dy, x.shape) }),
});

/**
 * Sums x over the axes that `shape` would broadcast along, down to `shape`: the inverse of broadcasting.
 * `[]` sums everything. Returns x itself when nothing is to be summed.
 */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  matchShapes("sumTo", [["x", x, "..."]]);
  expectBroadcast("sumTo", shape, x.shape);
  return sameShape(x.shape, shape) ? x : x.graph.record(sumToOperation, { x }, { y: shape }).y;
}

export const broadcastToOperation = defineOperation({
  name: "broadcastTo",
  operands: ["x"],
  results: ["y"],
  gradient: ({ x }, { dy }) => ({ dx: sumTo(dy, x.shape) }),
});

/** Repeats x along new or size-1 axes up to `shape`, as NumPy's broadcast_to. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  matchShapes("broadcastTo", [["x", x, "..."]]);
  expectBroadcast("broadcastTo", x.shape, shape);
  return sameShape(x.shape, shape) ? x : x.graph.record(broadcastToOperation, { x }, { y: shape }).y;
}

/** The sum of all elements, shape []. */
export function sum(x: Tensor): Tensor {
  return sumTo(x, []);
}

/** The mean of all elements, shape []. */
export function mean(x: Tensor): Tensor {
  return affine(sumTo(x, []), { scale: 1 / elementsOf(x.shape) });
}

export const maxOperation = defineOperation({
  name: "max",
  operands: ["x"],
  results: ["y", "index? i32"],
  attributes: ["axis"],
  gradient: ({ graph, x, index, axis }, { dy }) =>
    dy ? graph.record(maxGradient, { index, dy }, { dx: x }, { axis }) : {},
});

export const maxGradient = defineOperation({
  name: "maxGradient",
  operands: ["index i32", "dy"],
  results: ["dx"],
  attributes: ["axis"],
});

/** The maximum along one axis, which is removed. The gradient goes to the first maximum. */
export function max(x: Tensor, axis: number): Tensor {
  return maxAndIndex("max", x, axis).y;
}

/** i32: where along an axis, which is removed, the first maximum is. */
export function argmax(x: Tensor, axis: number): Tensor {
  return maxAndIndex("argmax", x, axis).index;
}

function maxAndIndex(name: string, x: Tensor, axis: number): { y: Tensor; index: Tensor } {
  matchShapes(name, [["x", x, "..."]]);
  expectAxis(name, x, axis);
  const shape = x.shape.filter((_, i) => i !== axis);
  return x.graph.record(maxOperation, { x }, { y: shape, index: shape }, { axis });
}

function expectBroadcast(operation: string, small: Shape, large: Shape): void {
  for (const shape of [small, large]) checkOption(operation, "the shape", shape, shapeRule);
  const shift = large.length - small.length;
  if (shift >= 0 && small.every((size, i) => size === 1 || size === large[i + shift])) return;
  throw new ShapeError(`${operation}: shape ${shapeText(small)} does not broadcast to ${shapeText(large)}.`);
}
