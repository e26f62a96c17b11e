import { ShapeError } from "../errors.js";
import type { Tensor } from "./tensor.js";

/** Windows of a side along an axis, with their stride. */
export function windowsAlong(length: number, size: number, stride: number): number {
  return Math.floor((length - size) / stride) + 1;
}

/** @throws ShapeError if no window fits. */
export function expectWindow(operation: string, x: Tensor, size: number, padding = 0): void {
  const [, rows, columns] = x.shape as [number, number, number, number];
  if (Math.min(rows, columns) + 2 * padding >= size) return;
  throw new ShapeError(
    `${operation}: expected x of at least ${size} x ${size}${padding > 0 ? ` with a padding of ${padding}` : ""}, got ${x}.`,
  );
}
