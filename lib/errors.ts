import { visible } from "./visible.js";

/** Every `code` of an OstinatoError: when it is raised, and the way out. docs/errors.md is made of this table. */
export const errorCodes = {
  ERR_OSTINATO_OPTION: {
    error: "OptionError",
    raised: "An option does not exist, does not fit its range, or contradicts another one.",
    remedy: "Change the option that the message names. On the command line the exit code is 2.",
  },
  ERR_OSTINATO_SHAPE: {
    error: "ShapeError",
    raised: "Tensors do not fit together while a program is recorded: a wrong rank, size or type.",
    remedy:
      "The stack leads to the line that recorded the op; the message has the expected shape and the one that came.",
  },
  ERR_OSTINATO_INPUT: {
    error: "InputError, UnknownTokenError",
    raised: "Data cannot be used: an unknown character, an id outside the vocabulary, a text that is too short.",
    remedy: "Change the data, or the option that the message names (for example a tokenizer with an unknown token).",
  },
  ERR_OSTINATO_FILE: {
    error: "FileError",
    raised: "A file or folder is missing, truncated, altered, locked by another training, or cannot be written.",
    remedy: "The message names the file and what it should hold. What was there before is unchanged.",
  },
  ERR_OSTINATO_DIVERGED: {
    error: "DivergenceError",
    raised: "A training met NaN or an infinity. The parameters are those before that step.",
    remedy: "Lower the learning rate or clip the gradient; the error names the layer where the first such value arose.",
  },
  ERR_OSTINATO_MEMORY: {
    error: "OstinatoError",
    raised: "There is not enough memory for a program's values or a search.",
    remedy: "Use smaller batches, shorter windows, fewer beams, or a smaller model.",
  },
  ERR_OSTINATO_BUSY: {
    error: "OstinatoError",
    raised: "A store or a search is in use by a run, or threads and kernels are changed while a program runs.",
    remedy: "Await the first call before the second; models do so by themselves.",
  },
  ERR_OSTINATO_PROGRAM: {
    error: "OstinatoError",
    raised: "The native executor refuses a program. Programs recorded by a Graph are never refused: please report it.",
    remedy: "Check a program that was made or changed by hand against the op that the message names.",
  },
  ERR_OSTINATO_COMMUNICATION: {
    error: "OstinatoError",
    raised: "Another process of a distributed training has ended, or does not answer.",
    remedy:
      "The message says which one. Start all of them again; a training goes on with resume from its last checkpoint.",
  },
  ERR_OSTINATO_ADDON: {
    error: "OstinatoError",
    raised:
      "There is no native binary for this platform, it cannot be loaded, or a bundler left it behind; or no module of WebAssembly that this engine can run.",
    remedy:
      "Build it (npm run setup), keep the package out of bundles, or compute in WebAssembly (--executor wasm), or with ReferenceExecutor, which is slow.",
  },
  ERR_OSTINATO_BROWSER: {
    error: "OstinatoError",
    raised: "A browser was asked for something that it does not have, such as threads of Node or a decoder of images.",
    remedy: "The message says what to give instead, or to do it in Node.",
  },
} as const;

/** A stable name of a kind of error. */
export type ErrorCode = keyof typeof errorCodes;

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === "string" && Object.hasOwn(errorCodes, code);
}

/**
 * Every error that Ostinato raises on purpose. `code` is stable and meant for programs; the message is meant for people:
 * it says what was expected, what came, where, and what to do. Whatever text it quotes, it has at most some thousand characters,
 * and nothing in it is invisible or gives orders to a terminal.
 */
export class OstinatoError extends Error {
  readonly code: ErrorCode;

  constructor(message: string, options: { code: ErrorCode; cause?: unknown }) {
    super(visible(bounded(message)), options.cause === undefined ? undefined : { cause: options.cause });
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
  /** Names of the options that the message speaks of. */
  readonly options: readonly string[];

  constructor(message: string, options: readonly string[] = []) {
    super(message, { code: "ERR_OSTINATO_OPTION" });
    this.options = options;
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

/** Characters of a message at most: room for long paths, not for the content of a file. */
const longestMessage = 4000;

/** The beginning and the end of a message that has the content of a file in it after all. */
function bounded(message: string): string {
  if (message.length <= longestMessage) return message;
  const [head, tail] = [message.slice(0, longestMessage - 500), message.slice(-400)];
  return `${head} [... ${message.length - head.length - tail.length} characters ...] ${tail}`;
}

/** Characters of somebody else's text that a message shows. */
const longestQuote = 60;

/** A value as it should stand in a message: short, nothing in it invisible, with its type where that explains the mistake. */
export function describe(value: unknown): string {
  if (typeof value === "string") return quote(value);
  if (typeof value === "bigint") return `${value}n`;
  if (value === null || value === undefined || typeof value === "number" || typeof value === "boolean") {
    return String(value);
  }
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object") {
    // Not value.constructor: JSON may have an entry of that name.
    const name: unknown = Object.getPrototypeOf(value)?.constructor?.name;
    return typeof name !== "string" || name === "Object" || name === "" ? "an object" : `a ${name}`;
  }
  return `a ${typeof value}`;
}

/** Somebody else's text in a message: in quotes, its first characters, on one line, with nothing invisible in it. */
export function quote(text: string): string {
  const cut = text.length > longestQuote ? `${text.slice(0, longestQuote - 3)}...` : text;
  return visible(JSON.stringify(cut));
}

/** "a Mixture", "an ImageCaptioner", "an NgramModel" */
export function withArticle(noun: string): string {
  return `${/^([AEIOU]|Ngram)/.test(noun) ? "an" : "a"} ${noun}`;
}

/** "1 line", "3 lines" */
export function counted(count: number, noun: string): string {
  return `${count} ${count === 1 ? noun : `${noun}s`}`;
}
