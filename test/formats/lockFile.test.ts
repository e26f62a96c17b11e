import { readdir } from "node:fs/promises";
import { expect, test, vi } from "vitest";
import { FolderLock, lockName } from "../../lib/formats/lockFile.js";
import { temporaryFolder } from "../data/temporaryFolder.js";

/** A network file system that lost its answer: it repeats each request, and reports the failure of the second. */
vi.mock("node:fs/promises", async (original) => {
  const system = await original<typeof import("node:fs/promises")>();
  const link: typeof system.link = async (from, to) => {
    await system.link(from, to);
    await system.link(from, to);
  };
  return { ...system, link };
});

test("a lock that a file system made, and then found made, is the caller's own", async () => {
  const folder = await temporaryFolder();
  const lock = await FolderLock.take(folder, { folder, purpose: "training" });
  expect(await readdir(folder)).toEqual([lockName]);
  await expect(FolderLock.take(folder, { folder, purpose: "training" })).rejects.toThrow(
    "is being trained by this process",
  );
  await lock.release();
  expect(await readdir(folder)).toEqual([]);
});
