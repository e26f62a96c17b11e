import type { maskOperation } from "../../graph/ops/mask.js";
import type { Call } from "./kernel.js";
import { expectLengths } from "./lengths.js";

export function mask({ x, lengths, y, shapes }: Call<typeof maskOperation>): void {
  const [T, B] = shapes.x as readonly [number, number];
  const width = x.length / (T * B);
  expectLengths(lengths, T, "the number of steps of x");
  y.set(x);
  for (const [b, length] of lengths.entries()) {
    for (let t = length; t < T; t++) y.fill(0, (t * B + b) * width, (t * B + b + 1) * width);
  }
}
