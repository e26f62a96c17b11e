import { InputError } from "../../errors.js";

/** @param what what there are `most` of. @throws InputError for a length outside 0..most. */
export function expectLengths(lengths: Int32Array | null, most: number, what: string): void {
  for (const [b, length] of lengths?.entries() ?? []) {
    if (length >= 0 && length <= most) continue;
    throw new InputError(`lengths[${b}] is ${length}, expected 0 to ${most}, ${what}.`);
  }
}
