import type { Stats } from "node:fs";
import { existsSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { FileError } from "../errors.js";
import { checkOption, text } from "../options.js";
import { followLinks, makeFolder } from "./makeFolder.js";
import { modelFiles } from "./modelFiles.js";
import { syncFile, syncFolder } from "./sync.js";
import { sweepTemporaryFiles, temporaryName } from "./temporaryFile.js";

/** Where the content of a file goes while it is written. */
export interface Sink {
  /** Adds to the end. The bytes may be changed once the promise has resolved. */
  append(bytes: Uint8Array): Promise<void>;
  /** Writes over bytes that were appended before. */
  overwrite(bytes: Uint8Array, position: number): Promise<void>;
}

/** How a file is written. */
export interface AtomicOptions {
  /** Runs when the content is complete and on the disk, just before it takes the name. */
  readonly complete?: () => Promise<void>;
  /** The file whose rights and group the new one gets. Default: the one that it replaces. */
  readonly rightsOf?: string;
}

/**
 * Writes a file so that under its name there is always either the whole old content or the whole new one:
 * the content goes to a temporary file in the same folder, is flushed to the disk, and is then renamed.
 * Folders are made as needed. A link stays, and its target is written, also where it is missing. Rights and
 * group stay those of the old file.
 *
 * @param content text or bytes, or a function that writes piece by piece, for content that should not be in
 *   memory twice.
 * @throws OptionError for an empty path.
 * @throws FileError if it cannot be written (full disk, no permission ...); the old file is then untouched
 *   and no temporary file remains. Errors of `content` and `complete` are passed on.
 */
export async function writeFileAtomically(
  path: string,
  content: string | Uint8Array | ((sink: Sink) => Promise<void>),
  { complete, rightsOf }: AtomicOptions = {},
): Promise<void> {
  checkOption("writing a file", "path", path, text());
  const target = await naming(path, () => followLinks(path));
  const [folder, name] = [dirname(target), basename(target)];
  const temporary = join(folder, temporaryName(name));
  await naming(path, () => makeFolder(folder));
  const before = await stat(rightsOf ?? target).catch(() => null);
  const handle = await naming(path, () => open(temporary, "wx", before ? 0o600 : 0o666));
  try {
    if (before) await copyRights(before, handle);
    const write = typeof content === "function" ? content : (sink: Sink) => sink.append(Buffer.from(content as string));
    await write(fileSink(path, handle));
    await naming(path, () => syncFile(handle));
    await naming(path, () => handle.close());
    await complete?.();
    await naming(path, () => rename(temporary, target));
  } catch (error) {
    await handle.close().catch(() => {});
    await rm(temporary).catch(() => {});
    throw error;
  }
  await syncFolder(folder);
  await sweepTemporaryFiles(folder, (other) => other === name);
}

/**
 * Gives a new file the owner, group and rights of another one. Where the group cannot stay, the group that
 * the file has instead gets the rights of others. File systems without rights refuse all of it, and need none
 * of it.
 */
async function copyRights({ uid, gid, mode }: Stats, handle: FileHandle): Promise<void> {
  const fresh = await handle.stat();
  if (fresh.uid !== uid) await handle.chown(uid, gid).catch(() => {});
  if (fresh.gid !== gid) await handle.chown((await handle.stat()).uid, gid).catch(() => {});
  const rights = mode & 0o777;
  const kept = (await handle.stat()).gid === gid;
  await handle.chmod(kept ? rights : (rights & 0o707) | ((rights & 0o007) << 3)).catch(() => {});
}

/** Checks that a folder has room for a file, by writing one. @throws FileError if it has not. */
export async function expectRoom(folder: string, bytes: number): Promise<void> {
  const path = join(folder, modelFiles.tensors);
  const temporary = join(folder, temporaryName(modelFiles.tensors));
  const handle = await naming(path, () => open(temporary, "wx"));
  try {
    const sink = fileSink(path, handle);
    const chunk = Buffer.alloc(2 ** 20);
    for (let done = 0; done < bytes; done += chunk.length) await sink.append(chunk.subarray(0, bytes - done));
    await naming(path, () => syncFile(handle));
  } finally {
    await handle.close();
    await rm(temporary, { force: true });
  }
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

/** Runs one step of writing `path`; its failure becomes an error that says what to do. */
export async function naming<T>(path: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (cause) {
    const old = existsSync(path) ? " This file is as it was before." : "";
    throw new FileError(`Could not write ${path}: ${writingAdvice(cause as NodeJS.ErrnoException)}${old}`, cause);
  }
}

/** The reason why a file could not be written, and what to do, in a sentence or two. */
export function writingAdvice({ code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case "ENOSPC":
      return `the disk is full. Free some space or choose another disk.`;
    case "EDQUOT":
      return `your disk quota is used up. Free some space or choose another disk.`;
    case "EFBIG":
      return `the file is larger than the file system or your limits (ulimit -f) allow.`;
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
      return `${message}.`;
  }
}
