import { broadcastIndex } from "./elementwise.js";
import type { Buffer, KernelCall } from "./kernel.js";
import { floatsOf, integersOf, lastOf, resultOf, shapeOf } from "./kernel.js";

export function sumTo(call: KernelCall): void {
  const [x, y] = [floatsOf(call, 0), resultOf(call, 0)];
  const at = broadcastIndex((call.results[0] as Buffer).shape, shapeOf(call, 0));
  // Sums in double also where the values are float32.
  const sums = new Float64Array(y.length);
  for (let i = 0; i < x.length; i++) sums[at[i] as number] = (sums[at[i] as number] as number) + (x[i] as number);
  y.set(sums);
}

export function broadcastTo(call: KernelCall): void {
  const [x, y] = [floatsOf(call, 0), resultOf(call, 0)];
  const at = broadcastIndex(shapeOf(call, 0), (call.results[0] as Buffer).shape);
  for (let i = 0; i < y.length; i++) y[i] = x[at[i] as number] as number;
}

/** A shape as [outer, size, inner] around one axis. */
export function around(shape: readonly number[], axis: number): { outer: number; size: number; inner: number } {
  const product = (sizes: readonly number[]) => sizes.reduce((n, size) => n * size, 1);
  return { outer: product(shape.slice(0, axis)), size: shape[axis] ?? 1, inner: product(shape.slice(axis + 1)) };
}

export function max(call: KernelCall): void {
  const [x, y] = [floatsOf(call, 0), resultOf(call, 0)];
  const index = call.results[1]?.data;
  const { outer, size, inner } = around(shapeOf(call, 0), call.attributes[0] as number);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let best = 0;
      const at = (k: number) => (o * size + k) * inner + i;
      for (let k = 1; k < size; k++) {
        const [candidate, most] = [x[at(k)] as number, x[at(best)] as number];
        // The first NaN wins.
        if (candidate > most || (Number.isNaN(candidate) && !Number.isNaN(most))) best = k;
      }
      y[o * inner + i] = x[at(best)] as number;
      if (index) index[o * inner + i] = best;
    }
  }
}

export function maxGradient(call: KernelCall): void {
  const [index, dy, dx] = [integersOf(call, 0), floatsOf(call, 1), resultOf(call, 0)];
  const { outer, size, inner } = around((call.results[0] as Buffer).shape, call.attributes[0] as number);
  dx.fill(0);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      dx[(o * size + (index[o * inner + i] as number)) * inner + i] = dy[o * inner + i] as number;
    }
  }
}

/** Calls f(offset, width) for each row of the last axis. */
export function forRows(call: KernelCall, f: (at: number, width: number) => void): void {
  const { shape, data } = call.results[0] as Buffer;
  const width = lastOf(shape);
  for (let at = 0; at < data.length; at += width) f(at, width);
}
