import type { patchesGradient as patchesGradientOperation, patchesOperation } from "../../graph/ops/patches.js";
import type { Shape } from "../../graph/program.js";
import type { Call } from "./kernel.js";

/** Calls f(image element, patch element, C) for each pixel of each patch that lies in the image. */
function forPixels(
  [B, H, W, C]: readonly [number, number, number, number],
  [, rows, columns]: Shape,
  { size, stride, padding }: { size: number; stride: number; padding: number },
  f: (pixel: number, place: number, C: number) => void,
): void {
  let place = 0;
  for (let b = 0; b < B; b++) {
    for (let r = 0; r < (rows as number); r++) {
      for (let c = 0; c < (columns as number); c++) {
        for (let i = 0; i < size * size; i++, place += C) {
          const [y, x] = [r * stride - padding + Math.floor(i / size), c * stride - padding + (i % size)];
          if (y >= 0 && y < H && x >= 0 && x < W) f(((b * H + y) * W + x) * C, place, C);
        }
      }
    }
  }
}

type Four = readonly [number, number, number, number];

export function patches({ x, y, shapes, ...window }: Call<typeof patchesOperation>): void {
  y.fill(0);
  forPixels(shapes.x as unknown as Four, shapes.y, window, (pixel, place, C) => {
    for (let k = 0; k < C; k++) y[place + k] = x[pixel + k] as number;
  });
}

export function patchesGradient({ dy, dx, shapes, ...window }: Call<typeof patchesGradientOperation>): void {
  dx.fill(0);
  forPixels(shapes.dx as unknown as Four, shapes.dy, window, (pixel, place, C) => {
    for (let k = 0; k < C; k++) dx[pixel + k] = (dx[pixel + k] as number) + (dy[place + k] as number);
  });
}
