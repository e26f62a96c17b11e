import { InputError } from "../../errors.js";
import type { nextPositionsOperation } from "../../graph/ops/nextPositions.js";
import type { Call } from "./kernel.js";

export function nextPositions({ positions, modulus, next }: Call<typeof nextPositionsOperation>): void {
  for (const [i, position] of positions.entries()) {
    const after = modulus > 0 ? (position + 1) % modulus : position + 1;
    if (position < 0 || after >= 2 ** 31) {
      throw new InputError(`nextPositions: no position follows ${position}, position ${i} of the batch.`);
    }
    next[i] = after;
  }
}
