import type { geluGradient as geluGradientOperation, geluOperation } from "../../graph/ops/gelu.js";
import type { Call } from "./kernel.js";

const slope = Math.sqrt(2 / Math.PI);
const cubic = 0.044715;

export function gelu({ x, y }: Call<typeof geluOperation>): void {
  for (const [i, value] of x.entries()) {
    y[i] = (value / 2) * (1 + Math.tanh(slope * (value + cubic * value ** 3)));
  }
}

export function geluGradient({ x, dy, dx }: Call<typeof geluGradientOperation>): void {
  for (const [i, value] of x.entries()) {
    const squashed = Math.tanh(slope * (value + cubic * value ** 3));
    const inner = slope * (1 + 3 * cubic * value ** 2);
    dx[i] = (dy[i] as number) * ((1 + squashed) / 2 + (value / 2) * (1 - squashed ** 2) * inner);
  }
}
