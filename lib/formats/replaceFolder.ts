import { randomBytes } from "node:crypto";
import { mkdir, readdir, realpath, rename, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { FileError } from "../errors.js";
import { naming, syncFolder } from "./atomicFile.js";

/**
 * Writes a folder as a whole: the new one is made beside, and takes the name when it is complete. An old one of that name
 * is complete until then; what is not `ours` moves over from it, the rest of it is removed.
 * @throws FileError if that is not possible; the old folder is then as it was.
 */
export async function replaceFolder(
  folder: string,
  write: (into: string) => Promise<void>,
  { ours }: { ours: readonly string[] },
): Promise<void> {
  const target = await realpath(folder).catch(() => resolve(folder));
  const parent = dirname(target);
  const beside = (word: string) =>
    join(parent, `.${basename(target)}.${process.pid}-${randomBytes(4).toString("hex")}.${word}`);
  const [fresh, old] = [beside("new"), beside("old")];
  try {
    await naming(folder, () => mkdir(parent, { recursive: true }));
    await naming(folder, () => mkdir(fresh));
    await write(fresh);
    const replaces = await renameIfThere(folder, target, old);
    await naming(folder, () => rename(fresh, target)).catch(async (error: unknown) => {
      if (replaces) await rename(old, target);
      throw error;
    });
    await syncFolder(parent);
    if (replaces) await carryOver(folder, { old, target, ours });
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    if (!(error instanceof FileError)) throw error;
    throw new FileError(error.message.replaceAll(fresh, folder), error);
  }
}

async function renameIfThere(folder: string, from: string, to: string): Promise<boolean> {
  return naming(folder, () =>
    rename(from, to).then(
      () => true,
      (cause: NodeJS.ErrnoException) => {
        if (cause.code === "ENOENT") return false;
        throw cause;
      },
    ),
  );
}

/** Nothing of someone else's is ever removed: what cannot be moved stays in the old folder. */
async function carryOver(
  folder: string,
  { old, target, ours }: { old: string; target: string; ours: readonly string[] },
): Promise<void> {
  for (const name of await readdir(old)) {
    if (ours.includes(name)) continue;
    await naming(folder, () => rename(join(old, name), join(target, name)));
  }
  for (const name of ours) await rm(join(old, name), { force: true });
  await rmdir(old).catch(() => {});
}
