import type { rotaryOperation } from "../../graph/ops/rotary.js";
import type { Call } from "./kernel.js";

export function rotary({ x, positions, heads, size, base, direction, shapes, y }: Call<typeof rotaryOperation>): void {
  const [, B, W] = shapes.x as [number, number, number];
  const D = size / heads;
  y.set(x);
  for (let row = 0; row < x.length / W; row++) {
    const position = (positions?.[row % B] ?? 0) + Math.floor(row / B);
    for (let head = 0; head < heads; head++) {
      for (let i = 0; i < D / 2; i++) {
        const angle = direction * position * base ** ((-2 * i) / D);
        const at = row * W + head * D + i;
        const [a, b] = [x[at] as number, x[at + D / 2] as number];
        y[at] = a * Math.cos(angle) - b * Math.sin(angle);
        y[at + D / 2] = a * Math.sin(angle) + b * Math.cos(angle);
      }
    }
  }
}
