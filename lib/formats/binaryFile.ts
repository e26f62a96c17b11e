import type { FileHandle } from "node:fs/promises";
import { totalmem } from "node:os";
import { FileError } from "../errors.js";

/** Bytes that are read, hashed or written at a time: some milliseconds of work between two turns of the event loop. */
export const chunkBytes = 2 ** 22;

/** Part of a binary file. */
export interface FilePart {
  /** Only for messages. */
  readonly file: string;
  readonly start: number;
  readonly length: number;
  /** Gets the bytes in their order. */
  readonly hash?: { update(bytes: Uint8Array): unknown } | null;
  /** The error for a file that ends too early. */
  cutOff(what: string): FileError;
}

/** Reads a part of a file into a buffer of its own. @throws FileError if the file ends before it, or there is no memory for it. */
export async function readPart(handle: FileHandle, part: FilePart): Promise<ArrayBuffer> {
  const { file, start, length, hash } = part;
  const bytes = bytesFor(file, length);
  for (let filled = 0; filled < length; ) {
    const { bytesRead } = await handle.read(bytes, filled, Math.min(chunkBytes, length - filled), start + filled);
    if (bytesRead === 0) throw part.cutOff(`it was cut off while it was read, at byte ${start + filled}`);
    hash?.update(bytes.subarray(filled, filled + bytesRead));
    filled += bytesRead;
  }
  return bytes.buffer;
}

/** A file may claim a size that no machine has: sparse files cost nothing. @throws FileError if the process cannot have as much. */
export function expectMemoryFor(file: string, what: string, bytes: number): void {
  const memory = Math.min(totalmem(), process.constrainedMemory?.() || Number.POSITIVE_INFINITY);
  if (bytes <= memory) return;
  throw new FileError(
    `${file}: ${what} need ${bytes} bytes of memory, and this process can have ${memory}. Use a machine with more memory.`,
  );
}

function bytesFor(file: string, length: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length);
  } catch (cause) {
    throw new FileError(`${file}: there is no memory for a tensor of ${length} bytes.`, cause);
  }
}
