import type { Rule } from "../options.js";
import { value } from "../options.js";
import { packWeights, unpackWeights } from "../weights.js";

/**
 * One process (rank) of several that train a model together, or one of several models in one process. All ranks make the same calls in
 * the same order.
 */
export interface Communicator {
  /** Number of this rank, from 0. */
  readonly rank: number;
  /** Number of ranks. */
  readonly size: number;
  /**
   * The messages of all ranks, in their order.
   * @throws OstinatoError ERR_OSTINATO_COMMUNICATION if a rank has ended or does not answer.
   */
  gather(message: Uint8Array): Promise<Uint8Array[]>;
  /** Makes calls under way, and later ones, fail with this reason on all ranks that it reaches. */
  abort(reason: string): Promise<void>;
  /** Takes leave of the other ranks. */
  close(): Promise<void>;
}

/** Rule of a communicator, as an argument. */
export const communicatorRule: Rule<Communicator> = value(
  "a communicator: of mpi() or threadGroup()",
  (communicator) => {
    const { rank, size, gather } = (communicator ?? {}) as Partial<Communicator>;
    return Number.isSafeInteger(rank) && Number.isSafeInteger(size) && typeof gather === "function";
  },
);

/** Adds floats over all ranks, in the order of the ranks; with `bfloat16` what each adds and the sums are rounded to it. */
export async function sumOverRanks(
  communicator: Communicator,
  values: Float32Array | Float64Array,
  { bfloat16 }: { readonly bfloat16: boolean },
): Promise<void> {
  const round = () => {
    if (!bfloat16) return;
    const rounded = unpackWeights(packWeights(values, 1, "bfloat16"));
    for (const [i, value] of rounded.entries()) if (!Number.isNaN(values[i])) values[i] = value;
  };
  round();
  const own = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const parts = await communicator.gather(own);
  const Kind = values.constructor as Float32ArrayConstructor | Float64ArrayConstructor;
  for (const [r, part] of parts.entries()) {
    const floats = new Kind(part.slice().buffer);
    if (r === 0) values.set(floats);
    else for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) + (floats[i] as number);
  }
  round();
}
