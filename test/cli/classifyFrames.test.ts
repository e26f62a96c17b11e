import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeSafetensors } from "../../lib/formats/safetensors.js";
import { writeNpy } from "../../lib/index.js";
import { randomNumbers } from "../data/randomText.js";
import { commandFolder } from "./commandFolder.js";

const { folder, ostinato, file, refused } = commandFolder("classify-frames");

/** Movements: the first feature rises or falls, the second says nothing. */
const random = randomNumbers(2);
const movements = Array.from({ length: 240 }, (_, n) => {
  const [rises, T] = [random(2) === 1, 5 + random(8)];
  const rows = Array.from({ length: T }, (_, t) => [(rises ? t : -t) + random(100) / 50, random(100)]);
  return { name: `clip-${n}`, label: rises ? "up" : "down", rows };
});
const tensors = movements.map(({ name, rows }) => {
  return { name, shape: [rows.length, 2], values: Float32Array.from(rows.flat()) };
});
await writeSafetensors(join(folder, "clips.safetensors"), { tensors });
const table = (name: string, own: typeof movements) =>
  file(name, `name,label\n${own.map((one) => `${one.name},${one.label}\n`).join("")}`);
table("train.csv", movements.slice(0, 200));
table("test.csv", movements.slice(200));
const columns = ["--text-column", "name", "--label-column", "label"];
const small = ["--hidden-size", "12", "--learning-rate", "0.02", "--batch-size", "16"];

test("train classify --frames learns labels of sequences; classify, evaluate and inspect read them as well", async () => {
  const trained = ostinato([
    ...["train", "classify", "train.csv", "--frames", "clips.safetensors", ...columns, "--test", "test.csv"],
    ...["--out", "m", "--epochs", "5", ...small],
  ]);
  expect(trained.stderr).toMatch(/180 texts to learn, 20 to validate; 2 features; 2 labels: /);
  expect(trained.stdout).toMatch(
    /^test:\naccuracy (9\d|100)\.\d+ % of 40 texts.*\nalways (up|down) \(commonest in training\): [456]\d\.\d+ %; a linear model of the mean frame: \d+\.\d+ %, macro F1 \d+\.\d+ %\n/,
  );
  expect(trained.status).toBe(0);
  expect(ostinato(["info", "m"]).stdout).toMatch(
    /a classifier \(1-layer bidirectional \w+, attention pooling\) of 2 features, with 2 labels/,
  );
  const { accuracy } = JSON.parse(ostinato(["evaluate", "m", "test.csv", "--json"]).stdout);
  expect(accuracy).toBeGreaterThan(0.9);

  await writeNpy(join(folder, "rise.npy"), { shape: [3, 2], values: Float32Array.of(0, 9, 2, 50, 5, 7) });
  file("fall.csv", "a,b\n0,9\n-2,50\n-5,7\n");
  expect(ostinato(["classify", "m", "rise.npy", "fall.csv"]).stdout).toMatch(
    /^up\t[01]\.\d{4}\trise\.npy\ndown\t[01]\.\d{4}\tfall\.csv\n$/,
  );
  const report = ostinato(["inspect", "m", "--text", "test.csv", "--terminal"]);
  expect(report.stdout).toMatch(/^(up|down) [01]\.\d+.*\n\[?\+?1 2 3/);
  refused(["classify", "m"], /the model reads vectors: expected files of sequences/, 2);
  for (const unused of [
    ["--tokenizer", "character"],
    ["--vocabulary", "9"],
  ]) {
    const own = [
      "train",
      "classify",
      "train.csv",
      "--frames",
      "clips.safetensors",
      ...columns,
      "--out",
      "u",
      ...unused,
    ];
    refused(own, new RegExp(`--frames.*${unused[0]}|${unused[0]}.*--frames`), 2);
  }
  refused(["classify", "m", "rise.npy", "--threshold", "0.4"], /classify: --threshold says/, 2);
  const resumed = ostinato(["train", "--resume", "m", "--epochs", "6"]);
  expect(resumed.stderr).toMatch(/epoch 6\.00: validation/);
});

test("sequences stand in folders and in tables, too; names that are not there are named by their line", () => {
  mkdirSync(join(folder, "clips"));
  for (const { name, rows } of movements.slice(0, 30)) file(`clips/${name}.csv`, `a,b\n${rows.join("\n")}\n`);
  table("some.csv", movements.slice(0, 30));
  const own = ["train", "classify", "some.csv", ...columns, ...small, "--epochs", "1", "--validation", "0"];
  expect(ostinato([...own, "--frames", "clips", "--out", "f"]).status).toBe(0);
  // A separator that nobody guesses: labelling reads as the training did.
  const rows = movements.slice(0, 30).flatMap(({ name, rows }) => rows.map((row) => [name, ...row].join("|")));
  file("all.csv", `clip|a|b\n${rows.join("\n")}\n`);
  const labels = movements.slice(0, 30).map(({ name, label }) => `${name}|${label}`);
  file("barred.csv", `name|label\n${labels.join("\n")}\n`);
  const barred = ["train", "classify", "barred.csv", "--separator", "|", ...own.slice(3)];
  const trained = ostinato([...barred, "--frames", "all.csv", "--sequence-column", "clip", "--out", "t"]);
  expect(trained.status, trained.stderr).toBe(0);
  const labelled = ostinato(["classify", "t", "all.csv"]);
  expect(labelled.stdout.match(/^(?:up|down)\t.*\tclip-\d+$/gm), labelled.stderr).toHaveLength(30);
  file("absent.csv", "name,label\nclip-1,up\nclip-999,down\n");
  refused(
    ["train", "classify", "absent.csv", ...columns, "--frames", "clips", "--out", "x"],
    /absent\.csv, line 3: there is no sequence "clip-999" in clips/,
  );
});
