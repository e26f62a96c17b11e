import type { followOperation } from "../../graph/ops/follow.js";
import { expectIds, expectTargets } from "./embedding.js";
import type { Call } from "./kernel.js";

export function follow({ states, ids, classOf, next, after, shapes }: Call<typeof followOperation>): void {
  const [C, S] = shapes.next as [number, number];
  expectIds("follow", states, { minimum: 0, V: S });
  expectIds("follow", ids, { minimum: 0, V: classOf.length });
  expectIds("follow", classOf, { minimum: 0, V: C });
  expectTargets("follow", next, S);
  for (const [n, id] of ids.entries()) {
    after[n] = Math.max(0, next[(classOf[id] as number) * S + (states[n] as number)] as number);
  }
}
