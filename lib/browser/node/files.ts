/** node:fs on the files in memory: what Ostinato calls of it. */
import { find, need, placeOf, systemError } from "../memory.js";
import { MemoryFolder } from "../memoryFile.js";
import { Buffer } from "./buffer.js";

export const constants = { O_RDONLY: 0, O_NONBLOCK: 0 };

export function existsSync(path: string): boolean {
  return find(path) !== undefined;
}

export function readFileSync(path: string, encoding?: "utf8" | "latin1"): Uint8Array | string {
  const place = need(path);
  if (place instanceof MemoryFolder) throw systemError("EISDIR", path);
  const bytes = Buffer.from(place.content);
  return encoding ? bytes.toString(encoding) : bytes;
}

export function readlinkSync(path: string): never {
  throw systemError("EINVAL", path);
}

export function rmSync(path: string): void {
  const { entries, name } = placeOf(path);
  entries.delete(name);
}

/** There is no disk. */
export function fsync(_: number, done: (error: null) => void): void {
  done(null);
}
