import { AsyncLocalStorage } from "node:async_hooks";
import { rmdir, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { checkOption, text } from "../options.js";
import { naming } from "./atomicFile.js";
import type { Purpose } from "./lockFile.js";
import { FolderLock } from "./lockFile.js";
import { makeFolder } from "./makeFolder.js";
import { settleFolder } from "./settleFolder.js";

/** A folder that a chain of calls holds. */
interface Hold {
  readonly key: string;
  readonly lock: FolderLock;
  readonly outer: Hold | undefined;
  /** The last work inside, which the next one waits for. */
  tail: Promise<unknown>;
  over: boolean;
}

const holds = new AsyncLocalStorage<Hold>();

/**
 * Runs work that writes in a model folder, while nobody else does. The folder is made if it is missing, and
 * removed again if it is then still empty; first of all, what killed processes left there is put in order.
 * Calls for the same folder inside `work` share its lock and take turns.
 * @throws OptionError if `folder` is not a text, or empty.
 * @throws FileError that names the holder, if the folder is being trained; or if it cannot be written.
 */
export async function lockFolder<T>(
  folder: string,
  { owner, purpose }: { owner: string; purpose: Purpose },
  work: () => Promise<T>,
): Promise<T> {
  checkOption(owner, "folder", folder, text());
  const path = resolve(folder);
  const made = await naming(folder, () => makeFolder(path));
  const key = await keyOf(path);
  const outer = holdOf(key);
  if (outer) return inside(outer, folder, work);
  try {
    const lock = await FolderLock.take(path, { folder, purpose });
    const hold: Hold = { key, lock, outer: holds.getStore(), tail: Promise.resolve(), over: false };
    try {
      await settleFolder(path);
      return await holds.run(hold, work);
    } finally {
      hold.over = true;
      await lock.release();
    }
  } finally {
    for (const fresh of made.reverse()) await rmdir(fresh).catch(() => {});
  }
}

/** Work that has the lock already, after other such work. */
function inside<T>(outer: Hold, folder: string, work: () => Promise<T>): Promise<T> {
  const hold: Hold = { ...outer, outer, tail: Promise.resolve(), over: false };
  const turn = outer.tail.then(async () => {
    try {
      await outer.lock.confirm(folder);
      return await holds.run(hold, work);
    } finally {
      hold.over = true;
    }
  });
  outer.tail = turn.catch(() => {});
  return turn;
}

function holdOf(key: string): Hold | undefined {
  for (let hold = holds.getStore(); hold; hold = hold.outer) if (hold.key === key && !hold.over) return hold;
  return undefined;
}

/** The folder itself, by whichever path it is reached. */
async function keyOf(path: string): Promise<string> {
  const { dev, ino } = await stat(path, { bigint: true });
  return `${dev}:${ino}`;
}
