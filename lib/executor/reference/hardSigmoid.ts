import type {
  hardSigmoidGradient as hardSigmoidGradientOperation,
  hardSigmoidOperation,
} from "../../graph/ops/hardSigmoid.js";
import type { Call } from "./kernel.js";

export function hardSigmoid({ x, y }: Call<typeof hardSigmoidOperation>): void {
  for (const [i, value] of x.entries()) y[i] = Math.min(Math.max(value / 6 + 0.5, 0), 1);
}

export function hardSigmoidGradient({ y, dy, dx }: Call<typeof hardSigmoidGradientOperation>): void {
  for (const [i, value] of y.entries()) dx[i] = value > 0 && value < 1 ? (dy[i] as number) / 6 : 0;
}
