import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, expect, onTestFinished, test } from "vitest";

const main = fileURLToPath(new URL("../../dist/packed/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "ostinato-cli-folders-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { FORCE_COLOR: _, ...env } = process.env;

function ostinato(args: readonly string[], cwd = folder) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    ...{ env, cwd, encoding: "utf8" as const },
    timeout: 170_000,
  });
  return { status, stdout, stderr };
}

function expectRefused(args: readonly string[], words: RegExp, status: number) {
  const result = ostinato(args);
  expect(result.stderr).toMatch(words);
  expect(result.stderr).not.toMatch(/\n\s+at /);
  expect(result.status).toBe(status);
}

writeFileSync(join(folder, "book.txt"), "It was the best of times, it was the worst of times.\n".repeat(60));
const small = ["--hidden-size", "8", "--layers", "1", "--batch-size", "4", "--window-length", "16"];
const train = (out: string, ...more: string[]) => [
  "train",
  "lm",
  join(folder, "book.txt"),
  "--out",
  out,
  ...small,
  ...more,
];

test("a model is trained and overwritten from inside its folder, which stays the same one", () => {
  expect(ostinato(train("inside", "--maximum-steps", "5")).status).toBe(0);
  const before = statSync(join(folder, "inside")).ino;
  const again = ostinato(
    train(".", "--maximum-steps", "5", "--overwrite", "--tokenizer", "word"),
    join(folder, "inside"),
  );
  expect(again).toMatchObject({ status: 0, stdout: "" });
  expect(again.stderr).toContain(`The model is in ${join(folder, "inside")}.`);
  expect(statSync(join(folder, "inside")).ino).toBe(before);
  expect(ostinato(["info", "."], join(folder, "inside")).stdout).toMatch(/word tokens/);
});

test("no folder is no folder: an empty name is refused, and nothing is written", () => {
  expect(ostinato(train("named", "--maximum-steps", "3")).status).toBe(0);
  const before = readdirSync(folder).sort();
  for (const args of [
    ["quantize", "named", ""],
    ["quantize", "named", "", "--overwrite"],
    train(""),
    train("", "--resume"),
    ["train", "--resume", ""],
    ["info", ""],
    ["inspect", "named", "--out", ""],
  ]) {
    expectRefused(args, / is empty. Give it a value/, 2);
  }
  expect(readdirSync(folder).sort()).toEqual(before);
});

test("a path through a file, and a project's own config.json, are refused in one sentence", () => {
  expect(ostinato(train("fine", "--maximum-steps", "3")).status).toBe(0);
  expectRefused(train("book.txt/x"), /Could not write book.txt\/x: a part of the path is a file, not a folder/, 1);
  expectRefused(["quantize", "fine", "book.txt/x"], /a part of the path is a file/, 1);
  writeFileSync(join(folder, "config.json"), '{"port":80}');
  onTestFinished(() => rmSync(join(folder, "config.json")));
  for (const args of [["quantize", "fine", "."], ["quantize", "fine", ".", "--overwrite"], train(".", "--overwrite")]) {
    expectRefused(args, /config.json was not written by Ostinato/, 1);
  }
  expect(readFileSync(join(folder, "config.json"), "utf8")).toBe('{"port":80}');
});

test("a link whose target is missing stays, and its target is made", () => {
  symlinkSync("far/away", join(folder, "link"));
  expect(ostinato(train("link", "--maximum-steps", "3")).status).toBe(0);
  expect(existsSync(join(folder, "far", "away", "model.safetensors"))).toBe(true);
  expectRefused(train("link"), /link holds a model already/, 1);
});

test("a folder made for a training that cannot begin is not left behind", () => {
  expectRefused(["train", "lm", "nowhere.txt", "--out", "never"], /There is no file nowhere.txt/, 1);
  expect(existsSync(join(folder, "never"))).toBe(false);
});

test("a second training, a resume and a quantize in the folder of one that runs are refused at once", async () => {
  const first = spawn(process.execPath, [main, ...train("busy", "--epochs", "100000", "--quiet")], {
    cwd: folder,
    env,
  });
  const ended = once(first, "exit");
  onTestFinished(() => void first.kill("SIGKILL"));
  while (!existsSync(join(folder, "busy", "trainer.json"))) await setTimeout(10);
  const refused = new RegExp(`^error: busy is being trained by process ${first.pid} since .*train lm`);
  expectRefused(train("busy", "--overwrite"), refused, 1);
  expectRefused(["train", "--resume", "busy"], refused, 1);
  expectRefused(["quantize", "busy", "busy", "--overwrite"], refused, 1);
  first.kill("SIGKILL");
  await ended;
  expect(ostinato(["quantize", "busy", "busy", "--overwrite", "--json"]).status).toBe(0);
  expect(readdirSync(join(folder, "busy")).sort()).toEqual(["config.json", "model.safetensors", "vocabulary.json"]);
});

test("a training whose loss explodes fails, and leaves the model that it was to replace", () => {
  expect(ostinato(train("kept", "--maximum-steps", "5")).status).toBe(0);
  const before = readFileSync(join(folder, "kept", "model.safetensors"));
  expectRefused(
    train("kept", "--overwrite", "--learning-rate", "1e30", "--epochs", "1"),
    /diverged.*kept holds the model/s,
    1,
  );
  expect(readFileSync(join(folder, "kept", "model.safetensors"))).toEqual(before);
});
