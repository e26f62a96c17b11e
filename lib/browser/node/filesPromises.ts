/** node:fs/promises on the files in memory: what Ostinato calls of it. There are no links and no rights. */
import { find, need, needFolder, placeOf, systemError } from "../memory.js";
import { MemoryFile, MemoryFolder } from "../memoryFile.js";
import { Buffer } from "./buffer.js";
import { constants } from "./files.js";

/** The facts of a file that `stat` gives. */
function statsOf({ ino, size, changed, version }: MemoryFile | MemoryFolder, isFile: boolean) {
  return {
    dev: 1,
    ino,
    size,
    mode: isFile ? 0o100666 : 0o040777,
    uid: 0,
    gid: 0,
    mtimeMs: changed,
    mtimeNs: BigInt(changed) * 1_000_000n + BigInt(version),
    isFile: () => isFile,
    isDirectory: () => !isFile,
    isSymbolicLink: () => false,
  };
}

type Stats = ReturnType<typeof statsOf>;

const stats = (place: MemoryFile | MemoryFolder) => statsOf(place, place instanceof MemoryFile);

let opened = 2;

/** A file that is open, also once no path leads to it. */
class MemoryHandle {
  readonly fd = ++opened;
  readonly #place: MemoryFile | MemoryFolder;
  readonly #path: string;
  #position = 0;
  #open = true;

  constructor(place: MemoryFile | MemoryFolder, path: string) {
    this.#place = place;
    this.#path = path;
  }

  async stat(): Promise<Stats> {
    return stats(this.#place);
  }

  async read(buffer: Uint8Array, offset = 0, length = buffer.length - offset, position: number | null = null) {
    const bytesRead = this.#file().read(buffer.subarray(offset, offset + length), position ?? this.#position);
    if (position === null) this.#position += bytesRead;
    return { bytesRead, buffer };
  }

  async write(buffer: Uint8Array, offset = 0, length = buffer.length - offset, position: number | null = null) {
    this.#file().write(buffer.subarray(offset, offset + length), position ?? this.#position);
    if (position === null) this.#position += length;
    return { bytesWritten: length, buffer };
  }

  async readFile() {
    return Buffer.from(this.#file().content);
  }

  /** The bytes in parts. */
  async *createReadStream() {
    const file = this.#file();
    for (let at = 0; at < file.size; at += part) yield Buffer.from(file.content.subarray(at, at + part));
  }

  async chmod(): Promise<void> {}

  async chown(): Promise<void> {}

  async close(): Promise<void> {
    this.#open = false;
    if (this.#place instanceof MemoryFile) this.#place.trim();
  }

  #file(): MemoryFile {
    if (!this.#open) throw systemError("EBADF", this.#path);
    if (this.#place instanceof MemoryFile) return this.#place;
    throw systemError("EISDIR", this.#path);
  }
}

const part = 2 ** 16;

/** Opens a file: to read, or by "wx" and "wx+" a new one. */
export async function open(path: string, flags: string | number = constants.O_RDONLY): Promise<MemoryHandle> {
  if (flags === "r" || flags === constants.O_RDONLY) return new MemoryHandle(need(path), path);
  const { entries, name } = placeOf(path);
  if (entries.has(name)) throw systemError("EEXIST", path);
  const file = new MemoryFile();
  entries.set(name, file);
  return new MemoryHandle(file, path);
}

export async function readFile(path: string, encoding?: "utf8"): Promise<Uint8Array | string> {
  const place = need(path);
  if (place instanceof MemoryFolder) throw systemError("EISDIR", path);
  const bytes = Buffer.from(place.content);
  return encoding ? bytes.toString(encoding) : bytes;
}

export async function stat(path: string): Promise<Stats> {
  return stats(need(path));
}

export const lstat = stat;

export async function realpath(path: string): Promise<string> {
  need(path);
  return path;
}

export async function readlink(path: string): Promise<never> {
  throw systemError(find(path) ? "EINVAL" : "ENOENT", path);
}

export async function readdir(path: string): Promise<string[]> {
  return [...needFolder(path).entries.keys()];
}

export async function mkdir(path: string): Promise<void> {
  const { entries, name } = placeOf(path);
  if (entries.has(name)) throw systemError("EEXIST", path);
  entries.set(name, new MemoryFolder());
}

export async function rename(from: string, to: string): Promise<void> {
  const moved = need(from);
  const [source, target] = [placeOf(from), placeOf(to)];
  if (target.entries.get(target.name) instanceof MemoryFolder) throw systemError("EISDIR", to);
  source.entries.delete(source.name);
  target.entries.set(target.name, moved);
}

export async function rmdir(path: string): Promise<void> {
  if (needFolder(path).entries.size > 0) throw systemError("ENOTEMPTY", path);
  const { entries, name } = placeOf(path);
  entries.delete(name);
}

export async function rm(path: string, { force = false, recursive = false } = {}): Promise<void> {
  const place = find(path);
  if (!place && force) return;
  if (need(path) instanceof MemoryFolder && !recursive) throw systemError("EISDIR", path);
  const { entries, name } = placeOf(path);
  entries.delete(name);
}

export const unlink = rm;
