import { FileError } from "../../errors.js";
import type { PickleValue } from "./pickleValue.js";
import type { Place } from "./storages.js";

/** A file of PyTorch that is open: the object that was saved, and where the memory of its tensors lies. */
export interface StoredWeights {
  readonly value: PickleValue;
  readonly bigEndian: boolean;
  /** Values that the object may have. */
  readonly most: number;
  /** The bytes of a storage. @throws FileError if it is not in the file. */
  placeOf(key: string): Promise<Place>;
}

/** Bytes of a pickle at most: that of a hundred thousand tensors has some megabytes. */
export const largestPickle = 100_000_000;

/** An error for a file whose content is not what it should be. */
export function damagedWeights(file: string, what: string): FileError {
  return new FileError(`${file} is damaged, or no state_dict: ${what}. Copy it again from where it came.`);
}
