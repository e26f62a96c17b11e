import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readTrainingRecord, writeTrainingRecord } from "../../lib/formats/index.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ostinato-record-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const options = { hidden: 256, convolutions: [32, 64], tied: true, sourceColumn: "Q", validation: ["0.1"] };

test("a record is read as it was written, its files found from anywhere, also after all was moved together", async () => {
  const model = join(folder, "here", "model");
  await mkdir(model, { recursive: true });
  const files = { train: [join(folder, "here", "a.txt")], test: [join(folder, "b.txt")] };
  await writeTrainingRecord(model, { command: "lm", files, options });
  expect(await readTrainingRecord(model)).toEqual({ command: "lm", files, options });
  expect(await readFile(join(model, "training.json"), "utf8")).not.toContain(folder);

  await rename(join(folder, "here"), join(folder, "there"));
  const moved = await readTrainingRecord(join(folder, "there", "model"));
  expect(moved?.files.train).toEqual([join(folder, "there", "a.txt")]);
});

test("a folder that no command trained has no record", async () => {
  expect(await readTrainingRecord(folder)).toBeNull();
  expect(await readTrainingRecord(join(folder, "nowhere"))).toBeNull();
});

test("a record that is damaged or newer is refused by the file's name and the part that is wrong", async () => {
  const sound = {
    ...{ format: "ostinato-training", formatVersion: 1, command: "lm" },
    ...{ files: { train: ["a.txt"] }, options },
  };
  const refusals: [content: string, words: RegExp][] = [
    ["{", /training\.json is cut off or damaged/],
    ["null", /training\.json: expected an object/],
    [JSON.stringify({ ...sound, format: "other" }), /training\.json: format: expected one of ostinato-training/],
    [JSON.stringify({ ...sound, formatVersion: 2 }), /format version 2, and this Ostinato reads version 1. Update/],
    [JSON.stringify({ ...sound, command: "" }), /command: expected a text that is not empty/],
    [JSON.stringify({ ...sound, files: null }), /files: expected an object, got null/],
    [JSON.stringify({ ...sound, files: { train: [5] } }), /files\.train\[0\]: expected a text/],
    [
      JSON.stringify({ ...sound, files: { train: ["a"], other: [] } }),
      /files\.other: expected left out: nothing of this name is known, got/,
    ],
    [JSON.stringify({ ...sound, options: { hidden: { deep: 1 } } }), /options\.hidden: expected a text, or a number/],
    [JSON.stringify({ ...sound, options: { files: [true] } }), /options\.files: expected .* got an array of 1/],
    [JSON.stringify({ ...sound, options: [] }), /options: expected an object, got an array/],
  ];
  for (const [content, words] of refusals) {
    await writeFile(join(folder, "training.json"), content);
    await expect(readTrainingRecord(folder)).rejects.toThrow(words);
    await expect(readTrainingRecord(folder)).rejects.toMatchObject({ code: "ERR_OSTINATO_FILE" });
  }
});
