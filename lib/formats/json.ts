import { isUtf8 } from "node:buffer";
import { FileError, quote } from "../errors.js";

/** Objects and arrays in each other, at most: what is read here has a dozen, and walks over it are recursive. */
const deepest = 64;

const [quotes, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];
const [openArray, closeArray, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Reads JSON of unknown origin. A byte-order mark is dropped.
 * @param file only for messages.
 * @throws FileError for bytes that are no UTF-8, for what is not JSON, is nested too deeply, or names an entry twice: readers
 *   would differ in what such a file says.
 */
export function parseJson(bytes: Buffer, file: string): unknown {
  if (!isUtf8(bytes)) throw notJson(file, "it is not UTF-8");
  const begin = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  expectPlain(bytes, file);
  try {
    return JSON.parse(bytes.toString("utf8", begin));
  } catch (cause) {
    throw notJson(file, (cause as Error).message, cause);
  }
}

/** One pass over the bytes, before anything is built of them. What is no JSON passes here or not: JSON.parse sees it next. */
function expectPlain(bytes: Buffer, file: string): void {
  /** The names of each open object; null for an array. */
  const open: (Set<string> | null)[] = [];
  /** Whether a text that begins now is a name. */
  let naming = false;
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case quotes: {
        const begin = at;
        for (at++; at < bytes.length && bytes[at] !== quotes; at++) if (bytes[at] === backslash) at++;
        if (naming) addName(open.at(-1), bytes.toString("utf8", begin, at + 1), file);
        break;
      }
      case openObject:
      case openArray:
        if (open.length === deepest) throw notJson(file, `it is nested more than ${deepest} levels deep`);
        naming = bytes[at] === openObject;
        open.push(naming ? new Set() : null);
        break;
      case closeObject:
      case closeArray:
        open.pop();
        naming = false;
        break;
      case comma:
        naming = open.at(-1) instanceof Set;
        break;
      case colon:
        naming = false;
    }
  }
}

/** @param written the name as the file has it, in quotes. */
function addName(names: Set<string> | null | undefined, written: string, file: string): void {
  const name = written.includes("\\") ? nameOf(written) : written.slice(1, -1);
  if (names?.has(name)) throw notJson(file, `the name ${quote(name)} is there twice in one object`);
  names?.add(name);
}

function nameOf(written: string): string {
  try {
    return JSON.parse(written) as string;
  } catch {
    return written;
  }
}

function notJson(file: string, what: string, cause?: unknown): FileError {
  return new FileError(
    `${file} is cut off or damaged: it is not JSON (${what}). Copy it again from where it came.`,
    cause,
  );
}
