import { UnknownTokenError } from "../data/index.js";
import { InputError, OstinatoError } from "../errors.js";

/** Work on the text of a place, "train.tsv, line 12". @throws InputError that names the place. */
export function inPlace<T>(place: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof UnknownTokenError) throw error.in(place);
    if (error instanceof OstinatoError) throw new InputError(`${place}: ${error.message}`, error);
    throw error;
  }
}
