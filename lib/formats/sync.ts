import { fsync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";

/** Makes what was written to a file survive a power failure. By its number: the file system of Yarn's Plug'n'Play has no FileHandle.sync. */
export function syncFile({ fd }: FileHandle): Promise<void> {
  return new Promise((resolve, reject) => fsync(fd, (error) => (error ? reject(error) : resolve())));
}

/** Makes the names in a folder survive a power failure. Windows cannot, and does not need to. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => null);
  if (handle) await syncFile(handle).catch(() => {});
  await handle?.close();
}
