import { InputError } from "../../errors.js";
import type { lineageOperation } from "../../graph/ops/lineage.js";
import type { Call } from "./kernel.js";

export function lineage({ before, times, shapes, after }: Call<typeof lineageOperation>): void {
  const [N, L] = shapes.before as [number, number];
  after.set(before);
  for (let n = 0; n < N; n++) {
    const time = times[n] as number;
    if (time < 0) throw new InputError(`lineage: time ${time} of row ${n} is below 0.`);
    after[n * L + (time % L)] = n;
  }
}
