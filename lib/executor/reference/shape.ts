import type {
  concatOperation,
  copyOperation,
  padOperation,
  sliceOperation,
  transposeOperation,
} from "../../graph/ops/shape.js";
import type { Shape } from "../../graph/program.js";
import type { Call } from "./kernel.js";
import { around } from "./reduce.js";

/** The result shares its operand's memory. */
export function reshape(): void {}

export function copy({ x, y }: Call<typeof copyOperation>): void {
  y.set(x);
}

export function concat({ tensors, y, axis, shapes }: Call<typeof concatOperation>): void {
  const whole = around(shapes.y, axis);
  let start = 0;
  tensors.forEach((x, i) => {
    const width = around(shapes.tensors[i] as Shape, axis).size * whole.inner;
    for (let o = 0; o < whole.outer; o++) {
      y.set(x.subarray(o * width, (o + 1) * width), o * whole.size * whole.inner + start);
    }
    start += width;
  });
}

export function slice({ x, y, axis, start, end, shapes }: Call<typeof sliceOperation>): void {
  const { outer, size, inner } = around(shapes.x, axis);
  const width = (end - start) * inner;
  for (let o = 0; o < outer; o++) {
    const from = (o * size + start) * inner;
    y.set(x.subarray(from, from + width), o * width);
  }
}

export function pad({ x, y, axis, before, after, shapes }: Call<typeof padOperation>): void {
  const { outer, size, inner } = around(shapes.x, axis);
  const width = size * inner;
  y.fill(0);
  for (let o = 0; o < outer; o++) {
    y.set(x.subarray(o * width, (o + 1) * width), o * (before + size + after) * inner + before * inner);
  }
}

export function transpose({ x, y, axis0, axis1, shapes }: Call<typeof transposeOperation>): void {
  const [from, shape] = [shapes.x, shapes.y];
  const steps = from.map((_, i) => from.slice(i + 1).reduce((n, size) => n * size, 1));
  [steps[axis0], steps[axis1]] = [steps[axis1] as number, steps[axis0] as number];
  for (let e = 0; e < y.length; e++) {
    let rest = e;
    let at = 0;
    for (let i = shape.length - 1; i >= 0; i--) {
      const size = shape[i] as number;
      at += (rest % size) * (steps[i] as number);
      rest = Math.floor(rest / size);
    }
    y[e] = x[at] as number;
  }
}
