import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { lockFolder } from "../../lib/formats/folderLock.js";
import { holdsModel, holdsTraining, loadModelFolder, loadTrainerState } from "../../lib/formats/index.js";
import { lockName } from "../../lib/formats/lockFile.js";
import { LanguageModel } from "../../lib/models/languageModel/languageModel.js";
import { temporaryFolder } from "../data/temporaryFolder.js";

const main = fileURLToPath(new URL("../../dist/packed/main.js", import.meta.url));
const { FORCE_COLOR: _, ...env } = process.env;

/** Kills of each test; more where a busy machine has not come far by then. For a longer search: OSTINATO_TEST_KILLS=1000. */
const kills = Number(process.env.OSTINATO_TEST_KILLS ?? 25);
/** Times that a process lives longer at the i-th kill: the more, the further beyond the usual number. */
const patience = (i: number) => 1 + Math.floor(i / kills);

const words = "It was the best of times, it was the worst of times.\n".repeat(60);
const small = ["--layers", "1", "--batch-size", "4", "--window-length", "16", "--quiet"];
/** Checkpoints follow each other without a pause. */
const endless = [...small, "--epochs", "100000", "--checkpoint-seconds", "0.001", "--validate-every", "3"];

/** A folder with book.txt and a trained model of 8 hidden units, "old". */
async function workshop(): Promise<string> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "book.txt"), words);
  const args = ["train", "lm", "book.txt", "--out", "old", "--hidden-size", "8", ...small, "--maximum-steps", "20"];
  const { status, stderr } = spawnSync(process.execPath, [main, ...args], { cwd: folder, env, encoding: "utf8" });
  expect(status, stderr).toBe(0);
  await writeFile(join(folder, "old", "notes.txt"), "mine");
  return folder;
}

/** Runs a command and kills it with SIGKILL at a random moment after it has taken the lock of `out`. */
async function killed(cwd: string, out: string, args: readonly string[], longest: number): Promise<void> {
  const child = spawn(process.execPath, [main, ...args], { cwd, env, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const lock = join(cwd, out, lockName);
  const ended = once(child, "exit");
  const holds = async () => (await readFile(lock, "utf8").catch(() => "")).includes(`"pid": ${child.pid},`);
  while (child.exitCode === null && !(await holds())) await setTimeout(1);
  await setTimeout(Math.random() * longest);
  child.kill("SIGKILL");
  await ended;
  expect(said).toBe("");
}

/** Checks what the next writer finds and leaves: no hidden file, and the same model. */
async function settled(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  const before = (await holdsModel(folder)) ? await loadModelFolder(folder, LanguageModel.kind) : null;
  await lockFolder(folder, { owner: "test", purpose: "saving" }, async () => {});
  if (before === null) return;
  const after = await loadModelFolder(folder, LanguageModel.kind);
  const plain = ({ network: _network, tokenizer, ...rest }: typeof after) => ({
    ...rest,
    tokenizer: tokenizer.toJSON(),
  });
  expect(plain(after)).toEqual(plain(before));
  expect((await readdir(folder)).filter((name) => name.startsWith("."))).toEqual([]);
}

async function contentOf(folder: string): Promise<Record<string, string>> {
  const content: Record<string, string> = {};
  for (const name of (await readdir(folder)).sort()) content[name] = await readFile(join(folder, name), "base64");
  return content;
}

test("train, killed at any moment: no model yet, or a whole one whose training resumes", async () => {
  const cwd = await workshop();
  let models = 0;
  for (let i = 0; i < kills || models === 0; i++) {
    const out = `new-${i}`;
    const args = ["train", "lm", "book.txt", "--out", out, "--hidden-size", "8", ...endless];
    await killed(cwd, out, args, 150 * patience(i));
    const folder = join(cwd, out);
    if (await holdsModel(folder)) {
      models++;
      expect((await loadModelFolder(folder, LanguageModel.kind)).config.hiddenSize).toBe(8);
      if (await holdsTraining(folder)) await loadTrainerState(folder);
    } else
      await expect(loadModelFolder(folder, LanguageModel.kind)).rejects.toMatchObject({ code: "ERR_OSTINATO_FILE" });
    await settled(folder);
  }
});

test("train --resume, killed at any moment: the training loses nothing of what it had kept, and goes on", async () => {
  const cwd = await workshop();
  const folder = join(cwd, "old");
  let step = 0;
  for (let i = 0; i < kills || step <= 20; i++) {
    const args = [
      "train",
      "--resume",
      "old",
      "--epochs",
      "100000",
      "--maximum-steps",
      "100000",
      "--checkpoint-seconds",
      "0.001",
    ];
    await killed(cwd, "old", [...args, "--quiet"], 300 * patience(i));
    expect((await loadModelFolder(folder, LanguageModel.kind)).config.hiddenSize).toBe(8);
    const { position } = (await loadTrainerState(folder)).state;
    expect(position.step).toBeGreaterThanOrEqual(step);
    step = position.step;
    await settled(folder);
  }
});

test("train --overwrite, killed at any moment: the old model with its training, untouched, or the new one, whole", async () => {
  const cwd = await workshop();
  const old = await contentOf(join(cwd, "old"));
  const seen = new Set<unknown>();
  for (let i = 0; i < kills || seen.size < 2; i++) {
    const folder = join(cwd, `copy-${i}`);
    await cp(join(cwd, "old"), folder, { recursive: true });
    const args = ["train", "lm", "book.txt", "--out", folder, "--overwrite", "--hidden-size", "12", ...endless];
    await killed(cwd, `copy-${i}`, [...args, "--tokenizer", "word"], 200 * patience(i));
    const { config, tokenizer } = await loadModelFolder(folder, LanguageModel.kind);
    seen.add(config.hiddenSize);
    expect(tokenizer.kind).toBe(config.hiddenSize === 8 ? "character" : "word");
    if (await holdsTraining(folder)) await loadTrainerState(folder);
    await settled(folder);
    if (config.hiddenSize === 8) expect(await contentOf(folder)).toEqual(old);
    expect(await readFile(join(folder, "notes.txt"), "utf8")).toBe("mine");
  }
  expect([...seen].sort()).toEqual([12, 8]);
});

test("quantize --overwrite, killed at any moment: the float32 model or the int8 one, whole", async () => {
  const cwd = await workshop();
  await mkdir(join(cwd, "copies"));
  for (let i = 0; i < kills; i++) {
    const out = join("copies", `${i}`);
    await cp(join(cwd, "old"), join(cwd, out), { recursive: true });
    await killed(cwd, out, ["quantize", "old", out, "--overwrite", "--json"], 60);
    const { weightType } = await loadModelFolder(join(cwd, out), LanguageModel.kind);
    if (weightType === null) await loadTrainerState(join(cwd, out));
    await settled(join(cwd, out));
    expect(await readFile(join(cwd, out, "notes.txt"), "utf8")).toBe("mine");
  }
});
