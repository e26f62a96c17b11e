import { ShapeError } from "../errors.js";
import { checkOption, whole } from "../options.js";
import type { Shape } from "./program.js";
import { shapeText } from "./program.js";
import type { Tensor } from "./tensor.js";
import { matchShapes } from "./tensor.js";

/** Shape of a binary op under NumPy's broadcasting rules. @throws ShapeError if the shapes do not fit. */
export function broadcastShape(operation: string, a: Tensor, b: Tensor): Shape {
  matchShapes(operation, [
    ["a", a, "..."],
    ["b", b, "..."],
  ]);
  const rank = Math.max(a.shape.length, b.shape.length);
  return Array.from({ length: rank }, (_, i) => {
    const m = a.shape[i - rank + a.shape.length] ?? 1;
    const n = b.shape[i - rank + b.shape.length] ?? 1;
    if (m === n || n === 1) return m;
    if (m === 1) return n;
    throw new ShapeError(`${operation}: shapes ${shapeText(a.shape)} and ${shapeText(b.shape)} do not broadcast.`);
  });
}

/** @throws ShapeError unless `axis` is one of x's axes. */
export function expectAxis(operation: string, x: Tensor, axis: number): void {
  checkOption(operation, "axis", axis, whole());
  if (axis < x.shape.length) return;
  throw new ShapeError(`${operation}: expected an axis from 0 to ${x.shape.length - 1}, got ${axis} for ${x}.`);
}
