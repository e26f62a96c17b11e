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

/** Checks one numeric option and returns it. `rule` is checked after "is a finite number". */
export function expectNumber(
  owner: string,
  name: string,
  value: unknown,
  rule: { integer?: boolean; minimum?: number; maximum?: number; below?: number; above?: number } = {},
): number {
  const bounds = [
    rule.above !== undefined ? `above ${rule.above}` : "",
    rule.minimum !== undefined ? `at least ${rule.minimum}` : "",
    rule.below !== undefined ? `below ${rule.below}` : "",
    rule.maximum !== undefined ? `at most ${rule.maximum}` : "",
  ].filter(Boolean);
  const fits =
    typeof value === "number" &&
    Number.isFinite(value) &&
    (!rule.integer || Number.isInteger(value)) &&
    (rule.minimum === undefined || value >= rule.minimum) &&
    (rule.above === undefined || value > rule.above) &&
    (rule.maximum === undefined || value <= rule.maximum) &&
    (rule.below === undefined || value < rule.below);
  if (fits) return value;
  const kind = rule.integer ? "a whole number" : "a number";
  const wanted = bounds.length ? `${kind} ${bounds.join(" and ")}` : kind;
  throw new OptionError(`${owner}: expected ${name} to be ${wanted}, got ${describe(value)}.`);
}

/** Checks that an option is one of a few words and returns it. */
export function expectOneOf<T extends string>(owner: string, name: string, value: unknown, words: readonly T[]): T {
  if (words.includes(value as T)) return value as T;
  throw new OptionError(`${owner}: expected ${name} to be one of ${words.join(", ")}, got ${describe(value)}.`);
}

/** Refuses options that nobody reads, and guesses what a misspelt one was meant to be. */
export function expectKnownOptions(owner: string, options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const meant = known.find((k) => k.toLowerCase() === name.toLowerCase());
    const hint = meant ? `; did you mean ${meant}?` : `. Known options: ${known.join(", ")}.`;
    throw new OptionError(`${owner}: unknown option ${JSON.stringify(name)}${hint}`);
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
