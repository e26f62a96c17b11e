import type { Floats, KernelCall } from "./kernel.js";
import { floatsOf, resultOf } from "./kernel.js";
import { forRows } from "./reduce.js";

/** log(sum(exp(x))) of `width` elements from `at` on, without overflow. */
export function logSumExp(x: Floats, at: number, width: number): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let i = at; i < at + width; i++) most = Math.max(most, x[i] as number);
  let sum = 0;
  for (let i = at; i < at + width; i++) sum += Math.exp((x[i] as number) - most);
  return most + Math.log(sum);
}

export function softmax(call: KernelCall): void {
  const [x, y] = [floatsOf(call, 0), resultOf(call, 0)];
  forRows(call, (at, width) => {
    const sum = logSumExp(x, at, width);
    for (let i = at; i < at + width; i++) y[i] = Math.exp((x[i] as number) - sum);
  });
}

export function logSoftmax(call: KernelCall): void {
  const [x, y] = [floatsOf(call, 0), resultOf(call, 0)];
  forRows(call, (at, width) => {
    const sum = logSumExp(x, at, width);
    for (let i = at; i < at + width; i++) y[i] = (x[i] as number) - sum;
  });
}

/** dx = y (dy - sum(y dy)) */
export function softmaxGradient(call: KernelCall): void {
  const [y, dy, dx] = [floatsOf(call, 0), floatsOf(call, 1), resultOf(call, 0)];
  forRows(call, (at, width) => {
    let along = 0;
    for (let i = at; i < at + width; i++) along += (y[i] as number) * (dy[i] as number);
    for (let i = at; i < at + width; i++) dx[i] = (y[i] as number) * ((dy[i] as number) - along);
  });
}

/** dx = dy - exp(y) sum(dy) */
export function logSoftmaxGradient(call: KernelCall): void {
  const [y, dy, dx] = [floatsOf(call, 0), floatsOf(call, 1), resultOf(call, 0)];
  forRows(call, (at, width) => {
    let sum = 0;
    for (let i = at; i < at + width; i++) sum += dy[i] as number;
    for (let i = at; i < at + width; i++) dx[i] = (dy[i] as number) - Math.exp(y[i] as number) * sum;
  });
}
