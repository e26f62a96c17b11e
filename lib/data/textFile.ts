import type { FileHandle } from "node:fs/promises";
import { InputError } from "../errors.js";
import { checkOption, text } from "../options.js";
import { openPlainFile, readingError } from "../plainFile.js";
import type { TextSource } from "./textDecoder.js";
import { decodeText } from "./textDecoder.js";

/** Bytes read at a time. */
const chunkBytes = 2 ** 16;

/**
 * Reads a UTF-8 file piece by piece, by the rules of `decodeText`: a file has the same text whichever system wrote it.
 *
 * @param options.chunk bytes read at a time; any number gives the same text.
 * @throws InputError if the file is empty or not UTF-8 (with the byte and the line), FileError if it cannot be read.
 */
export async function* readTextFile(
  file: string,
  { chunk = chunkBytes, ...options }: { chunk?: number } & Pick<TextSource, "keepReturns"> = {},
): AsyncGenerator<string, void, undefined> {
  const handle = await openTextFile(file);
  try {
    let empty = true;
    for await (const piece of decodeText(chunksOf(handle, file, chunk), { ...options, name: file, isFile: true })) {
      empty = false;
      yield piece;
    }
    if (empty) throw new InputError(`${file} is empty: expected text in it.`);
  } finally {
    await handle.close();
  }
}

/** The lines of a file. A line end at the end of a file ends its last line. @throws as `readTextFile`. */
export async function readLines(file: string): Promise<string[]> {
  const pieces: string[] = [];
  for await (const piece of readTextFile(file)) pieces.push(piece);
  const lines = pieces.join("").split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
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

/** The path of a text file. @throws OptionError for anything but a text that is not empty. */
export function expectPath(owner: string, file: unknown): string {
  return checkOption(owner, "the file", file, pathRule);
}

const pathRule = { ...text(), expected: "the path of a text file" };

async function openTextFile(file: string): Promise<FileHandle> {
  return openPlainFile(expectPath("readTextFile", file));
}

/** The same memory each time: a piece must be used before the next one is asked for. */
async function* chunksOf(handle: FileHandle, file: string, chunk: number): AsyncGenerator<Buffer, void, undefined> {
  const buffer = Buffer.alloc(chunk);
  for (let position = 0; ; ) {
    const { bytesRead } = await handle.read(buffer, 0, chunk, position).catch((cause: unknown) => {
      throw readingError(file, cause);
    });
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    position += bytesRead;
  }
}
