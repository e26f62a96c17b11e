import { open } from "node:fs/promises";

/** Makes the names in a folder survive a power failure. Windows cannot, and does not need to. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => null);
  await handle?.sync().catch(() => {});
  await handle?.close();
}
