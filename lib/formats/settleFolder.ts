import { readdir, realpath, rename, rm, rmdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { isModelFile, settleCompanions } from "./companions.js";
import { isRemoval, lockName } from "./lockFile.js";
import { modelFiles } from "./modelFiles.js";
import { exists } from "./processIdentity.js";
import { sweepTemporaryFiles } from "./temporaryFile.js";

/**
 * Puts in order what killed processes left in a folder, and beside it: temporary files go, a replacement of
 * the model is finished or taken back, and what former versions moved away comes back. For the one process
 * that has the folder's lock.
 */
export async function settleFolder(folder: string): Promise<void> {
  await bringBack(await realpath(folder));
  await sweepTemporaryFiles(folder, isModelFile, { alone: true });
  await sweepLocks(folder);
  // Where model.safetensors is damaged, nobody knows which companions are its own: they stay.
  await settleCompanions(folder).catch(() => {});
}

/** Others may be waiting for this lock. Whoever was removing an older one finds it gone. */
async function sweepLocks(folder: string): Promise<void> {
  await sweepTemporaryFiles(folder, (name) => name === lockName || isRemoval(name));
  for (const name of await readdir(folder)) if (isRemoval(name)) await rm(join(folder, name), { force: true });
}

/**
 * Former versions made a new folder beside the old one (.NAME.PID-ID.new), and renamed the old one
 * (.NAME.PID-ID.old) to replace it.
 */
const moved = /^\.(?<name>.+)\.(?<pid>\d+)-[0-9a-f]{8}\.(?<kind>new|old)$/;

async function bringBack(folder: string): Promise<void> {
  const [parent, own] = [dirname(folder), basename(folder)];
  for (const entry of await readdir(parent).catch((): string[] => [])) {
    const { name, pid, kind } = moved.exec(entry)?.groups ?? {};
    if (name !== own || exists(Number(pid))) continue;
    const path = join(parent, entry);
    if (kind === "new") await rm(path, { recursive: true }).catch(() => {});
    else await empty(path, folder);
  }
}

/**
 * Moves files into a folder that has none of their names; others stay. Those of a model go, if the folder
 * has one. model.safetensors is the last to be moved: it says that the others have been.
 */
async function empty(old: string, folder: string): Promise<void> {
  const replaced = await isThere(join(folder, modelFiles.tensors));
  const entries = await readdir(old).catch((): string[] => []);
  const isLast = (name: string) => name === modelFiles.tensors;
  for (const name of [...entries.filter((entry) => !isLast(entry)), ...entries.filter(isLast)]) {
    const [from, to] = [join(old, name), join(folder, name)];
    if (replaced && isModelFile(name)) await rm(from).catch(() => {});
    else if (!(await isThere(to))) await rename(from, to).catch(() => {});
  }
  await rmdir(old).catch(() => {});
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
