import { mkdir, readlink, realpath, stat } from "node:fs/promises";
import { dirname, isAbsolute, sep } from "node:path";
import { syncFolder } from "./sync.js";

/** The limit of Linux. */
const mostLinks = 40;

/** The file or folder that a path means if it is a link, also one whose target is missing. */
export async function followLinks(path: string): Promise<string> {
  let target = path;
  for (let links = 0; links < mostLinks; links++) {
    const next = await readlink(target).catch(() => null);
    if (next === null) return target;
    // Not "resolve": a ".." after a link means the folder above the link's target.
    target = isAbsolute(next) ? next : (await realpath(dirname(target))) + sep + next;
  }
  return path;
}

/**
 * Makes a folder and those above it, where they are missing. A link whose target is missing gets its target.
 * @returns the folders that were made, outermost first. Rejects with the system's error.
 */
export async function makeFolder(folder: string): Promise<string[]> {
  const stats = await stat(folder).catch(() => null);
  if (stats?.isDirectory()) return [];
  // A link that is named with a "/" at its end is not seen to be one.
  const path = await followLinks(folder.replace(/(?<=.)\/+$/, ""));
  try {
    await mkdir(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "EEXIST" && (await stat(path)).isDirectory()) return [];
    if (code !== "ENOENT" || dirname(path) === path) throw cause;
    const above = await makeFolder(dirname(path));
    // Where the folder above was there all along, nothing has changed: there are places, such as /proc, that take no folder.
    if (above.length === 0) throw cause;
    return [...above, ...(await makeFolder(path))];
  }
  await syncFolder(dirname(path));
  return [path];
}
