import { digamma, logGamma as logGammaOf } from "../../graph/gamma.js";
import type { logGammaGradient as logGammaGradientOperation, logGammaOperation } from "../../graph/ops/logGamma.js";
import type { Call } from "./kernel.js";

export function logGamma({ x, y }: Call<typeof logGammaOperation>): void {
  for (const [i, value] of x.entries()) y[i] = logGammaOf(value);
}

export function logGammaGradient({ x, dy, dx }: Call<typeof logGammaGradientOperation>): void {
  for (const [i, value] of x.entries()) dx[i] = (dy[i] as number) * digamma(value);
}
