import { isUtf8 } from "node:buffer";
import { FileError, quote } from "../errors.js";

/** Objects and arrays in each other, at most: what is read here has a dozen, and walks over it are recursive. */
const deepest = 64;

/** Objects and arrays, at most: each takes ten times the memory of its brackets. The largest tokenizer.json have 600,000. */
const mostParts = 2_000_000;

const [quotes, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];
const [openArray, closeArray, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Reads JSON of unknown origin. A byte-order mark is dropped.
 * @param file only for messages.
 * @throws FileError for bytes that are no UTF-8, for what is not JSON, is nested too deeply, has too many parts, or names an
 *   entry twice: readers would differ in what such a file says.
 */
export function parseJson(bytes: Buffer, file: string): unknown {
  if (!isUtf8(bytes)) throw notJson(file, "it is not UTF-8");
  const begin = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const { depth, entries, parts } = measure(bytes);
  if (depth > deepest) throw notJson(file, `it is nested more than ${deepest} levels deep`);
  if (parts > mostParts) throw notJson(file, `it has ${parts} objects and arrays, more than ${mostParts}`);
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8", begin));
  } catch (cause) {
    throw notJson(file, (cause as Error).message, cause);
  }
  if (entriesIn(value) === entries) return value;
  throw notJson(file, `the name ${quote(doubledName(bytes))} is there twice in one object`);
}

/** How deep JSON is nested, its objects and arrays, and the entries of its objects; some numbers for what is no JSON. */
function measure(bytes: Buffer): { depth: number; parts: number; entries: number } {
  let [level, depth, parts, entries] = [0, 0, 0, 0];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte === quotes) at = endOfText(bytes, at);
    else if (byte === colon) entries++;
    else if (byte === openObject || byte === openArray) {
      parts++;
      level++;
      if (level > depth) depth = level;
    } else if (byte === closeObject || byte === closeArray) level--;
  }
  return { depth, parts, entries };
}

/** The place of the quotation mark that ends the text which begins at `at`. */
function endOfText(bytes: Buffer, at: number): number {
  for (let end = at + 1; end < bytes.length; end++) {
    if (bytes[end] === quotes) return end;
    if (bytes[end] === backslash) end++;
  }
  return bytes.length;
}

/** Entries of all objects in a value. An entry that a file has twice is there once. */
function entriesIn(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  if (Array.isArray(value)) return value.reduce<number>((sum, part) => sum + entriesIn(part), 0);
  const parts = Object.values(value);
  return parts.reduce<number>((sum, part) => sum + entriesIn(part), parts.length);
}

/** The first name that one object of some JSON has twice. */
function doubledName(bytes: Buffer): string {
  /** The names of each open object; null for an array. */
  const open: (Set<string> | null)[] = [];
  let naming = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === quotes) {
      const end = endOfText(bytes, at);
      const name = naming ? (JSON.parse(bytes.toString("utf8", at, end + 1)) as string) : null;
      if (name !== null && open.at(-1)?.has(name)) return name;
      if (name !== null) open.at(-1)?.add(name);
      at = end;
      naming = false;
    } else if (byte === openObject) naming = open.push(new Set()) > 0;
    else if (byte === openArray) open.push(null);
    else if (byte === closeObject || byte === closeArray) open.pop();
    else if (byte === comma) naming = open.at(-1) instanceof Set;
  }
  return "";
}

function notJson(file: string, what: string, cause?: unknown): FileError {
  return new FileError(
    `${file} is cut off or damaged: it is not JSON (${what}). Copy it again from where it came.`,
    cause,
  );
}
