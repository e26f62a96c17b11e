import fs from "node:fs";
import { chmod, mkdir, open, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { naming, writeFileAtomically } from "../../lib/formats/atomicFile.js";
import { temporaryFolder } from "../data/temporaryFolder.js";
import { smallDisk } from "./smallDisk.js";

afterEach(restore);

/** Takes back what stands in for calls of Node. */
function restore(): void {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
}

/** Makes one call of a file handle's method fail, the `call`-th from now. */
async function failing(method: "write" | "fsync", code: string, call = 1): Promise<void> {
  const error = Object.assign(new Error(`${code}: simulated`), { code });
  if (method === "fsync") {
    vi.spyOn(fs, "fsync").mockImplementation((_, done) => done(error));
    syncBuiltinESMExports();
    return;
  }
  const handle = await open("/dev/null", "r");
  const prototype = Object.getPrototypeOf(handle);
  await handle.close();
  const original = prototype[method];
  let calls = 0;
  vi.spyOn(prototype, method).mockImplementation(function (this: unknown, ...values: unknown[]) {
    if (++calls === call) return Promise.reject(error);
    return original.apply(this, values);
  });
}

test("a file is replaced, its folder made, and nothing else left", async () => {
  const folder = await temporaryFolder();
  const file = join(folder, "new", "deep", "a.txt");
  await writeFileAtomically(file, "one");
  await writeFileAtomically(file, Buffer.from("two"));
  await writeFileAtomically(file, async (sink) => {
    await sink.append(Buffer.from("thr"));
    await sink.append(Buffer.from("ee"));
    await sink.overwrite(Buffer.from("T"), 0);
  });
  expect(await readFile(file, "utf8")).toBe("Three");
  expect(await readdir(join(folder, "new", "deep"))).toEqual(["a.txt"]);
});

test("a link stays a link", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "target"), "old");
  await symlink("target", join(folder, "link"));
  await writeFileAtomically(join(folder, "link"), "new");
  expect(await readFile(join(folder, "target"), "utf8")).toBe("new");
});

test.each([
  ["write", "ENOSPC", 1, /a.txt: the disk is full. Free some space/],
  ["write", "ENOSPC", 3, /a.txt: the disk is full. Free some space/],
  ["write", "EDQUOT", 2, /disk quota/],
  ["write", "EIO", 2, /EIO: simulated/],
  ["fsync", "ENOSPC", 1, /the disk is full/],
] as const)("when %s fails with %s (call %i), the old file stays and no other", async (method, code, call, message) => {
  const folder = await temporaryFolder();
  const file = join(folder, "a.txt");
  await writeFile(file, "old");
  await failing(method, code, call);
  const writing = writeFileAtomically(file, async (sink) => {
    for (let i = 0; i < 5; i++) await sink.append(Buffer.alloc(100, i));
  });
  await expect(writing).rejects.toThrow(message);
  await expect(writing).rejects.toMatchObject({ code: "ERR_OSTINATO_FILE", cause: { code } });
  restore();
  expect(await readFile(file, "utf8")).toBe("old");
  expect(await readdir(folder)).toEqual(["a.txt"]);
});

test("an error of the writer itself passes, and leaves the old file alone", async () => {
  const folder = await temporaryFolder();
  const file = join(folder, "a.txt");
  await writeFile(file, "old");
  const writing = writeFileAtomically(file, async (sink) => {
    await sink.append(Buffer.from("half"));
    throw new RangeError("no more");
  });
  await expect(writing).rejects.toThrow(new RangeError("no more"));
  expect(await readFile(file, "utf8")).toBe("old");
  expect(await readdir(folder)).toEqual(["a.txt"]);
});

test("a full disk keeps the old file", async ({ skip }) => {
  const disk = await smallDisk(64);
  if (!disk) return skip("mounting a small disk needs more rights");
  const file = join(disk, "a.bin");
  await writeFileAtomically(file, Buffer.alloc(20_000, 1));
  await expect(writeFileAtomically(file, Buffer.alloc(60_000, 2))).rejects.toThrow(/the disk is full/);
  expect(await readFile(file)).toEqual(Buffer.alloc(20_000, 1));
  expect(await readdir(disk)).toEqual(["a.bin"]);
  await writeFileAtomically(file, Buffer.alloc(30_000, 3));
});

test("what the system refuses is said in words", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "file"), "");
  await expect(writeFileAtomically(join(folder, "file", "a"), "")).rejects.toThrow(/a part of the path is a file/);
  await mkdir(join(folder, "a"));
  await expect(writeFileAtomically(join(folder, "a"), "")).rejects.toThrow(/there is a folder of that name/);
  expect((await readdir(folder)).sort()).toEqual(["a", "file"]);
  const locked = join(folder, "locked");
  await mkdir(locked);
  await chmod(locked, 0o555);
  if (process.getuid?.() !== 0)
    await expect(writeFileAtomically(join(locked, "a"), "")).rejects.toThrow(/no permission/);
  const refused = (code: string) => naming("x", () => Promise.reject(Object.assign(new Error(code), { code })));
  await expect(refused("EACCES")).rejects.toThrow("Could not write x: no permission to write there.");
  await expect(refused("EROFS")).rejects.toThrow("Could not write x: the file system is read-only.");
});

test.each([
  ["ENOSPC", "the disk is full. Free some space or choose another disk."],
  ["EDQUOT", "your disk quota is used up. Free some space or choose another disk."],
  ["EFBIG", "the file is larger than the file system or your limits (ulimit -f) allow."],
  ["EACCES", "no permission to write there. Choose another folder or change its permissions."],
  ["EPERM", "no permission to write there. Choose another folder or change its permissions."],
  ["EROFS", "the file system is read-only. Choose another folder."],
  ["ENOTDIR", "a part of the path is a file, not a folder. Choose another folder."],
  ["EEXIST", "a part of the path is a file, not a folder. Choose another folder."],
  ["EISDIR", "there is a folder of that name. Choose another name."],
  ["EIO", "EIO: of the system."],
])(
  "%s of the system while a file is written is said in words, and whether an old one is there",
  async (code, advice) => {
    const cause = Object.assign(new Error(`${code}: of the system`), { code });
    const folder = await temporaryFolder();
    const [none, old] = ["none", "old"].map((name) => join(folder, name)) as [string, string];
    await writeFile(old, "");
    const fails = () => Promise.reject(cause);
    await expect(naming(none, fails)).rejects.toMatchObject({ message: `Could not write ${none}: ${advice}`, cause });
    await expect(naming(old, fails)).rejects.toThrow(
      `Could not write ${old}: ${advice} This file is as it was before.`,
    );
  },
);
