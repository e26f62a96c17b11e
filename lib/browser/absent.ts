import { OstinatoError } from "../errors.js";

/** The error of a function that a browser cannot have. @param advice what to do instead, as a sentence. */
export function absentError(what: string, advice: string): OstinatoError {
  return new OstinatoError(`ostinato/browser: ${what}. ${advice}`, { code: "ERR_OSTINATO_BROWSER" });
}
