import { isUtf8 } from "node:buffer";
import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import { FileError, InputError } from "../errors.js";

/** Bytes read at a time. */
const chunkBytes = 2 ** 16;

/**
 * Reads a UTF-8 file piece by piece. A byte-order mark at the start is dropped, and line ends "\r\n" become "\n", so that
 * a file has the same text whichever system wrote it. A lone "\r" stays.
 *
 * @param chunk bytes read at a time; any number gives the same text.
 * @throws InputError if the file is empty or not UTF-8 (with the byte and the line), FileError if it cannot be read.
 */
export async function* readTextFile(file: string, chunk = chunkBytes): AsyncGenerator<string, void, undefined> {
  const handle = await openTextFile(file);
  try {
    let heldReturn = "";
    let empty = true;
    for await (const text of decodeUtf8(handle, file, chunk)) {
      const joined = heldReturn + text;
      heldReturn = joined.endsWith("\r") ? "\r" : "";
      const piece = (heldReturn ? joined.slice(0, -1) : joined).replaceAll("\r\n", "\n");
      if (piece === "") continue;
      empty = false;
      yield piece;
    }
    if (heldReturn) yield heldReturn;
    else if (empty) throw new InputError(`${file} is empty: expected text in it.`);
  } finally {
    await handle.close();
  }
}

/** Size in bytes. @throws FileError if there is no such file or it is not a plain one. */
export async function textFileSize(file: string): Promise<number> {
  const handle = await openTextFile(file);
  try {
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}

async function openTextFile(file: string): Promise<FileHandle> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, "r");
    if ((await handle.stat()).isFile()) return handle;
  } catch (cause) {
    throw new FileError(readingError(file, cause), cause);
  }
  await handle.close();
  throw new FileError(`${file} is not a plain file: expected a text file, because it is read more than once.`);
}

function readingError(file: string, cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ENOTDIR") return `There is no file ${file}.`;
  if (code === "EACCES" || code === "EPERM") return `No permission to read ${file}.`;
  return `Could not read ${file}: ${message}`;
}

async function* decodeUtf8(handle: FileHandle, file: string, chunk: number): AsyncGenerator<string, void, undefined> {
  const buffer = Buffer.alloc(chunk + 3);
  let carried = 0; // bytes at the front of the buffer that begin a character
  let position = 0; // in the file, of the front of the buffer
  for (;;) {
    const { bytesRead } = await handle.read(buffer, carried, chunk, position + carried).catch((cause: unknown) => {
      throw new FileError(readingError(file, cause), cause);
    });
    const bytes = buffer.subarray(0, carried + bytesRead);
    const complete = bytes.length - (bytesRead === 0 ? 0 : incompleteTail(bytes));
    const text = bytes.subarray(0, complete);
    if (!isUtf8(text)) throw await encodingError(handle, file, position + validPrefix(text));
    const mark = position === 0 && text[0] === 0xef && text[1] === 0xbb && text[2] === 0xbf ? 3 : 0;
    if (complete > mark) yield text.toString("utf8", mark);
    if (bytesRead === 0) return;
    carried = bytes.length - complete;
    position += complete;
    buffer.copyWithin(0, complete, bytes.length);
  }
}

/** Number of bytes at the end that begin a character whose other bytes are still to come: 0 to 3. */
function incompleteTail(bytes: Buffer): number {
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

async function encodingError(handle: FileHandle, file: string, offset: number): Promise<InputError> {
  const line = 1 + (await countLineEnds(handle, offset));
  const { buffer: found } = await handle.read(Buffer.alloc(2), 0, 2, 0);
  const { buffer: wrong } = await handle.read(Buffer.alloc(1), 0, 1, offset);
  const utf16 = found.equals(Buffer.of(0xff, 0xfe)) || found.equals(Buffer.of(0xfe, 0xff));
  const byte = `0x${wrong.toString("hex").toUpperCase()}`;
  return new InputError(
    `${file} is not UTF-8: byte ${byte} at offset ${offset} (line ${line}) cannot stand there. ` +
      (utf16
        ? `It looks like UTF-16. Convert it: iconv -f UTF-16 -t UTF-8 ${file} > new.txt`
        : `Convert the file from the encoding that it has, for example: iconv -f CP949 -t UTF-8 ${file} > new.txt`),
  );
}

/** Reads the front of the file again: only an error wants to know. */
async function countLineEnds(handle: FileHandle, end: number): Promise<number> {
  const buffer = Buffer.alloc(chunkBytes);
  let count = 0;
  for (let position = 0; position < end; ) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(chunkBytes, end - position), position);
    if (bytesRead === 0) break;
    for (let i = buffer.indexOf(10); i >= 0 && i < bytesRead; i = buffer.indexOf(10, i + 1)) count++;
    position += bytesRead;
  }
  return count;
}
