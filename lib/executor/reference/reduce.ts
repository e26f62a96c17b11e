import type {
  broadcastToOperation,
  maxGradient as maxGradientOperation,
  maxOperation,
  sumToOperation,
} from "../../graph/ops/reduce.js";
import type { Shape } from "../../graph/program.js";
import { elementsOf } from "../../graph/program.js";
import { broadcastIndex } from "./elementwise.js";
import type { Call } from "./kernel.js";
import { lastOf } from "./kernel.js";

export function sumTo({ x, y, shapes }: Call<typeof sumToOperation>): void {
  const at = broadcastIndex(shapes.y, shapes.x);
  // Sums in double also where the values are float32.
  const sums = new Float64Array(y.length);
  for (let i = 0; i < x.length; i++) sums[at[i] as number] = (sums[at[i] as number] as number) + (x[i] as number);
  y.set(sums);
}

export function broadcastTo({ x, y, shapes }: Call<typeof broadcastToOperation>): void {
  const at = broadcastIndex(shapes.x, shapes.y);
  for (let i = 0; i < y.length; i++) y[i] = x[at[i] as number] as number;
}

/** A shape as [outer, size, inner] around one axis. */
export function around(shape: readonly number[], axis: number): { outer: number; size: number; inner: number } {
  const product = (sizes: readonly number[]) => sizes.reduce((n, size) => n * size, 1);
  return { outer: product(shape.slice(0, axis)), size: shape[axis] ?? 1, inner: product(shape.slice(axis + 1)) };
}

export function max({ x, y, index, axis, shapes }: Call<typeof maxOperation>): void {
  const { outer, size, inner } = around(shapes.x, axis);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let best = 0;
      const at = (k: number) => (o * size + k) * inner + i;
      for (let k = 1; k < size; k++) {
        const [candidate, largest] = [x[at(k)] as number, x[at(best)] as number];
        // The first NaN wins.
        if (candidate > largest || (Number.isNaN(candidate) && !Number.isNaN(largest))) best = k;
      }
      y[o * inner + i] = x[at(best)] as number;
      if (index) index[o * inner + i] = best;
    }
  }
}

export function maxGradient({ index, dy, dx, axis, shapes }: Call<typeof maxGradientOperation>): void {
  const { outer, size, inner } = around(shapes.dx, axis);
  dx.fill(0);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      dx[(o * size + (index[o * inner + i] as number)) * inner + i] = dy[o * inner + i] as number;
    }
  }
}

/** Calls f(offset, width) for each row of the last axis. */
export function forRows(shape: Shape, f: (at: number, width: number) => void): void {
  const width = lastOf(shape);
  for (let at = 0; at < elementsOf(shape); at += width) f(at, width);
}
