/**
 * Every error that Ostinato raises on purpose. `code` is stable and meant for programs; the message is meant for people:
 * it says what was expected, what came, where, and what to do.
 */
export class OstinatoError extends Error {
  readonly code: string;

  constructor(message: string, options: { code: string; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.name = new.target.name;
  }
}

/** Tensors whose shapes or types do not fit together. Thrown while recording, at the line that made the mistake. */
export class ShapeError extends OstinatoError {
  constructor(message: string) {
    super(message, { code: "ERR_OSTINATO_SHAPE" });
  }
}

/** An option with a value that makes no sense, or that contradicts another one. */
export class OptionError extends OstinatoError {
  constructor(message: string) {
    super(message, { code: "ERR_OSTINATO_OPTION" });
  }
}

/** Data that cannot be used: an unknown character, a token outside the vocabulary, a corpus that is too short. */
export class InputError extends OstinatoError {
  constructor(message: string, cause?: unknown) {
    super(message, { code: "ERR_OSTINATO_INPUT", cause });
  }
}

/** A file or folder that is missing, truncated, altered, or cannot be written. */
export class FileError extends OstinatoError {
  constructor(message: string, cause?: unknown) {
    super(message, { code: "ERR_OSTINATO_FILE", cause });
  }
}

/** A value as it should stand in a message: short, with its type where that explains the mistake. */
export function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  if (value === null || value === undefined || typeof value === "number" || typeof value === "boolean") {
    return String(value);
  }
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object") {
    const name = value.constructor?.name ?? "Object";
    return name === "Object" ? "an object" : `a ${name}`;
  }
  return `a ${typeof value}`;
}
