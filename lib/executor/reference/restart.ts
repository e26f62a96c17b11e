import type { restartOperation } from "../../graph/ops/restart.js";
import type { Call } from "./kernel.js";

export function restart({ ids, read, keep, begin, end }: Call<typeof restartOperation>): void {
  for (const [n, id] of ids.entries()) {
    const token = id === end ? begin : id;
    read[n] = token;
    keep[n] = token === begin ? 0 : 1;
  }
}
