import { FileError, InputError, isErrorCode, OptionError, OstinatoError } from "../errors.js";
import type { Program } from "../graph/program.js";
import { layerError } from "./layerError.js";

/** Calls the addon and turns its errors into OstinatoErrors, which begin where JavaScript called. */
export function named<R>(call: () => R): R {
  try {
    return call();
  } catch (error) {
    throw ownError(error);
  }
}

/** The OstinatoError that stands for an error of the addon. @param program where it ran. */
export function ownError(error: unknown, program?: Program): OstinatoError {
  if (error instanceof OstinatoError) return error;
  const { message, code, op } = error as Error & { code?: string; op?: number };
  if (code === "ERR_OSTINATO_INPUT")
    return program ? layerError(program, op, error as Error) : new InputError(message, error);
  if (code === "ERR_OSTINATO_OPTION") return new OptionError(message);
  if (code === "ERR_OSTINATO_FILE") return new FileError(message, error);
  return new OstinatoError(message, { code: isErrorCode(code) ? code : "ERR_OSTINATO_ADDON", cause: error });
}
