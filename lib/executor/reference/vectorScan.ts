import type {
  vectorScanGradient as vectorScanGradientOperation,
  vectorScanOperation,
} from "../../graph/ops/vectorScan.js";
import type { Shape } from "../../graph/program.js";
import type { Call } from "./kernel.js";
import { expectLengths } from "./lengths.js";

/** The steps of a row b, in the order in which they are walked. */
function stepsOf([T = 0, B = 0]: Shape, lengths: Int32Array | null, reverse: number): number[][] {
  expectLengths(lengths, T, "the number of steps");
  return Array.from({ length: B }, (_, b) => {
    const steps = Array.from({ length: lengths?.[b] ?? T }, (_, t) => t);
    return reverse ? steps.reverse() : steps;
  });
}

export function vectorScan(call: Call<typeof vectorScanOperation>): void {
  const { a, b: terms, h0, lengths, y, hLast, shapes, reverse } = call;
  const [, B, H] = shapes.a as readonly [number, number, number];
  hLast.set(h0);
  y.fill(0);
  for (const [b, steps] of stepsOf(shapes.a, lengths, reverse).entries()) {
    for (const t of steps) {
      for (let j = 0; j < H; j++) {
        const at = (t * B + b) * H + j;
        const h = (a[at] as number) * (hLast[b * H + j] as number) + (terms[at] as number);
        y[at] = hLast[b * H + j] = h;
      }
    }
  }
}

export function vectorScanGradient(call: Call<typeof vectorScanGradientOperation>): void {
  const { a, h0, lengths, y, dy, dhLast, da, db, dh0: dh, shapes, reverse } = call;
  const [, B, H] = shapes.a as readonly [number, number, number];
  dhLast ? dh.set(dhLast) : dh.fill(0);
  da?.fill(0);
  db?.fill(0);
  for (const [b, steps] of stepsOf(shapes.a, lengths, reverse).entries()) {
    for (let n = steps.length - 1; n >= 0; n--) {
      const [t, previous] = [steps[n] as number, steps[n - 1]];
      for (let j = 0; j < H; j++) {
        const [at, unit] = [(t * B + b) * H + j, b * H + j];
        const before = previous === undefined ? h0[unit] : y[(previous * B + b) * H + j];
        const d = (dh[unit] as number) + (dy?.[at] ?? 0);
        if (db) db[at] = d;
        if (da) da[at] = d * (before as number);
        dh[unit] = d * (a[at] as number);
      }
    }
  }
}
