import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import { FileError } from "./errors.js";

/** How a file is opened to read: a pipe in its place is not waited for. Windows has neither such pipes nor the flag. */
export const readingFlags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Opens a file to read from anywhere in it. A pipe, a device or a folder is refused at once: opening never waits for somebody
 * who writes.
 * @throws FileError if there is no such file, it is not a plain one, or it may not be read.
 */
export async function openPlainFile(file: string): Promise<FileHandle> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, readingFlags);
    if ((await handle.stat()).isFile()) return handle;
  } catch (cause) {
    await handle?.close();
    throw readingError(file, cause);
  }
  await handle.close();
  throw new FileError(
    `${file} is not a plain file, such as one on a disk: a folder, pipe or device cannot be read here.`,
  );
}

/** The error for a failure of the system while it opened or read a file. */
export function readingError(file: string, cause: unknown): FileError {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ENOTDIR") return new FileError(`There is no file ${file}.`, cause);
  if (code === "EACCES" || code === "EPERM") return new FileError(`No permission to read ${file}.`, cause);
  if (code === "ENXIO" || code === "EISDIR") return new FileError(`${file} is not a plain file.`, cause);
  return new FileError(`Could not read ${file}: ${message}`, cause);
}
