import type { KernelCall } from "./kernel.js";
import { floatsOf, integersOf, resultOf, shapeOf } from "./kernel.js";
import { expectLengths } from "./recurrent.js";

export function mask(call: KernelCall): void {
  const [x, lengths, y] = [floatsOf(call, 0), integersOf(call, 1), resultOf(call, 0)];
  const [T, B] = shapeOf(call, 0) as readonly [number, number];
  const width = x.length / (T * B);
  expectLengths(lengths, T);
  y.set(x);
  for (const [b, length] of lengths.entries()) {
    for (let t = length; t < T; t++) y.fill(0, (t * B + b) * width, (t * B + b + 1) * width);
  }
}
