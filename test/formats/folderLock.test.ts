import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { lockFolder } from "../../lib/formats/folderLock.js";
import { FolderLock, lockName, removeDead } from "../../lib/formats/lockFile.js";
import { thisProcess } from "../../lib/formats/processIdentity.js";
import { root } from "../addon/child.js";
import { temporaryFolder } from "../data/temporaryFolder.js";

const training = { owner: "test", purpose: "training" } as const;
const saving = { owner: "test", purpose: "saving" } as const;
const nothing = async () => {};

/** Leaves a lock in a folder, as a process that was killed would. */
async function leaveLock(folder: string, changes: object): Promise<string> {
  const holder = { ...thisProcess(), purpose: "training", since: "2026-01-01T00:00:00Z", command: "old", token: "x" };
  const file = join(folder, lockName);
  await writeFile(file, JSON.stringify({ ...holder, ...changes }));
  return file;
}

/** The number of a process that has ended. */
async function deadProcess(): Promise<number> {
  const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  await once(child, "exit");
  return child.pid as number;
}

test("the second training in a folder is refused at once, and the message names the first", async () => {
  const folder = await temporaryFolder();
  const script = `
    import { lockFolder } from "./dist/formats/index.js";
    await lockFolder(${JSON.stringify(folder)}, { owner: "test", purpose: "training" }, async () => {
      console.log("held");
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { cwd: root });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  for (const options of [training, saving]) {
    const second = lockFolder(folder, options, nothing);
    await expect(second).rejects.toMatchObject({ code: "ERR_OSTINATO_FILE" });
    await expect(second).rejects.toThrow(
      new RegExp(`${folder} is being trained by process ${child.pid} since \\d{4}-.*Z \\(.*stop that one, or choose`),
    );
    await expect(second).rejects.not.toThrow(/delete/);
  }
  child.kill("SIGKILL");
  await once(child, "exit");
  await lockFolder(folder, training, nothing);
  expect(await readdir(folder)).toEqual([]);
});

test("a lock says who holds it, for what, since when, and how that process was called, in 500 characters at most", async () => {
  const folder = await temporaryFolder();
  const words = process.argv;
  onTestFinished(() => {
    process.argv = words;
  });
  const held = async (argv: string[], options: typeof training | typeof saving) => {
    process.argv = argv;
    let holder = {};
    await lockFolder(folder, options, async () => {
      holder = JSON.parse(await readFile(join(folder, lockName), "utf8")) as object;
    });
    return holder;
  };
  const shared = {
    ...thisProcess(),
    since: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    token: expect.stringMatching(/^[0-9a-f-]{36}$/),
  };
  expect(await held(["/bin/node", "/opt/main.js", "train", "lm"], training)).toEqual({
    ...shared,
    purpose: "training",
    command: "main.js train lm",
  });
  expect(await held(["/bin/node", "/opt/main.js", "x".repeat(600)], saving)).toEqual({
    ...shared,
    purpose: "saving",
    command: `main.js ${"x".repeat(492)}`,
  });
});

test("one process may not train twice in a folder either, by whichever path", async () => {
  const folder = join(await temporaryFolder(), "model");
  await mkdir(folder);
  await symlink("model", `${folder}-link`);
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const first = lockFolder(folder, training, () => held);
  await setTimeout(50);
  await expect(lockFolder(`${folder}-link`, training, nothing)).rejects.toThrow(/is being trained by this process/);
  release();
  await first;
});

test("a dead process keeps no lock, also where its number is used again", async () => {
  const folder = await temporaryFolder();
  for (const changes of [{ pid: await deadProcess() }, { started: "1" }]) {
    await leaveLock(folder, changes);
    let holder = "";
    await lockFolder(folder, training, async () => {
      holder = await readFile(join(folder, lockName), "utf8");
    });
    expect(JSON.parse(holder)).toMatchObject({ pid: process.pid, host: hostname(), purpose: "training" });
    expect(await readdir(folder)).toEqual([]);
  }
});

test("a process of another machine keeps its lock as long as it gives signs of life", async () => {
  const folder = await temporaryFolder();
  for (const changes of [{ host: "elsewhere" }, { place: "another boot or container" }]) {
    const file = await leaveLock(folder, changes);
    const second = lockFolder(folder, training, nothing);
    await expect(second).rejects.toThrow(/is being trained by process \d+ on "/);
    await expect(second).rejects.toThrow(`If it no longer runs, delete ${file}.`);
    const [quiet, silent] = [Date.now() / 1000 - 90, Date.now() / 1000 - 150];
    await utimes(file, quiet, quiet);
    await expect(lockFolder(folder, training, nothing)).rejects.toThrow(/delete/);
    await utimes(file, silent, silent);
    await lockFolder(folder, training, nothing);
    expect(await readdir(folder)).toEqual([]);
  }
});

test("of forty that find a dead lock at the same time, one gets it at a time", async () => {
  const folder = await temporaryFolder();
  await leaveLock(folder, { pid: await deadProcess() });
  let inside = 0;
  let done = 0;
  const work = async () => {
    expect(++inside).toBe(1);
    await setTimeout(1);
    inside--;
    done++;
  };
  await Promise.all(Array.from({ length: 40 }, () => lockFolder(folder, saving, work)));
  expect(done).toBe(40);
  expect(await readdir(folder)).toEqual([]);
});

test("a lock that is damaged is left behind, once it has not changed for a while", async () => {
  const folder = await temporaryFolder();
  const file = join(folder, lockName);
  for (const content of ["", "{", "[]", '{"pid":1}']) {
    await writeFile(file, content);
    const silent = Date.now() / 1000 - 150;
    await utimes(file, silent, silent);
    await lockFolder(folder, training, nothing);
    expect(await readdir(folder)).toEqual([]);
  }
});

test("work inside the lock takes part in it, and takes turns; work that outlives it does not", async () => {
  const folder = join(await temporaryFolder(), "a", "b");
  const order: string[] = [];
  let late: Promise<void> = Promise.resolve();
  let release = () => {};
  const over = new Promise<void>((resolve) => {
    release = resolve;
  });
  await lockFolder(folder, training, async () => {
    const save = (name: string) =>
      lockFolder(folder, saving, async () => {
        order.push(`${name} begins`);
        await lockFolder(folder, saving, () => setTimeout(5));
        order.push(`${name} ends`);
      });
    await Promise.all([save("one"), save("two")]);
    await expect(lockFolder(folder, saving, () => Promise.reject(new Error("its own")))).rejects.toThrow("its own");
    await writeFile(join(folder, "file"), "");
    late = over.then(() => lockFolder(folder, saving, nothing));
  });
  const [one, two] = [order.slice(0, 2), order.slice(2)].sort();
  expect([one, two]).toEqual([
    ["one begins", "one ends"],
    ["two begins", "two ends"],
  ]);
  // A lock of its own, which it gives back.
  release();
  await late;
  expect(await readdir(folder)).toEqual(["file"]);
});

test("a dead lock is removed once, by whoever does it, and never what has taken its place", async () => {
  const folder = await temporaryFolder();
  const dead = await deadProcess();
  const file = await leaveLock(folder, { token: "living" });
  await removeDead(file, { token: "dead" });
  expect(await readdir(folder)).toEqual([lockName]);
  await removeDead(file, { token: "living" }); // of a process that lives
  expect(await readdir(folder)).toEqual([lockName]);
  // Who was removing it was killed.
  await leaveLock(folder, { token: "dead", pid: dead });
  await writeFile(`${file}.dead`, await readFile(file));
  await lockFolder(folder, training, nothing);
  expect(await readdir(folder)).toEqual([]);
});

test("whoever lost the lock to another training writes no more; a lock that was deleted is made again", async () => {
  const folder = await temporaryFolder();
  await lockFolder(folder, training, async () => {
    await rm(join(folder, lockName));
    await lockFolder(folder, saving, nothing);
    expect(await readdir(folder)).toEqual([lockName]);
    await leaveLock(folder, { host: "elsewhere" });
    await expect(lockFolder(folder, saving, nothing)).rejects.toThrow(/is being trained by process \d+ on "elsewhere"/);
  });
  expect(await readdir(folder)).toEqual([lockName]); // that of the other one
});

test("a folder that was made for nothing goes again; what was there stays", async () => {
  const folder = await temporaryFolder();
  const failing = lockFolder(join(folder, "a", "b"), training, () => Promise.reject(new Error("no data")));
  await expect(failing).rejects.toThrow("no data");
  expect(await readdir(folder)).toEqual([]);
  await mkdir(join(folder, "empty"));
  await lockFolder(join(folder, "empty"), training, nothing);
  expect(await readdir(folder)).toEqual(["empty"]);
});

test("a name that means nothing is refused, and a path through a file is said in words", async () => {
  const folder = await temporaryFolder();
  for (const name of ["", undefined, 5]) {
    await expect(lockFolder(name as string, saving, nothing)).rejects.toThrow(
      /expected folder to be a text that is not/,
    );
  }
  await writeFile(join(folder, "file"), "");
  for (const path of [join(folder, "file"), join(folder, "file", "x"), join(folder, "file", "x", "y")]) {
    await expect(lockFolder(path, saving, nothing)).rejects.toThrow(/a part of the path is a file/);
  }
});

test("the end of a saving is waited for, however long this process has run, and not for more than a minute", async () => {
  const folder = await temporaryFolder();
  const now = vi.spyOn(performance, "now").mockReturnValue(1e9);
  onTestFinished(() => now.mockRestore());
  const held = await FolderLock.take(folder, { folder, purpose: "saving" });
  const next = FolderLock.take(folder, { folder, purpose: "saving" });
  await setTimeout(60);
  await held.release();
  const second = await next;
  const late = FolderLock.take(folder, { folder, purpose: "saving" });
  await setTimeout(60);
  now.mockReturnValue(1e9 + 60_001);
  await expect(late).rejects.toThrow(/is being written by this process/);
  await second.release();
});
