import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeSafetensors } from "../../lib/formats/safetensors.js";
import { melodies, walks } from "../models/frameTagger/frames.js";
import { commandFolder } from "./commandFolder.js";

const { folder, ostinato: run, file } = commandFolder("frames");
const ostinato = (...args: string[]) => run(args);

function table(name: string, count: number, seed: number): string {
  const rows = walks(count, seed).flatMap(({ frames, labels = [] }, n) =>
    labels.map((label, t) => [n, frames.values[t * 2], frames.values[t * 2 + 1], label].join(",")),
  );
  return file(name, `walk,step,noise,place\n${rows.join("\n")}\n`);
}
const train = table("train.csv", 300, 5);
const held = table("test.csv", 40, 6);
const columns = ["--sequence-column", "walk", "--label-column", "place"];
const small = ["--hidden-size", "24", "--batch-size", "8", "--learning-rate", "0.02"];

test("train frames, tag, evaluate, info, quantize and --resume work one after the other", () => {
  const trained = ostinato(
    "train",
    "frames",
    train,
    ...columns,
    "--test",
    held,
    ...small,
    "--epochs",
    "6",
    "--out",
    "m",
  );
  expect(trained.stderr).toMatch(/^train\.csv: 300 sequences, 3,\d+ frames of 2 features\.\nThe first: 0: \w+ /);
  expect(trained.stderr).toMatch(
    /270 sequences \(\S+ frames\) to learn, 30 to validate; 2 features; 3 labels: left middle right\./,
  );
  expect(trained.stderr).toMatch(/epoch 6\.00: validation \S+ nats a frame, accuracy \d+\.\d+ %/);
  expect(trained.stdout).toMatch(
    /^test:\n40 sequences, \d+ frames:\n +nats a frame {2}accuracy {8}F1\n {2}the network +0\.\d+ +\d+\.\d+ % +\d+\.\d+ %\n {2}each label as often as usual +\S+ +[3-6]\d\.\d+ %/,
  );
  expect(trained.status).toBe(0);

  file("new.csv", "noise,step,more\n0.5,110,x\n0.1,110,y\n0.3,90,z\n");
  const { stdout } = ostinato("tag", "m", "new.csv");
  expect(stdout).toMatch(
    /^sequence,frame,label,probability\nnew\.csv,1,middle,0\.\d{4}\nnew\.csv,2,right,0\.\d{4}\nnew\.csv,3,middle,0\.\d{4}\n$/,
  );
  expect(ostinato("tag", "m", "new.csv", "--probabilities").stdout).toMatch(
    /^sequence,frame,label,left,middle,right\nnew\.csv,1,middle,0\.\d{4},0\.\d{4},0\.\d{4}\n/,
  );
  const unused = ostinato("tag", "m", "new.csv", "--label-column", "nope");
  expect(unused.stderr).toMatch(/unknown option '--label-column'/);
  expect(unused.status).toBe(2);
  const single = ostinato("tag", "m", "new.csv", "--threshold", "0.4");
  expect(single.stderr).toMatch(
    /^error: tag: --threshold says which labels are likely enough, and this model gives one/,
  );
  expect(single.status).toBe(2);
  const { sequence, labels, probabilities } = JSON.parse(
    ostinato("tag", "m", "new.csv", "--json", "--probabilities").stdout,
  );
  expect([sequence, labels]).toEqual(["new.csv", ["middle", "right", "middle"]]);
  expect(Object.keys(probabilities[0])).toEqual(["left", "middle", "right"]);

  const scores = JSON.parse(ostinato("evaluate", "m", held, "--json").stdout);
  expect(scores.accuracy).toBeGreaterThan(0.95);
  expect(scores.usual.accuracy).toBeLessThan(0.65);
  expect(ostinato("info", "m").stdout).toMatch(
    /a tagger of frames \(1-layer bidirectional LSTM\) of 2 features, with 3 labels/,
  );
  const quantized = ostinato("quantize", "m", "small", "--evaluate", held);
  expect(quantized.stdout).toMatch(/int8 weights, \S+ bytes instead of \S+\.\nPerplexity \S+ before, \S+ after/);
  const resumed = ostinato("train", "--resume", "m", "--epochs", "7");
  expect(resumed.stderr).toMatch(/epoch 7\.00: validation/);
  expect(resumed.status).toBe(0);
});

test("the next frame is predicted, and models that only count stand beside the network", async () => {
  const tensors = (count: number, seed: number) =>
    melodies(count, 6, seed).map(({ frames: { shape, values } }, n) => ({
      name: String(n).padStart(3, "0"),
      shape,
      values: Uint8Array.from(values as Float32Array),
    }));
  await writeSafetensors(join(folder, "train.safetensors"), { tensors: tensors(120, 7) });
  await writeSafetensors(join(folder, "test.safetensors"), { tensors: tensors(20, 8) });
  const trained = ostinato(
    ...["train", "frames", "train.safetensors", "--next", "--test", "test.safetensors", ...small, "--epochs", "8"],
    ...["--out", "music", "--sample-every", "60"],
  );
  expect(trained.stderr).toMatch(/6 features; 6 features to predict: 0 1 2 3 4 5\./);
  expect(trained.stderr).toMatch(/--- after 60 updates\n\d+: \S+ /);
  expect(trained.stdout).toMatch(/the network +0\.\d+.*\n.*usual +\d.*\n {2}each label by the frame before +\d/);
  expect(ostinato("info", "music").stdout).toMatch(/\(1-layer LSTM\) of 6 features, which predicts the next frame/);
  const rows = ostinato("tag", "music", "test.safetensors").stdout.split("\n");
  expect(rows[0]).toBe("sequence,frame,labels");
  expect(rows[1]).toMatch(/^000,1,\d \d$/);
  const drawn = ostinato("tag", "music", "test.safetensors", "--svg", "roll.svg");
  expect(drawn.status).toBe(0);
  expect(readFileSync(join(folder, "roll.svg"), "utf8")).toMatch(/^<svg [\s\S]*frame 1: /);
  const inspected = ostinato("inspect", "music", "--text", "test.safetensors");
  expect(inspected.stdout).toMatch(/^The report is in music.report\.html/);
  expect(readFileSync(join(folder, "music", "report.html"), "utf8")).toMatch(
    /What it says, frame by frame[\s\S]*<svg /,
  );
  const both = ostinato("train", "frames", "train.safetensors", "--next", "--bidirectional", "--out", "both");
  expect(both.stderr).toMatch(/a model of the next frame reads forwards/);
  expect([both.status, existsSync(join(folder, "both", "config.json"))]).toEqual([2, false]);
});

test("bad files are refused with file and line, before anything is written", () => {
  file("gap.csv", "walk,step,noise,place\n1,100,0.5,left\n1,100,,right\n2,90,1,right\n");
  file("other.csv", "walk,step,noise,place\n1,100,0.5,left\n1,100,0.2,centre\n");
  file("lacks.csv", "walk,step,place\n1,100,left\n");
  const refused = (path: string, ...more: string[]) => {
    const { status, stderr } = ostinato("train", "frames", path, ...columns, "--out", "bad", ...more);
    expect(existsSync(join(folder, "bad", "config.json"))).toBe(false);
    return [status, stderr.split("error: ").at(-1)];
  };
  expect(refused("gap.csv")).toEqual([1, expect.stringMatching(/^gap\.csv, line 3: feature "noise" is missing/)]);
  expect(refused(train, "--test", "other.csv")).toEqual([
    1,
    expect.stringMatching(/^other\.csv, line 3: Unknown label "centre"\. Known labels: left, middle, right\./),
  ]);
  expect(refused(train, "--test", "lacks.csv")).toEqual([1, expect.stringMatching(/frames of 1 feature/)]);
  expect(refused("none.csv")).toEqual([1, expect.stringMatching(/none\.csv/)]);
  expect(refused(train, "--label-column", "spot")).toEqual([2, expect.stringMatching(/no column "spot"/)]);
  const { status, stderr } = ostinato("tag", "m", "lacks.csv");
  expect([status, stderr]).toEqual([2, expect.stringMatching(/lacks\.csv has no column "noise"/)]);
});
