import type { pickGradient as pickGradientOperation, pickOperation } from "../../graph/ops/pick.js";
import { expectTargets } from "./embedding.js";
import type { Call } from "./kernel.js";

export function pick({ x, ids, y, shapes }: Call<typeof pickOperation>): void {
  const V = shapes.x[1] as number;
  expectTargets("pick", ids, V);
  for (const [n, id] of ids.entries()) y[n] = id < 0 ? 0 : (x[n * V + id] as number);
}

export function pickGradient({ ids, dy, dx, V }: Call<typeof pickGradientOperation>): void {
  expectTargets("pickGradient", ids, V);
  dx.fill(0);
  for (const [n, id] of ids.entries()) if (id >= 0) dx[n * V + id] = dy[n] as number;
}
