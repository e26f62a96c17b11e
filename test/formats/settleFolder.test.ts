import { spawnSync } from "node:child_process";
import { mkdir, readdir, readFile, rename, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeFileAtomically } from "../../lib/formats/atomicFile.js";
import { lockFolder } from "../../lib/formats/folderLock.js";
import { saveModelFolder } from "../../lib/formats/modelFolder.js";
import { thisProcess } from "../../lib/formats/processIdentity.js";
import { temporaryName } from "../../lib/formats/temporaryFile.js";
import { temporaryFolder } from "../data/temporaryFolder.js";
import { files, loadTiny, tinyModel as model, weightIn } from "./tinyModel.js";

test("a temporary file's name says what is written, by which process, of which place, and which of its files it is", () => {
  const names = [temporaryName("a.txt"), temporaryName("a.txt")];
  const form = new RegExp(`^\\.a\\.txt\\.${process.pid}-(\\d+)-([0-9a-f]{8})-([0-9a-f]{8})\\.tmp$`);
  const [one, other] = names.map((name) => form.exec(name) as RegExpExecArray) as [RegExpExecArray, RegExpExecArray];
  expect(one.slice(1, 3)).toEqual(other.slice(1, 3));
  expect(one[1]).toBe(thisProcess().started ?? "0");
  expect(one[3]).not.toBe(other[3]);
});

test("a user's file beside a new model is not replaced by one of its name beside the old model", async () => {
  const parent = await temporaryFolder();
  const folder = join(parent, "model");
  const dead = spawnSync(process.execPath, ["--version"]).pid;
  const old = join(parent, `.model.${dead}-0a1b2c3d.old`);
  await saveModelFolder(folder, model(1));
  await mkdir(old);
  for (const [place, content] of [
    [folder, "new"],
    [old, "old"],
  ] as const)
    await writeFile(join(place, "notes.txt"), content);
  await lockFolder(folder, { owner: "test", purpose: "saving" }, async () => {});
  expect(await readFile(join(folder, "notes.txt"), "utf8")).toBe("new");
  expect(await readFile(join(old, "notes.txt"), "utf8")).toBe("old");
});

test("the next writer sweeps what killed processes left, and nothing of the living", async () => {
  const parent = await temporaryFolder();
  const folder = join(parent, "model");
  await saveModelFolder(folder, model(1));
  const dead = spawnSync(process.execPath, ["--version"]).pid;
  const own = temporaryName("model.safetensors");
  const left = [
    own.replace(`${process.pid}`, `${dead}`),
    own.replace(/\.(\d+)-\d+-/, ".$1-1-"), // the number of this process, used by another one before
    `.model.safetensors.${dead}-0a1b2c3d.tmp`,
    `.config.json.${dead}-0a1b2c3d.tmp`,
    ".config.json.0123456789abcdef",
    `..vocabulary.json.0123456789abcdef.${dead}-0a1b2c3d.tmp`,
  ];
  const living = [own, `.model.safetensors.${process.ppid}-0a1b2c3d.tmp`];
  const mine = [".notes.tmp", `.notes.${dead}-0a1b2c3d.tmp`, ".config.json.backup", "config.json.old"];
  for (const name of [...left, ...living, ...mine]) await writeFile(join(folder, name), "");
  await saveModelFolder(folder, model(1));
  expect((await readdir(folder)).sort()).toEqual([...files, ...living, ...mine].sort());
});

test("a report's temporary file goes with the next report, also that of another machine after a day", async () => {
  const folder = await temporaryFolder();
  const dead = spawnSync(process.execPath, ["--version"]).pid;
  const elsewhere = [".report.html.1-5-0badcafe-00000001.tmp", ".report.html.1-5-0badcafe-00000002.tmp"] as const;
  for (const name of [`.report.html.${dead}-0a1b2c3d.tmp`, ...elsewhere]) await writeFile(join(folder, name), "");
  const yesterday = Date.now() / 1000 - 90_000;
  await utimes(join(folder, elsewhere[1]), yesterday, yesterday);
  await writeFileAtomically(join(folder, "report.html"), "x");
  expect((await readdir(folder)).sort()).toEqual([elsewhere[0], "report.html"]);
});

test("what a former version moved away comes back: the old model, or the user's files beside the new one", async () => {
  const dead = spawnSync(process.execPath, ["--version"]).pid;
  for (const replaced of [false, true]) {
    const parent = await temporaryFolder();
    const folder = join(parent, "model");
    await saveModelFolder(folder, model(1));
    await writeFile(join(folder, "notes.txt"), "mine");
    await mkdir(join(folder, "subfolder"));
    await rename(folder, join(parent, `.model.${dead}-0a1b2c3d.old`));
    await saveModelFolder(join(parent, `.model.${dead}-0a1b2c3d.new`), model(2));
    if (replaced) await rename(join(parent, `.model.${dead}-0a1b2c3d.new`), folder);
    else await expect(loadTiny(folder)).rejects.toThrow(/left the old model in .*old: rename it back/);
    await lockFolder(folder, { owner: "test", purpose: "saving" }, async () => {});
    expect(await weightIn(folder)).toBe(replaced ? 2 : 1);
    expect((await readdir(folder)).sort()).toEqual([...files, "notes.txt", "subfolder"].sort());
    expect(await readdir(parent)).toEqual(["model"]);
  }
});

test("a folder that a living process of a former version is about to replace is left to it", async () => {
  const parent = await temporaryFolder();
  await saveModelFolder(join(parent, `.model.${process.ppid}-0a1b2c3d.old`), model(1));
  await saveModelFolder(join(parent, "model"), model(2));
  expect((await readdir(join(parent, `.model.${process.ppid}-0a1b2c3d.old`))).sort()).toEqual(files);
});
