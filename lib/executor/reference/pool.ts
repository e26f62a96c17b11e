import type {
  maxPoolGradient as maxPoolGradientOperation,
  maxPoolOperation,
  meanPoolGradient as meanPoolGradientOperation,
  meanPoolOperation,
} from "../../graph/ops/pool.js";
import type { Shape } from "../../graph/program.js";
import type { Call } from "./kernel.js";

/** Calls f(element of the result, where its window begins in x) for each window and channel. */
function forWindows(shape: Shape, result: Shape, stride: number, f: (place: number, first: number) => void): void {
  const [B, H, W, C] = shape as readonly number[] as [number, number, number, number];
  const [, rows, columns] = result as readonly number[] as [number, number, number];
  let place = 0;
  for (let b = 0; b < B; b++) {
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        for (let k = 0; k < C; k++) f(place++, ((b * H + r * stride) * W + c * stride) * C + k);
      }
    }
  }
}

/** Where pixel i of a window lies, from its first one on. */
function offset([, , W, C]: Shape, size: number, i: number): number {
  return (Math.floor(i / size) * (W as number) + (i % size)) * (C as number);
}

export function maxPool({ x, y, index, size, stride, shapes }: Call<typeof maxPoolOperation>): void {
  forWindows(shapes.x, shapes.y, stride, (place, first) => {
    let best = 0;
    for (let i = 1; i < size * size; i++) {
      const candidate = x[first + offset(shapes.x, size, i)] as number;
      const largest = x[first + offset(shapes.x, size, best)] as number;
      // The first NaN wins.
      if (candidate > largest || (Number.isNaN(candidate) && !Number.isNaN(largest))) best = i;
    }
    y[place] = x[first + offset(shapes.x, size, best)] as number;
    if (index) index[place] = best;
  });
}

export function maxPoolGradient({ index, dy, dx, size, stride, shapes }: Call<typeof maxPoolGradientOperation>): void {
  dx.fill(0);
  forWindows(shapes.dx, shapes.dy, stride, (place, first) => {
    const at = first + offset(shapes.dx, size, index[place] as number);
    dx[at] = (dx[at] as number) + (dy[place] as number);
  });
}

export function meanPool({ x, y, size, stride, shapes }: Call<typeof meanPoolOperation>): void {
  forWindows(shapes.x, shapes.y, stride, (place, first) => {
    let sum = 0;
    for (let i = 0; i < size * size; i++) sum += x[first + offset(shapes.x, size, i)] as number;
    y[place] = sum / (size * size);
  });
}

export function meanPoolGradient({ dy, dx, size, stride, shapes }: Call<typeof meanPoolGradientOperation>): void {
  dx.fill(0);
  forWindows(shapes.dx, shapes.dy, stride, (place, first) => {
    for (let i = 0; i < size * size; i++) {
      const at = first + offset(shapes.dx, size, i);
      dx[at] = (dx[at] as number) + (dy[place] as number) / (size * size);
    }
  });
}
