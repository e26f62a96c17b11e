import { join, relative } from "node:path";
import { FileError, OptionError } from "../errors.js";
import { checkOption, text, value } from "../options.js";
import { find, placeOf } from "./memory.js";
import { MemoryFile, MemoryFolder } from "./memoryFile.js";

/** Files of a folder by their names, such as "config.json". */
export type FolderFiles = Readonly<Record<string, Uint8Array<ArrayBuffer> | ArrayBuffer | string>>;

const filesRule = value<FolderFiles>("an object that has bytes or a text for each name", (files) => {
  if (typeof files !== "object" || files === null) return false;
  return Object.values(files).every((content) => typeof content === "string" || isBytes(content) || isBuffer(content));
});

const tagOf = (content: unknown) => Object.prototype.toString.call(content);

/** Whether a value is a Uint8Array, also one of another window. */
function isBytes(content: unknown): content is Uint8Array<ArrayBuffer> {
  return tagOf(content) === "[object Uint8Array]";
}

/** Whether a value is an ArrayBuffer, also one of another window. */
function isBuffer(content: unknown): content is ArrayBuffer {
  return tagOf(content) === "[object ArrayBuffer]";
}

let count = 0;

/**
 * Makes a folder in memory. Bytes are not copied: leave them as they are.
 *
 * ```ts
 * const model = await loadModel(folderOf({ "config.json": config, "model.safetensors": weights, "vocabulary.json": vocabulary }), { executor });
 * ```
 * @param files by their names; one with "/" is in a folder inside.
 * @returns the folder's path: for `loadModel`, a Trainer's `folder`, and whatever else takes a folder or, with a name after it, a file.
 * @throws OptionError for what is no bytes or no name.
 */
export function folderOf(files: FolderFiles): string {
  checkOption("folderOf", "files", files, filesRule);
  for (const name of Object.keys(files)) expectName(name, files);
  let folder: string;
  do folder = `/folder-${++count}`;
  while (find(folder));
  makeIn(folder);
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    for (let end = name.indexOf("/"); end > 0; end = name.indexOf("/", end + 1))
      makeIn(join(folder, name.slice(0, end)));
    const { entries, name: own } = placeOf(path);
    entries.set(own, new MemoryFile(bytesOf(content)));
  }
  return folder;
}

/** @throws OptionError for what is no name of a file in a folder, or has a file for a folder. */
function expectName(name: string, files: FolderFiles): void {
  if (relative("/folder", join("/folder", name)) !== name || name.startsWith("..") || name === "") {
    throw new OptionError(`folderOf: expected names such as "config.json", got ${JSON.stringify(name)}.`);
  }
  const file = Object.keys(files).find((other) => name.startsWith(`${other}/`));
  if (file === undefined) return;
  throw new OptionError(
    `folderOf: ${JSON.stringify(file)} cannot be a file and the folder of ${JSON.stringify(name)}.`,
  );
}

function makeIn(path: string): void {
  const { entries, name } = placeOf(path);
  if (!entries.has(name)) entries.set(name, new MemoryFolder());
}

function bytesOf(content: FolderFiles[string]): Uint8Array<ArrayBuffer> {
  if (typeof content === "string") return new TextEncoder().encode(content);
  return isBuffer(content) ? new Uint8Array(content) : content;
}

/**
 * Copies of the files of a folder in memory, such as a Trainer or `model.save` wrote: to keep, download or send to a Worker.
 * @throws FileError if there is no such folder.
 */
export function filesOf(folder: string): Record<string, Uint8Array<ArrayBuffer>> {
  const place = find(checkOption("filesOf", "folder", folder, text()));
  if (!(place instanceof MemoryFolder)) throw new FileError(`filesOf: there is no folder ${folder} in memory.`);
  const files: Record<string, Uint8Array<ArrayBuffer>> = {};
  const add = ({ entries }: MemoryFolder, before: string) => {
    for (const [name, entry] of entries) {
      if (entry instanceof MemoryFolder) add(entry, `${before}${name}/`);
      // A slice of a Buffer would be no copy.
      else files[`${before}${name}`] = new Uint8Array(entry.content);
    }
  };
  add(place, "");
  return files;
}

/** Frees the memory of a folder's files. A model that was loaded from it stays. Without the folder nothing happens. */
export function removeFolder(folder: string): void {
  if (!(find(checkOption("removeFolder", "folder", folder, text())) instanceof MemoryFolder)) return;
  const { entries, name } = placeOf(folder);
  entries.delete(name);
}
