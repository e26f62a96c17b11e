import type { Buffer, KernelCall } from "./kernel.js";
import { floatsOf, resultOf, shapeOf } from "./kernel.js";
import { around } from "./reduce.js";

/** The result shares its operand's memory. */
export function reshape(): void {}

export function copy(call: KernelCall): void {
  (call.results[0] as Buffer).data.set((call.operands[0] as Buffer).data);
}

export function concat(call: KernelCall): void {
  const y = resultOf(call, 0);
  const whole = around((call.results[0] as Buffer).shape, call.attributes[0] as number);
  let start = 0;
  call.operands.forEach((operand, i) => {
    const x = floatsOf(call, i);
    const width = around((operand as Buffer).shape, call.attributes[0] as number).size * whole.inner;
    for (let o = 0; o < whole.outer; o++) {
      y.set(x.subarray(o * width, (o + 1) * width), o * whole.size * whole.inner + start);
    }
    start += width;
  });
}

export function slice(call: KernelCall): void {
  const [axis, from, to] = call.attributes as [number, number, number];
  const [x, y] = [floatsOf(call, 0), resultOf(call, 0)];
  const { outer, size, inner } = around(shapeOf(call, 0), axis);
  const width = (to - from) * inner;
  for (let o = 0; o < outer; o++) {
    const start = (o * size + from) * inner;
    y.set(x.subarray(start, start + width), o * width);
  }
}

export function pad(call: KernelCall): void {
  const [axis, before, after] = call.attributes as [number, number, number];
  const [x, y] = [floatsOf(call, 0), resultOf(call, 0)];
  const { outer, size, inner } = around(shapeOf(call, 0), axis);
  const width = size * inner;
  y.fill(0);
  for (let o = 0; o < outer; o++) {
    y.set(x.subarray(o * width, (o + 1) * width), o * (before + size + after) * inner + before * inner);
  }
}

export function transpose(call: KernelCall): void {
  const [axis0, axis1] = call.attributes as [number, number];
  const [x, y] = [floatsOf(call, 0), resultOf(call, 0)];
  const from = shapeOf(call, 0);
  const { shape } = call.results[0] as Buffer;
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
