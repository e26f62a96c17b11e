import type { KernelCall } from "./kernel.js";
import { integersOf, resultOf } from "./kernel.js";

export function restart(call: KernelCall): void {
  const [begin, end] = call.attributes as readonly [number, number];
  const [ids, read, keep] = [integersOf(call, 0), resultOf(call, 0), resultOf(call, 1)];
  for (const [n, id] of ids.entries()) {
    const token = id === end ? begin : id;
    read[n] = token;
    keep[n] = token === begin ? 0 : 1;
  }
}
