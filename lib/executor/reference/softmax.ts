import type { FromOutput, Unary } from "../../graph/ops/elementwise.js";
import type { Call, Floats } from "./kernel.js";
import { forRows } from "./reduce.js";

/**
 * The largest of `width` elements from `at` on, and the sum of exp(x - largest). They stay apart: the logarithm of the whole sum
 * is as large as the elements, and subtracting it would cost digits that their differences have.
 */
export function normalizer(x: Floats, at: number, width: number): { largest: number; sum: number } {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = at; i < at + width; i++) largest = Math.max(largest, x[i] as number);
  let sum = 0;
  for (let i = at; i < at + width; i++) sum += Math.exp((x[i] as number) - largest);
  return { largest, sum };
}

export function softmax({ x, y, shapes }: Call<Unary>): void {
  forRows(shapes.y, (at, width) => {
    const { largest, sum } = normalizer(x, at, width);
    for (let i = at; i < at + width; i++) y[i] = Math.exp((x[i] as number) - largest) / sum;
  });
}

export function logSoftmax({ x, y, shapes }: Call<Unary>): void {
  forRows(shapes.y, (at, width) => {
    const { largest, sum } = normalizer(x, at, width);
    const logSum = Math.log(sum);
    for (let i = at; i < at + width; i++) y[i] = (x[i] as number) - largest - logSum;
  });
}

/** dx = y (dy - sum(y dy)) */
export function softmaxGradient({ y, dy, dx, shapes }: Call<FromOutput>): void {
  forRows(shapes.y, (at, width) => {
    let along = 0;
    for (let i = at; i < at + width; i++) along += (y[i] as number) * (dy[i] as number);
    for (let i = at; i < at + width; i++) dx[i] = (y[i] as number) * ((dy[i] as number) - along);
  });
}

/** dx = dy - exp(y) sum(dy) */
export function logSoftmaxGradient({ y, dy, dx, shapes }: Call<FromOutput>): void {
  forRows(shapes.y, (at, width) => {
    let sum = 0;
    for (let i = at; i < at + width; i++) sum += dy[i] as number;
    for (let i = at; i < at + width; i++) dx[i] = (dy[i] as number) - Math.exp(y[i] as number) * sum;
  });
}
