import type { keepIdsOperation } from "../../graph/ops/keepIds.js";
import type { Call } from "./kernel.js";

export function keepIds({ ids, keep, kept }: Call<typeof keepIdsOperation>): void {
  const width = ids.length / keep.length;
  for (const [i, id] of ids.entries()) kept[i] = keep[Math.floor(i / width)] === 0 ? 0 : id;
}
