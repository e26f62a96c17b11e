import type { softplusOperation } from "../../graph/ops/softplus.js";
import type { Call } from "./kernel.js";

export function softplus({ x, y }: Call<typeof softplusOperation>): void {
  for (const [i, value] of x.entries()) y[i] = Math.max(value, 0) + Math.log1p(Math.exp(-Math.abs(value)));
}
