import { expectIds } from "./embedding.js";
import type { KernelCall } from "./kernel.js";
import { integersOf, resultOf, shapeOf } from "./kernel.js";

export function follow(call: KernelCall): void {
  const [states, ids, classOf, next] = [0, 1, 2, 3].map((i) => integersOf(call, i)) as [
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
  ];
  const [C, S] = shapeOf(call, 3) as [number, number];
  expectIds("follow", states, { minimum: 0, V: S });
  expectIds("follow", ids, { minimum: 0, V: classOf.length });
  expectIds("follow", classOf, { minimum: 0, V: C });
  expectIds("follow", next, { minimum: -1, V: S });
  const after = resultOf(call, 0);
  for (const [n, id] of ids.entries()) {
    after[n] = Math.max(0, next[(classOf[id] as number) * S + (states[n] as number)] as number);
  }
}
