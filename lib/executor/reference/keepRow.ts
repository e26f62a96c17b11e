import { InputError } from "../../errors.js";
import type { keepRowOperation } from "../../graph/ops/keepRow.js";
import type { Call } from "./kernel.js";

export function keepRow({ row, times, shapes, after }: Call<typeof keepRowOperation>): void {
  const [N, C] = shapes.cache as [number, number];
  const W = shapes.row[1] as number;
  for (let n = 0; n < N; n++) {
    const time = times[n] as number;
    if (time < 0) throw new InputError(`keepRow: time ${time} of row ${n} is below 0.`);
    after.set(row.subarray(n * W, (n + 1) * W), n * C + (time % (C / W)) * W);
  }
}
