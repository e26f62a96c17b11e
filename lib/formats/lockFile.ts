import { randomUUID } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { link, open, readFile, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { describe, FileError } from "../errors.js";
import { completeOptions, text, whole, word } from "../options.js";
import { readingFlags } from "../plainFile.js";
import { naming } from "./atomicFile.js";
import type { ProcessIdentity } from "./processIdentity.js";
import { hasEnded, thisProcess } from "./processIdentity.js";
import { temporaryName } from "./temporaryFile.js";

/** The file that says who writes in a folder. */
export const lockName = ".ostinato.lock";

/** Whether a name is that of a lock on a dead lock, for its removal. */
export function isRemoval(name: string): boolean {
  return /^\.ostinato\.lock\.[0-9a-z]+$/.test(name);
}

/** A training refuses others at once; the end of a saving is waited for. */
export type Purpose = "training" | "saving";

/** The content of the file. */
interface Holder extends ProcessIdentity {
  readonly purpose: Purpose;
  /** ISO 8601. */
  readonly since: string;
  readonly command: string;
  /** Another one for each lock. */
  readonly token: string;
}

const anyText = text({ empty: true });
const rules = {
  pid: whole(),
  host: anyText,
  place: anyText,
  started: text({ initial: "" }),
  purpose: word(["training", "saving"]),
  since: anyText,
  command: anyText,
  token: text(),
};

/** How long the end of a saving is waited for, and the time between two looks. */
const patience = { milliseconds: 60_000, between: 20 };

/** Time between two signs of life, which are for machines that cannot look for the process. */
const heartbeatMilliseconds = 20_000;

/** A holder whose process cannot be looked for counts as ended after so long without a sign of life. */
const silenceMilliseconds = 120_000;

/** The lock of a folder, held by this process until it is released. */
export class FolderLock {
  readonly #folder: string;
  readonly #holder: Holder;
  #handle: FileHandle;
  readonly #heartbeat: NodeJS.Timeout;

  private constructor(folder: string, holder: Holder, handle: FileHandle) {
    this.#folder = folder;
    this.#holder = holder;
    this.#handle = handle;
    // A write gives the file the time of the machine that keeps it.
    const beat = () => void this.#handle.write(written(holder), 0).catch(() => {});
    this.#heartbeat = setInterval(beat, heartbeatMilliseconds).unref();
  }

  /**
   * Takes the lock of a folder, also from a process that has ended. The end of a saving is waited for.
   * @param path the absolute path; `folder` is for messages.
   * @throws FileError that names the holder.
   */
  static async take(path: string, { folder, purpose }: { folder: string; purpose: Purpose }): Promise<FolderLock> {
    const file = join(path, lockName);
    const own = ownHolder(purpose);
    for (const begun = performance.now(); ; ) {
      const handle = await naming(folder, () => create(file, own));
      if (handle) return new FolderLock(path, own, handle);
      const holder = await read(file);
      if (holder === null) continue;
      if (!(await lives(file, holder))) await removeDead(file, holder);
      else if (holder.purpose === "training" || performance.now() - begun > patience.milliseconds) {
        throw refusal(folder, file, holder);
      } else await wait(patience.between);
    }
  }

  /**
   * Makes sure that the lock is still there. @throws FileError that names the process that took it for abandoned and holds
   * it now.
   */
  async confirm(folder: string): Promise<void> {
    const file = join(this.#folder, lockName);
    const holder = await read(file);
    if (holder?.token === this.#holder.token) return;
    const handle = holder === null ? await naming(folder, () => create(file, this.#holder)) : null;
    if (!handle) throw refusal(folder, file, (await read(file)) ?? this.#holder);
    await this.#handle.close();
    this.#handle = handle;
  }

  async release(): Promise<void> {
    const file = join(this.#folder, lockName);
    clearInterval(this.#heartbeat);
    await this.#handle.close().catch(() => {});
    if ((await read(file))?.token === this.#holder.token) await rm(file).catch(() => {});
  }
}

function written(holder: Holder): string {
  return `${JSON.stringify(holder, null, 2)}\n`;
}

/**
 * Makes a lock file, at once with its content, unless there is one. @returns it, open; null if there is one.
 */
async function create(file: string, holder: Holder): Promise<FileHandle | null> {
  const temporary = join(dirname(file), temporaryName(basename(file)));
  const handle = await open(temporary, "wx");
  try {
    await handle.write(written(holder));
    await link(temporary, file);
    return handle;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Network file systems can repeat a request that was done.
    if (code === "EEXIST" && (await read(file))?.token === holder.token) return handle;
    await handle.close();
    if (code === "EEXIST") return null;
    if (code === "EPERM" || code === "ENOTSUP" || code === "ENOSYS") return createWithoutLink(file, holder);
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** For file systems without hard links (FAT): for a moment the file is empty. */
async function createWithoutLink(file: string, holder: Holder): Promise<FileHandle | null> {
  const handle = await open(file, "wx").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EEXIST") return null;
    throw error;
  });
  await handle?.write(written(holder));
  return handle;
}

/** The holder; null without a lock. A file that cannot be read has a holder of whom nothing is known. */
async function read(file: string): Promise<Holder | null> {
  try {
    const json = JSON.parse(await readFile(file, { encoding: "utf8", flag: readingFlags })) as object;
    const { started, ...holder } = completeOptions("lock", json, rules);
    return { ...holder, started: started || null };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    const unknown = { host: "", place: "", started: null, since: "", command: "", token: "" };
    return { pid: 0, purpose: "saving", ...unknown };
  }
}

async function lives(file: string, holder: Holder): Promise<boolean> {
  const ended = hasEnded(holder);
  if (ended !== null) return !ended;
  return (await silenceOf(file)) < silenceMilliseconds;
}

/** Milliseconds since the last sign of life, by the clock of the machine that keeps the file. */
async function silenceOf(file: string): Promise<number> {
  const probe = join(dirname(file), temporaryName(basename(file)));
  const handle = await open(probe, "wx");
  try {
    const [now, last] = [await handle.stat(), await stat(file).catch(() => null)];
    return last ? now.mtimeMs - last.mtimeMs : 0;
  } finally {
    await handle.close();
    await rm(probe, { force: true });
  }
}

/**
 * Removes the lock of a holder that has ended. Many processes may find the same one, and none of them must
 * remove what another has put in its place: only who has the lock on that lock may remove it, and nobody else
 * can change it then.
 */
export async function removeDead(file: string, { token }: { token: string }): Promise<void> {
  const removal = `${file}.${token.slice(0, 8) || "damaged"}`;
  const handle = await create(removal, ownHolder("saving"));
  if (!handle) {
    const other = await read(removal);
    if (other && !(await lives(removal, other))) await removeDead(removal, other);
    else await wait(patience.between);
    return;
  }
  try {
    const holder = await read(file);
    if (holder?.token === token && !(await lives(file, holder))) await rm(file, { force: true });
  } finally {
    await handle.close();
    await rm(removal, { force: true });
  }
}

function ownHolder(purpose: Purpose): Holder {
  const since = `${new Date().toISOString().slice(0, 19)}Z`;
  return { ...thisProcess(), purpose, since, command: commandLine(), token: randomUUID() };
}

function refusal(folder: string, file: string, holder: Holder): FileError {
  const { pid, host, place, started, purpose, since, command } = holder;
  const own = thisProcess();
  const here = host === own.host && place === own.place;
  const who = here && pid === own.pid && started === own.started ? "this process" : `process ${pid}`;
  const where = here ? "" : ` on ${describe(host)}`;
  const what = purpose === "training" ? "is being trained" : "is being written";
  const advice =
    purpose === "training" ? "A folder takes one training at a time: stop that one, or choose another folder." : "";
  const unknown = hasEnded(holder) === null ? ` If it no longer runs, delete ${file}.` : "";
  return new FileError(
    `${folder} ${what} by ${who}${where} since ${since} (${describe(command)}). ${advice}${unknown}`.trim(),
  );
}

/** How this process was called, for people. */
function commandLine(): string {
  const [, script = process.execPath, ...words] = process.argv;
  return [basename(script), ...words].join(" ").slice(0, 500);
}
