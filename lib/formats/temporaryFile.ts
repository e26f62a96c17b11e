import { randomBytes } from "node:crypto";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { exists, hasEnded, placeDigest, thisProcess } from "./processIdentity.js";

const pattern = /^\.(?<name>.+)\.(?<pid>\d+)-(?:(?<started>\d+)-(?<place>[0-9a-f]{8})-)?[0-9a-f]{8}\.tmp$/;

/** No file takes longer to be written. */
const dayMilliseconds = 86_400_000;

/**
 * A name for the content of a file while it is written: hidden, unique, and saying which process writes it.
 */
export function temporaryName(name: string): string {
  const { pid, started } = thisProcess();
  return `.${name}.${pid}-${started ?? 0}-${placeDigest()}-${randomBytes(4).toString("hex")}.tmp`;
}

/**
 * Removes what processes that were killed left of their writing. Files of living ones stay, and those of
 * other machines for a day.
 * @param written whether a file of that name is one whose temporary files are to go.
 * @param options.alone nobody else writes these files now: then those of other machines are leftovers too.
 */
export async function sweepTemporaryFiles(
  folder: string,
  written: (name: string) => boolean,
  { alone = false }: { alone?: boolean } = {},
): Promise<void> {
  for (const entry of await readdir(folder).catch((): string[] => [])) {
    const { name, pid, started, place } = pattern.exec(entry)?.groups ?? {};
    if (name === undefined || !written(name)) continue;
    const path = join(folder, entry);
    const ended = endedWriter({ pid: Number(pid), started, place });
    const leftover = ended ?? (alone || (await ageOf(path)) > dayMilliseconds);
    if (leftover) await rm(path).catch(() => {});
  }
}

/** Former versions wrote no start and no place. */
function endedWriter(writer: { pid: number; started: string | undefined; place: string | undefined }): boolean | null {
  const { pid, started, place } = writer;
  if (place === undefined) return !exists(pid);
  if (place !== placeDigest()) return null;
  return hasEnded({ ...thisProcess(), pid, started: started === "0" ? null : (started as string) });
}

async function ageOf(path: string): Promise<number> {
  const stats = await stat(path).catch(() => null);
  return stats ? Date.now() - stats.mtimeMs : 0;
}
