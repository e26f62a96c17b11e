import { randomBytes } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { mkdir, open, realpath, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { FileError } from "../errors.js";

/** Where the content of a file goes while it is written. */
export interface Sink {
  /** Adds to the end. The bytes may be changed once the promise has resolved. */
  append(bytes: Uint8Array): Promise<void>;
  /** Writes over bytes that were appended before. */
  overwrite(bytes: Uint8Array, position: number): Promise<void>;
}

/**
 * Writes a file so that under its name there is always either the whole old content or the whole new one: the content
 * goes to a temporary file in the same folder, is flushed to the disk, and is then renamed. Folders are made as needed.
 *
 * @param content text or bytes, or a function that writes piece by piece, for content that should not be in memory twice.
 * @throws FileError if it cannot be written (full disk, no permission ...); the old file is then untouched and no
 *   temporary file remains. Errors of `content` itself are passed on.
 */
export async function writeFileAtomically(
  path: string,
  content: string | Uint8Array | ((sink: Sink) => Promise<void>),
): Promise<void> {
  const target = await realpath(path).catch(() => path); // a link stays, and what it points at is replaced
  const folder = dirname(target);
  const temporary = join(folder, `.${basename(target)}.${process.pid}-${randomBytes(4).toString("hex")}.tmp`);
  await naming(path, () => mkdir(folder, { recursive: true }));
  const handle = await naming(path, () => open(temporary, "wx"));
  try {
    const write = typeof content === "function" ? content : (sink: Sink) => sink.append(Buffer.from(content as string));
    await write(fileSink(path, handle));
    await naming(path, () => handle.sync());
    await naming(path, () => handle.close());
    await naming(path, () => rename(temporary, target));
  } catch (error) {
    await handle.close().catch(() => {});
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
  await syncFolder(folder);
}

function fileSink(path: string, handle: FileHandle): Sink {
  let end = 0;
  const write = async (bytes: Uint8Array, position: number) => {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await naming(path, () =>
        handle.write(bytes, done, bytes.length - done, position + done),
      );
      done += bytesWritten;
    }
  };
  return {
    append: async (bytes) => {
      await write(bytes, end);
      end += bytes.length;
    },
    overwrite: write,
  };
}

/** Makes a rename in a folder survive a power failure. Windows cannot, and does not need to. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => null);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

/** Runs one step of writing `path`; its failure becomes an error that says what to do. */
export async function naming<T>(path: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (cause) {
    throw new FileError(`Could not write ${path}: ${advice(cause as NodeJS.ErrnoException)}`, cause);
  }
}

function advice({ code, message }: NodeJS.ErrnoException): string {
  const unchanged = "What was there before is unchanged.";
  switch (code) {
    case "ENOSPC":
      return `the disk is full. Free some space or choose another disk. ${unchanged}`;
    case "EDQUOT":
      return `your disk quota is used up. Free some space or choose another disk. ${unchanged}`;
    case "EFBIG":
      return `the file is larger than the file system or your limits (ulimit -f) allow. ${unchanged}`;
    case "EACCES":
    case "EPERM":
      return "no permission to write there. Choose another folder or change its permissions.";
    case "EROFS":
      return "the file system is read-only. Choose another folder.";
    case "ENOTDIR":
    case "EEXIST":
      return "a part of the path is a file, not a folder. Choose another folder.";
    case "EISDIR":
      return "there is a folder of that name. Choose another name.";
    default:
      return `${message}. ${unchanged}`;
  }
}
