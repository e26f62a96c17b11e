import { execFile, execFileSync } from "node:child_process";
import { watch } from "node:fs";
import {
  chmod,
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { saveModelFolder } from "../../lib/formats/modelFolder.js";
import { holdsModel } from "../../lib/formats/presentModel.js";
import { readSafetensorsHeader } from "../../lib/formats/safetensors.js";
import { root } from "../addon/child.js";
import { temporaryFolder } from "../data/temporaryFolder.js";
import { smallDisk } from "./smallDisk.js";
import { files, tinyModel as model, weightIn } from "./tinyModel.js";

const here = process.cwd();
afterEach(() => process.chdir(here));

const overwrite = { overwrite: true };

test("the current folder can be written and overwritten, and is still the same folder", async () => {
  const folder = await temporaryFolder();
  process.chdir(folder);
  const before = await stat(".");
  await saveModelFolder(".", model(1));
  await saveModelFolder(".", model(2, "xyz"), overwrite);
  expect((await stat(".")).ino).toBe(before.ino);
  expect((await stat(folder)).ino).toBe(before.ino);
  expect((await readdir(".")).sort()).toEqual(files);
  expect(await weightIn(folder)).toBe(2);
});

test("a mount point can be written and overwritten", async ({ skip }) => {
  const disk = await smallDisk(256);
  if (!disk) return skip("mounting a small disk needs more rights");
  await saveModelFolder(disk, model(1));
  await saveModelFolder(disk, model(2, "xyz"), overwrite);
  expect(await weightIn(disk)).toBe(2);
  expect((await stat(disk)).dev).not.toBe((await stat(dirname(disk))).dev);
  expect((await readdir(dirname(disk))).filter((name) => name.startsWith(`.${basename(disk)}`))).toEqual([]);
});

test("rights and group of the folder and its files stay", async () => {
  const folder = await temporaryFolder();
  await chmod(folder, 0o2770);
  if (process.getuid?.() === 0) await chown(folder, 0, 12345);
  const group = (await stat(folder)).gid;
  await saveModelFolder(folder, model(1));
  for (const name of files) await chmod(join(folder, name), 0o640);
  if (process.getuid?.() === 0) await chown(join(folder, "config.json"), 1234, 2345);
  const owners = await Promise.all(files.map((name) => stat(join(folder, name))));
  await saveModelFolder(folder, model(2, "xyz"), overwrite);
  await saveModelFolder(folder, model(2, "xyz"));
  expect((await stat(folder)).mode & 0o7777).toBe(0o2770);
  for (const [i, name] of files.entries()) {
    const { mode, uid, gid } = await stat(join(folder, name));
    expect({ name, mode: mode & 0o7777, uid, gid }).toEqual({
      name,
      mode: 0o640,
      uid: owners[i]?.uid,
      gid: owners[i]?.gid,
    });
  }
  expect((await stat(join(folder, "model.safetensors"))).gid).toBe(group);
});

test("a private folder stays private, and so does a private file in an open one", async () => {
  const folder = join(await temporaryFolder(), "model");
  await mkdir(folder, { mode: 0o700 });
  await saveModelFolder(folder, model(1));
  await chmod(join(folder, "model.safetensors"), 0o600);
  await saveModelFolder(folder, model(2, "xyz"), overwrite);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect((await stat(join(folder, "model.safetensors"))).mode & 0o777).toBe(0o600);
});

test("links stay, and what they point at is written, also where it is missing yet", async () => {
  const parent = await temporaryFolder();
  await symlink("behind/deep", join(parent, "model"));
  await symlink(join(parent, "elsewhere.json"), join(parent, "config"));
  await saveModelFolder(join(parent, "model"), model(1));
  await saveModelFolder(`${join(parent, "model")}/`, model(1));
  expect(await readlink(join(parent, "model"))).toBe("behind/deep");
  expect((await readdir(join(parent, "behind", "deep"))).sort()).toEqual(files);
  // Files that are links, too.
  const config = join(parent, "model", "config.json");
  for (const [file, target] of [
    [config, "elsewhere.json"],
    [join(parent, "model", "model.safetensors"), "far/weights"],
  ] as const) {
    await mkdir(dirname(join(parent, target)), { recursive: true });
    await rename(file, join(parent, target));
    await symlink(join(parent, target), file);
  }
  await saveModelFolder(join(parent, "model"), model(2, "xyz"), overwrite);
  expect((await lstat(config)).isSymbolicLink()).toBe(true);
  expect(await weightIn(join(parent, "model"))).toBe(2);
  expect(JSON.parse(await readFile(join(parent, "elsewhere.json"), "utf8")).config).toEqual({ weight: 2 });
  expect(await readdir(join(parent, "far"))).toEqual(["weights"]);
  expect((await readdir(join(parent, "model"))).sort()).toEqual(files);
});

test("links in a circle, and a path through a file, are said in words", async () => {
  const parent = await temporaryFolder();
  await symlink("b", join(parent, "a"));
  await symlink("a", join(parent, "b"));
  await writeFile(join(parent, "file.txt"), "mine");
  for (const path of ["a", "a/x", "file.txt", "file.txt/x", "file.txt/x/y"]) {
    const saving = saveModelFolder(join(parent, path), model(1));
    await expect(saving, path).rejects.toMatchObject({ code: "ERR_OSTINATO_FILE" });
    await expect(saving, path).rejects.toThrow(`Could not write ${join(parent, path)}`);
  }
  expect((await readdir(parent)).sort()).toEqual(["a", "b", "file.txt"]);
});

test("a watcher of the folder sees the model that replaces another one", async () => {
  const folder = join(await temporaryFolder(), "model");
  await saveModelFolder(folder, model(1));
  const seen = new Set<string | null>();
  const watcher = watch(folder, (_, name) => seen.add(name));
  onTestFinished(() => watcher.close());
  await saveModelFolder(folder, model(2, "xyz"), overwrite);
  for (let i = 0; i < 100 && !seen.has("model.safetensors"); i++) await setTimeout(20);
  seen.clear();
  await saveModelFolder(folder, model(3), overwrite);
  for (let i = 0; i < 100 && !(seen.has("model.safetensors") && seen.has("config.json")); i++) await setTimeout(20);
  expect([...seen]).toEqual(expect.arrayContaining(["model.safetensors", "config.json"]));
});

test("a folder on a disk that may only be read is refused in words, and its model loads", async ({ skip }) => {
  const disk = await smallDisk(256);
  if (!disk) return skip("mounting a small disk needs more rights");
  const folder = join(disk, "model");
  await saveModelFolder(folder, model(1));
  execFileSync("mount", ["-o", "remount,ro", disk]);
  await expect(saveModelFolder(folder, model(2), overwrite)).rejects.toThrow(/the file system is read-only/);
  await expect(saveModelFolder(join(disk, "new"), model(2))).rejects.toThrow(/the file system is read-only/);
  expect(await weightIn(folder)).toBe(1);
});

test("a replacement that was interrupted is read as it is on a disk that may only be read", async ({ skip }) => {
  const disk = await smallDisk(256);
  if (!disk) return skip("mounting a small disk needs more rights");
  await saveModelFolder(disk, model(1));
  const old = await Promise.all(files.map((name) => readFile(join(disk, name))));
  await saveModelFolder(disk, model(2, "xyz"), overwrite);
  const { metadata } = await readSafetensorsHeader(join(disk, "model.safetensors"));
  // As after the rename of model.safetensors: the other files are those of the old model yet.
  await rename(join(disk, "config.json"), join(disk, `.config.json.${metadata.config?.slice(0, 16)}`));
  await rename(join(disk, "vocabulary.json"), join(disk, `.vocabulary.json.${metadata.tokenizer?.slice(0, 16)}`));
  await writeFile(join(disk, "config.json"), old[0] as Buffer);
  await writeFile(join(disk, "vocabulary.json"), old[2] as Buffer);
  execFileSync("mount", ["-o", "remount,ro", disk]);
  expect(await weightIn(disk)).toBe(2);
  expect(await holdsModel(disk)).toBe(true);
});

test("readers find the old model or the new one, whole, however often it is replaced meanwhile", async () => {
  const folder = join(await temporaryFolder(), "model");
  const models = [model(1), model(2, "xyz"), model(3, "abcdef")];
  await saveModelFolder(folder, models[0] as (typeof models)[0]);
  const script = `
    import { loadModelFolder, oneVocabulary } from "./dist/formats/index.js";
    const network = () => ({ parameters: [{ name: "w", shape: [1] }] });
    const kind = { name: "LanguageModel", vocabularies: oneVocabulary(), counts: [], network };
    let reads = 0;
    const end = performance.now() + 3000;
    const seen = new Set();
    while (performance.now() < end) {
      const { config, tensors, tokenizer } = await loadModelFolder(${JSON.stringify(folder)}, kind);
      const texts = ["", "abc", "xyz", "abcdef"];
      if (tensors.w.values[0] !== config.weight) throw new Error("mixed weights");
      if (!tokenizer.encode(texts[config.weight]).length) throw new Error("mixed vocabulary");
      seen.add(config.weight);
      reads++;
    }
    console.log(JSON.stringify({ reads, seen: [...seen].sort() }));`;
  const child = promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], { cwd: root });
  let over = false;
  const reading = child.finally(() => {
    over = true;
  });
  for (let i = 0; !over; i++) await saveModelFolder(folder, models[i % 3] as (typeof models)[0], overwrite);
  const { reads, seen } = JSON.parse((await reading).stdout);
  expect(reads).toBeGreaterThan(20);
  expect(seen).toEqual([1, 2, 3]);
});
