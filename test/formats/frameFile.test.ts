import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { writeSafetensors } from "../../lib/formats/safetensors.js";
import { FrameSet, readFrames, writeNpy } from "../../lib/index.js";
import { temporaryFolder } from "../data/temporaryFolder.js";

let folder = "";
beforeEach(async () => {
  folder = await temporaryFolder();
});

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

/** Sequences without what is the same for all of a file. */
async function plain(path: string, options = {}) {
  return (await readFrames(path, options)).map(({ frames, labels, name, features, lines }) => [
    name,
    [...frames.shape],
    Array.from(frames.values, Number),
    labels,
    ...(features ? [features, lines] : []),
  ]);
}

test("a row of a table is a frame: its labels, sequences and features by their columns", async () => {
  const path = file("clips.csv", "clip,t,x,y,label\na,1,0.5,2,up\na,2,1,3,\nb,1,-1,4,down\n");
  expect(await plain(path, { sequence: "clip", features: ["y", 3] })).toEqual([
    ["a", [2, 2], [2, 0.5, 3, 1], ["up", null], ["y", "x"], [2, 3]],
    ["b", [1, 2], [4, -1], ["down"], ["y", "x"], [4]],
  ]);
  const one = file("one.csv", "x,y,move\n1,2,a;b\n3,4,\n5,6,b\n");
  expect(await plain(one, { label: "move", labelSeparator: ";" })).toEqual([
    [undefined, [3, 2], [1, 2, 3, 4, 5, 6], [["a", "b"], [], ["b"]], ["x", "y"], [2, 3, 4]],
  ]);
  expect(await plain(file("bare.tsv", "x\ty\n1\t2\n"))).toEqual([
    [undefined, [1, 2], [1, 2], undefined, ["x", "y"], [2]],
  ]);
});

test("spaces around the name of a sequence are no part of it", async () => {
  const path = file("clips.csv", 'clip,x\na,1\n" a ",2\na ,3\n"b",4\n');
  const found = await plain(path, { sequence: "clip" });
  expect(found.map(([name, shape]) => [name, shape])).toEqual([
    ["a", [3, 1]],
    ["b", [1, 1]],
  ]);
  await expect(readFrames(file("bare.csv", 'clip,x\na,1\n" ",2\n'), { sequence: "clip" })).rejects.toThrow(
    /bare\.csv, line 3 does not say which sequence it is of/,
  );
});

test("what is wrong with a table is named by file and line", async () => {
  const path = file("clips.csv", "clip,x,label\na,1,u\nb,2,v\na,3,u\n");
  await expect(readFrames(path, { sequence: "clip" })).rejects.toThrow(
    /clips\.csv, line 4: the sequence "a" comes again: expected its rows to follow each other/,
  );
  await expect(readFrames(path, { features: ["z"] })).rejects.toThrow(/clips\.csv has no column "z"/);
  await expect(readFrames(path, { label: "labels" })).rejects.toThrow(/has no column "labels".*Did you mean label\?/);
  await expect(readFrames(path, { label: "clip", features: ["clip", "x"] })).rejects.toThrow(
    /column "clip" of .*clips\.csv cannot be a feature and something else/,
  );
  await expect(readFrames(path)).rejects.toThrow(/clips\.csv, line 2, column "clip": expected a number/);
  await expect(readFrames(file("long.csv", "x,y\n1,2\n1,2,3\n"))).rejects.toThrow(
    /long\.csv, line 3 has 3 columns, and the first row has 2/,
  );
  await expect(readFrames(file("nameless.csv", "clip,x\na,1\n,2\n"), { sequence: "clip" })).rejects.toThrow(
    /nameless\.csv, line 3 does not say which sequence it is of/,
  );
  await expect(readFrames(join(folder, "none.csv"))).rejects.toThrow(/none\.csv/);
});

test("an array is one sequence or several of a length, with labels beside it", async () => {
  const path = join(folder, "walk.npy");
  await writeNpy(path, { shape: [2, 3], values: Float64Array.of(1, 2, 3, 4, 5, 6) });
  expect(await plain(path)).toEqual([[undefined, [2, 3], [1, 2, 3, 4, 5, 6], undefined]]);
  await writeNpy(join(folder, "walk.labels.npy"), { shape: [2], values: BigInt64Array.of(3n, -1n) });
  expect((await plain(path))[0]?.[3]).toEqual(["3", null]);
  await writeNpy(join(folder, "walk.labels.npy"), { shape: [2, 3], values: Uint8Array.of(1, 0, 1, 0, 0, 0) });
  expect((await plain(path))[0]?.[3]).toEqual([["0", "2"], []]);

  const several = join(folder, "set.npy");
  await writeNpy(several, { shape: [2, 2, 1], values: Float32Array.of(1, 2, 3, 4) });
  file("set.labels.txt", "a\nb\n\nc\n");
  expect(await plain(several)).toEqual([
    ["0", [2, 1], [1, 2], ["a", "b"]],
    ["1", [2, 1], [3, 4], [null, "c"]],
  ]);
  const beside = join(folder, "set.labels.npy");
  await writeNpy(beside, { shape: [2, 2], values: Int32Array.of(3, 1, -1, 0) });
  expect((await plain(several)).map(([, , , labels]) => labels)).toEqual([
    ["3", "1"],
    [null, "0"],
  ]);
  await writeNpy(beside, { shape: [2, 2, 2], values: Uint8Array.of(1, 1, 0, 0, 0, 1, 1, 0) });
  expect((await plain(several)).map(([, , , labels]) => labels)).toEqual([
    [["0", "1"], []],
    [["1"], ["0"]],
  ]);
  await writeNpy(beside, { shape: [1, 2], values: Int32Array.of(3, 1) });
  await expect(readFrames(several)).rejects.toThrow(/set\.labels\.npy has labels for 1 sequence, and there are 2\./);
  const numbers = join(folder, "numbers.npy");
  await writeNpy(numbers, { shape: [3], values: Float32Array.of(1, 2, 3) });
  expect(await plain(numbers)).toEqual([[undefined, [3, 1], [1, 2, 3], undefined]]);
});

test("a set is opened, not made", () => {
  expect(() => new (FrameSet as unknown as new () => FrameSet)()).toThrow("FrameSet: use await FrameSet.open(path).");
});

test("labels that do not fit the frames of an array are refused by their file", async () => {
  const path = join(folder, "walk.npy");
  await writeNpy(path, { shape: [2, 1], values: Float32Array.of(1, 2) });
  const labels = join(folder, "walk.labels.npy");
  await writeNpy(labels, { shape: [3], values: Int32Array.of(1, 2, 3) });
  await expect(readFrames(path)).rejects.toThrow(
    /walk\.labels\.npy: expected labels of shape \[2\] or \[2,C\], got \[3\]/,
  );
  await writeNpy(labels, { shape: [2], values: Float32Array.of(1, 0.5) });
  await expect(readFrames(path)).rejects.toThrow(
    /walk\.labels\.npy, frame 2: expected the number of a label, got 0\.5/,
  );
  await writeNpy(labels, { shape: [2, 2], values: Int32Array.of(1, 0, 2, 0) });
  await expect(readFrames(path)).rejects.toThrow(/walk\.labels\.npy, frame 2: expected 0 or 1 for label 0, got 2/);
  const other = join(folder, "other.npy");
  await writeNpy(other, { shape: [2, 1], values: Float32Array.of(1, 2) });
  file("other.labels.txt", "a\n");
  await expect(readFrames(other)).rejects.toThrow(
    /other\.labels\.txt has 1 line: expected a label for each of 2 frames/,
  );
  await writeNpy(other, { shape: [1, 1, 1, 1], values: Float32Array.of(1) });
  await expect(readFrames(other)).rejects.toThrow(/other\.npy: expected frames of shape \[T,I\], got \[1,1,1,1\]/);
  await expect(readFrames(path, { label: "x" })).rejects.toThrow(
    /readFrames: label is for tables, and .*walk\.npy is none/,
  );
  await expect(readFrames(file("cut.npy", "no array"))).rejects.toThrow(/cut\.npy/);
});

test("a tensor is a sequence, and NAME.labels has its labels", async () => {
  const path = join(folder, "set.safetensors");
  const tensors = [
    { name: "b", shape: [1, 2], values: Float32Array.of(1, 2) },
    { name: "a", shape: [2, 2], values: Float32Array.of(3, 4, 5, 6) },
    { name: "a.labels", shape: [2], values: Int32Array.of(0, 1) },
  ];
  await writeSafetensors(path, { tensors });
  expect((await plain(path)).sort()).toEqual([
    ["a", [2, 2], [3, 4, 5, 6], ["0", "1"]],
    ["b", [1, 2], [1, 2], undefined],
  ]);
  await writeSafetensors(path, { tensors: tensors.slice(2) });
  await expect(readFrames(path)).rejects.toThrow(/set\.safetensors: there are no frames for the labels "a\.labels"/);
});

test("a file without tensors is named, and so is a name that two files of a set have, or a file of several sequences", async () => {
  const [path, other] = [join(folder, "none.safetensors"), join(folder, "other.safetensors")];
  await writeSafetensors(path, { tensors: [] });
  await expect(readFrames(path)).rejects.toThrow("none.safetensors has no tensors.");
  const tensor = (name: string) => ({ name, shape: [1, 1], values: Float32Array.of(1) });
  await writeSafetensors(path, { tensors: [tensor("a"), tensor("b")] });
  await writeSafetensors(other, { tensors: [tensor("b")] });
  await expect(FrameSet.open([path, other])).rejects.toThrow(`${other}: there is another sequence called "b".`);
  const several = join(folder, "several.npy");
  await writeNpy(several, { shape: [2, 1, 1], values: Float32Array.of(1, 2) });
  const set = await FrameSet.open(folder);
  await expect(set.sequence("several", "list.csv, line 2")).rejects.toThrow(
    `list.csv, line 2: ${several} holds 2 sequences: expected one.`,
  );
});
