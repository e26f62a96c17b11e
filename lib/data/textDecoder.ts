import { isUtf8 } from "node:buffer";
import { InputError } from "../errors.js";
import { encodingHint, utf16Order } from "./encodingHint.js";

/** The source of a text, and how its bytes are read. */
export interface TextSource {
  /** For messages: a file's path, or "standard input". */
  readonly name: string;
  /** Whether `name` is a path, for commands that messages propose. */
  readonly isFile: boolean;
  /** Keep "\r" before "\n", for tables, whose quoted columns keep the line ends that they have. Default false. */
  readonly keepReturns?: boolean;
}

/**
 * Makes text of bytes that come in pieces: the one place that knows encoding and line ends, for files, pipes and terminals.
 * The encoding is UTF-8; a byte-order mark at the start is dropped. A line end is "\n" with any number of "\r" before it, and
 * becomes "\n". Nothing else ends a line: a "\r" elsewhere and U+2028 are characters.
 *
 * @throws InputError for a byte that is not UTF-8, with its offset and line, after the text before it has been given out.
 */
export async function* decodeText(
  chunks: AsyncIterable<Uint8Array>,
  source: TextSource,
): AsyncGenerator<string, void, undefined> {
  const decoder = new Utf8Decoder(source);
  // Returns at the end of a piece, of which nobody knows yet whether a line end follows.
  let returns = 0;
  for await (const chunk of chunks) {
    const text = decoder.push(chunk);
    const held = source.keepReturns || decoder.error ? 0 : returnsAtEnd(text);
    if (held < text.length) {
      const piece = "\r".repeat(returns) + text.slice(0, text.length - held);
      yield source.keepReturns ? piece : unifyLineEnds(piece);
      returns = 0;
    }
    returns += held;
    if (decoder.error) throw decoder.error;
  }
  const rest = "\r".repeat(returns) + decoder.end();
  if (rest !== "") yield rest;
  if (decoder.error) throw decoder.error;
}

function returnsAtEnd(text: string): number {
  let count = 0;
  while (text[text.length - 1 - count] === "\r") count++;
  return count;
}

/** Makes "\n" of every line end. */
export function unifyLineEnds(text: string): string {
  return text.replace(/\r+\n?/g, (run) => (run.endsWith("\n") ? "\n" : run));
}

/** First bytes of a text that show what it is. */
const enoughBytes = 64;

/** Bytes to characters, whatever the pieces cut in two. */
class Utf8Decoder {
  /** Why decoding ended, once it has. */
  error: InputError | undefined;
  readonly #source: TextSource;
  /** Bytes that begin a character. */
  #held: Uint8Array = new Uint8Array(0);
  /** Number of bytes before the held ones, and the line that they are in. */
  #offset = 0;
  #line = 1;
  /** The first bytes, for messages. */
  #start: Uint8Array = new Uint8Array(0);

  constructor(source: TextSource) {
    this.#source = source;
  }

  /** The characters that are complete, up to the first wrong byte. */
  push(chunk: Uint8Array): string {
    const bytes = Buffer.concat([this.#held, chunk]);
    return this.#decode(bytes, bytes.length - incompleteTail(bytes));
  }

  end(): string {
    return this.#decode(Buffer.from(this.#held), this.#held.length);
  }

  #decode(bytes: Buffer, complete: number): string {
    if (this.#isUtf16(bytes)) return "";
    const all = bytes.subarray(0, complete);
    const valid = isUtf8(all) ? complete : validPrefix(all);
    if (valid < complete) this.error = this.#encodingError(bytes, valid);
    const text = bytes.subarray(0, valid);
    const mark = this.#offset === 0 && text[0] === 0xef && text[1] === 0xbb && text[2] === 0xbf ? 3 : 0;
    this.#offset += valid;
    this.#line += countLineEnds(text);
    this.#held = Uint8Array.from(bytes.subarray(valid));
    return text.toString("utf8", mark);
  }

  /** Text in UTF-16 that is all ASCII is UTF-8 too, with a zero after each letter. */
  #isUtf16(bytes: Buffer): boolean {
    if (this.#start.length >= enoughBytes) return false;
    this.#start = Buffer.concat([this.#start, bytes.subarray(this.#held.length)]);
    if (utf16Order(this.#start) === null) return false;
    const { name, isFile } = this.#source;
    const hint = encodingHint(this.#start, bytes, isFile ? name : undefined);
    this.error = new InputError(`${name} is UTF-16, not UTF-8. ${hint}`);
    return true;
  }

  #encodingError(bytes: Buffer, at: number): InputError {
    const { name, isFile } = this.#source;
    const wrong = `byte 0x${(bytes[at] as number).toString(16).toUpperCase()}`;
    const line = this.#line + countLineEnds(bytes.subarray(0, at));
    const passage = bytes.subarray(bytes.lastIndexOf(10, at) + 1);
    return new InputError(
      `${name} is not UTF-8: ${wrong} at offset ${this.#offset + at} (line ${line}) cannot stand there. ` +
        encodingHint(this.#start, passage, isFile ? name : undefined),
    );
  }
}

function countLineEnds(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count++;
  return count;
}

/** Number of bytes at the end that begin a character whose other bytes are still to come: 0 to 3. */
function incompleteTail(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
}

/** Length of the longest part at the front that is UTF-8, by bisection. */
function validPrefix(bytes: Buffer): number {
  let [valid, invalid] = [0, bytes.length];
  const isValid = (end: number) => isUtf8(bytes.subarray(0, end - incompleteTail(bytes.subarray(0, end))));
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    if (isValid(middle)) valid = middle;
    else invalid = middle;
  }
  return valid - incompleteTail(bytes.subarray(0, valid));
}
