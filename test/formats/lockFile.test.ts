import { readdir } from "node:fs/promises";
import { expect, test, vi } from "vitest";
import { FolderLock, lockName } from "../../lib/formats/lockFile.js";
import { temporaryFolder } from "../data/temporaryFolder.js";

/** How the file system makes links. */
const state = vi.hoisted(() => ({ links: "repeated" }));

vi.mock("node:fs/promises", async (original) => {
  const system = await original<typeof import("node:fs/promises")>();
  const link: typeof system.link = async (from, to) => {
    if (state.links !== "repeated") throw Object.assign(new Error(state.links), { code: state.links });
    await system.link(from, to);
    await system.link(from, to);
  };
  return { ...system, link };
});

/** A network file system that lost its answer repeats each request, and reports the failure of the second; FAT has no links. */
test.each(["repeated", "EPERM", "ENOTSUP", "ENOSYS"])(
  "where links are %s, a lock is taken once, by one, until it is released",
  async (links) => {
    state.links = links;
    const folder = await temporaryFolder();
    const lock = await FolderLock.take(folder, { folder, purpose: "training" });
    expect(await readdir(folder)).toEqual([lockName]);
    await lock.confirm(folder);
    await expect(FolderLock.take(folder, { folder, purpose: "training" })).rejects.toThrow(
      "is being trained by this process",
    );
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
  },
);

test("another failure of a link is the caller's, and leaves nothing", async () => {
  state.links = "EIO";
  const folder = await temporaryFolder();
  await expect(FolderLock.take(folder, { folder, purpose: "training" })).rejects.toThrow("EIO");
  expect(await readdir(folder)).toEqual([]);
});

test("without links many that want a lock at once take it one after the other", async () => {
  state.links = "EPERM";
  const folder = await temporaryFolder();
  let [now, most] = [0, 0];
  await Promise.all(
    Array.from({ length: 6 }, async () => {
      const lock = await FolderLock.take(folder, { folder, purpose: "saving" });
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 5));
      now--;
      await lock.release();
    }),
  );
  expect([now, most]).toEqual([0, 1]);
  expect(await readdir(folder)).toEqual([]);
});
