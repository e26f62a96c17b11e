import { expectIds } from "./embedding.js";
import type { KernelCall } from "./kernel.js";
import { floatsOf, integersOf, resultOf, shapeOf } from "./kernel.js";

export function pick(call: KernelCall): void {
  const [x, ids, y] = [floatsOf(call, 0), integersOf(call, 1), resultOf(call, 0)];
  const V = shapeOf(call, 0)[1] as number;
  expectIds("pick", ids, { minimum: -1, V });
  for (const [n, id] of ids.entries()) y[n] = id < 0 ? 0 : (x[n * V + id] as number);
}

export function pickGradient(call: KernelCall): void {
  const [ids, dy, dx] = [integersOf(call, 0), floatsOf(call, 1), resultOf(call, 0)];
  const V = call.attributes[0] as number;
  expectIds("pickGradient", ids, { minimum: -1, V });
  dx.fill(0);
  for (const [n, id] of ids.entries()) if (id >= 0) dx[n * V + id] = dy[n] as number;
}
