import { resolve } from "node:path";
import { MemoryFile, MemoryFolder } from "./memoryFile.js";

/** The folder above all, with one for temporary files. */
const root = new MemoryFolder();
root.entries.set("tmp", new MemoryFolder());

/** An error such as those of node:fs. */
export function systemError(code: string, path: string): Error & { code: string } {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}

/** The file or folder of a path; undefined if there is none. */
export function find(path: string): MemoryFile | MemoryFolder | undefined {
  let place: MemoryFile | MemoryFolder | undefined = root;
  for (const name of namesOf(path)) {
    place = place instanceof MemoryFolder ? place.entries.get(name) : undefined;
  }
  return place;
}

/** The file or folder of a path. @throws ENOENT if there is none. */
export function need(path: string): MemoryFile | MemoryFolder {
  const place = find(path);
  if (!place) throw systemError("ENOENT", path);
  return place;
}

/** The folder of a path. @throws ENOENT if there is none, ENOTDIR if it is a file. */
export function needFolder(path: string): MemoryFolder {
  const place = need(path);
  if (place instanceof MemoryFile) throw systemError("ENOTDIR", path);
  return place;
}

/** The folder that holds a path, and its name there. @throws ENOENT, ENOTDIR as `needFolder` does. */
export function placeOf(path: string): { entries: MemoryFolder["entries"]; name: string } {
  const names = namesOf(path);
  const name = names.pop();
  if (name === undefined) throw systemError("EEXIST", path);
  return { entries: needFolder(`/${names.join("/")}`).entries, name };
}

function namesOf(path: string): string[] {
  return resolve("/", path).split("/").filter(Boolean);
}
