import { expect, test } from "vitest";
import { FrameData, FrameFeatures, FrameVocabulary } from "../../../lib/index.js";
import type { FrameTaggerForm } from "../../../lib/models/frameTagger/data.js";
import { paddedFrames } from "../../../lib/models/frameTagger/sequences.js";
import type { Batch } from "../../../lib/train/trainable.js";
import { melodies, sequenceOf, walks } from "./frames.js";

const sequences = walks(53, 3).map((sequence, i) => ({ ...sequence, name: `walk ${i}`, file: "w.safetensors" }));
const tokenizer = await FrameVocabulary.of(sequences, { scaling: "none" });

/** Every sequence of an epoch with its frames and labels, as the batches hold them. */
function read(data: FrameData, epoch: number): string[] {
  return [...data.batches(epoch)].flatMap(({ form: { T, B }, feeds, tokens }) => {
    const { frames, lengths, targets } = feeds as Record<string, Int32Array> & { frames: Float32Array };
    expect(frames).toHaveLength(T * B * 2);
    expect(tokens).toBe(targets?.reduce((sum, target) => sum + Number(target >= 0), 0));
    return Array.from({ length: B }, (_, b) =>
      Array.from({ length: lengths?.[b] as number }, (_, t) => {
        const at = t * B + b;
        return `${frames.slice(at * 2, at * 2 + 2)} ${targets?.[at]}`;
      }).join(" | "),
    );
  });
}

test("an epoch has every sequence once, its frames with their labels, in an order of its own", async () => {
  const data = await FrameData.create(sequences, { tokenizer, batchSize: 8 });
  const expected = sequences.map(({ frames, labels = [] }) =>
    labels
      .map(
        (label, t) =>
          `${(frames.values as Float32Array).slice(t * 2, t * 2 + 2)} ${tokenizer.labels.id(label as string)}`,
      )
      .join(" | "),
  );
  expect(read(data, 0).sort()).toEqual(expected.sort());
  expect(read(data, 1)).not.toEqual(read(data, 0));
  expect([...data.batches(0, 5)]).toEqual([...data.batches(0)].slice(5));
  expect(data.frames).toBe(sequences.reduce((sum, { labels }) => sum + (labels?.length ?? 0), 0));
});

test("of a sequence whose next frames are the labels all frames but the last are read, and all but the first are targets", async () => {
  const music = melodies(3);
  const own = await FrameVocabulary.of(music, { next: true });
  const data = await FrameData.create(music.slice(0, 1), { tokenizer: own });
  const [batch] = [...data.batches(0)];
  const fed = (name: string) => batch?.feeds[name] as Float32Array;
  const { shape, values } = (music[0] as (typeof music)[number]).frames;
  const [T, I] = shape as [number, number];
  expect(batch?.tokens).toBe(T - 1);
  expect(fed("frames").slice(0, (T - 1) * I)).toEqual((values as Float32Array).slice(0, -I));
  expect(fed("targets").slice(0, (T - 1) * I)).toEqual((values as Float32Array).slice(I));
});

test("longer sequences are refused by their place, split with all their frames, or left out", async () => {
  const longest = Math.max(...sequences.map(({ frames }) => frames.shape[0] as number));
  const shared = { tokenizer, maximumLength: 7 };
  await expect(FrameData.create(sequences, shared)).rejects.toThrow(
    /^w\.safetensors, walk \d+ has \d+ frames, and at most 7 are allowed/,
  );
  const all = await FrameData.create(sequences, { tokenizer, maximumLength: longest });
  const split = await FrameData.create(sequences, { ...shared, long: "split" });
  expect(split.frames).toBe(all.frames);
  const sizes = sequences.map(({ frames: { shape } }) => shape[0] as number);
  expect(sizes).toContain(7);
  const longer = sizes.filter((T) => T > 7).length;
  expect([all.split, split.split, split.skipped]).toEqual([0, longer, 0]);
  expect(split.sequences).toBe(sizes.reduce((sum, T) => sum + Math.ceil(T / 7), 0));
  expect(read(split, 0).every((sequence) => sequence.split(" | ").length <= 7)).toBe(true);
  const frames = (data: FrameData) =>
    read(data, 0)
      .flatMap((sequence) => sequence.split(" | "))
      .sort();
  expect(frames(split)).toEqual(frames(all));
  const skipped = await FrameData.create(sequences, { ...shared, long: "skip" });
  expect([skipped.sequences, skipped.skipped, skipped.split]).toEqual([53 - longer, longer, 0]);
  await expect(FrameData.create(sequences, { tokenizer, maximumLength: 1, long: "skip" })).rejects.toThrow(
    /All 53 sequences are longer than 1 frame/,
  );
});

test("sequences without any label are left out, and none at all is refused", async () => {
  const unlabelled = {
    ...(sequences[0] as (typeof sequences)[number]),
    labels: sequences[0]?.labels?.map(() => null) ?? [],
  };
  const data = await FrameData.create([unlabelled, sequences[1] as (typeof sequences)[number]], { tokenizer });
  expect(data.sequences).toBe(1);
  await expect(FrameData.create([unlabelled], { tokenizer })).rejects.toThrow(/no frame has a label/);
});

test("a digest tells numbers, labels and the ends of sequences apart", async () => {
  const digest = async (...rows: [x: number, label: string][][]) => {
    const made = rows.map((own) =>
      sequenceOf(
        own.map(([x]) => [x, 1]),
        { labels: own.map(([, label]) => label) },
      ),
    );
    return (await FrameData.create(made, { tokenizer })).digest();
  };
  const digests = [
    await digest([[1, "left"]]),
    await digest([[2, "left"]]),
    await digest([[1, "right"]]),
    await digest(
      [[1, "left"]],
      [
        [2, "left"],
        [3, "left"],
      ],
    ),
    await digest(
      [
        [1, "left"],
        [2, "left"],
      ],
      [[3, "left"]],
    ),
  ];
  expect(new Set(digests).size).toBe(5);
});

test.each([
  [1, 4],
  [4, 4],
  [5, 8],
  [33, 36],
  [63, 64],
  [65, 72],
  [129, 144],
  [2000, 2048],
])(
  "%s frames are padded to %s: to a multiple of 4, or of an eighth of the power of two that they reach",
  (length, padded) => {
    expect(paddedFrames(length)).toBe(padded);
  },
);

test("a frame without a label among lists of labels does not count, and is told from one that has none of them", async () => {
  const frames = [
    sequenceOf([[1], [2], [3], [4]], { labels: [["a"], null, [], ["b"]] }),
    sequenceOf([[1]], { labels: [null] }),
  ];
  const several = await FrameVocabulary.of(frames);
  expect(several.usual).toMatchObject({ frames: 3, counts: [1, 1] });
  const data = await FrameData.create(frames, { tokenizer: several, role: "validate" });
  expect([data.sequences, data.frames]).toEqual([1, 3]);
  const [{ feeds, tokens }] = [...data.batches(0)] as [Batch<FrameTaggerForm>];
  expect(tokens).toBe(3);
  expect([...(feeds.counted as Float32Array)]).toEqual([1, 0, 1, 1]);
  expect([...(feeds.targets as Float32Array)]).toEqual([1, 0, 0, 0, 0, 0, 0, 1]);
  const parts = await FrameData.create(frames, { tokenizer: several, maximumLength: 1, long: "split" });
  expect([parts.sequences, parts.frames]).toEqual([3, 3]);
  const pair = sequenceOf([[1], [2], [3]], { labels: [["a"], [], ["b", "a"]] });
  const halves = await FrameData.create([pair], {
    tokenizer: several,
    maximumLength: 2,
    long: "split",
    role: "validate",
  });
  const [half] = [...halves.batches(0)] as [Batch<FrameTaggerForm>];
  const rows = (name: string, width: number) =>
    Array.from({ length: half.form.T * half.form.B }, (_, k) =>
      [...(half.feeds[name] as Float32Array).subarray(k * width, (k + 1) * width)].join(),
    );
  const scaled = (x: number) =>
    (x - (several.features.means[0] as number)) / (several.features.deviations[0] as number);
  // Frames 1 and 3 side by side, then frame 2, then padding.
  expect(rows("frames", 1).map(Number).slice(0, 3)).toEqual([1, 3, 2].map((x) => expect.closeTo(scaled(x), 5)));
  expect(rows("targets", 2)).toEqual(["1,0", "1,1", "0,0", "0,0", "0,0", "0,0", "0,0", "0,0"]);
  expect(rows("counted", 1)).toEqual(["1", "1", "1", "0", "0", "0", "0", "0"]);
});

test("labels are one or several, the same way throughout", async () => {
  const mixed = [sequenceOf([[1], [2]], { labels: ["a", ["b"]], file: "x.csv", lines: [2, 3] })];
  await expect(FrameVocabulary.of(mixed)).rejects.toThrow(/some frames have a list of labels, and some have one, "a"/);
  const one = await FrameVocabulary.of([sequenceOf([[1], [2]], { labels: ["a", "b"] })]);
  await expect(FrameData.create(mixed, { tokenizer: one })).rejects.toThrow(/^x\.csv, line 3 has a list of labels/);
  const several = await FrameVocabulary.of([sequenceOf([[1], [2]], { labels: [["a", "b"], []] })]);
  await expect(FrameData.create(mixed, { tokenizer: several })).rejects.toThrow(
    /^x\.csv, line 2: expected a list of labels, which may be empty/,
  );
  await expect(FrameVocabulary.of([sequenceOf([[1]])])).rejects.toThrow(/sequence 1 of 1 has no labels/);
  const numbered = await FrameVocabulary.of([sequenceOf([[1], [2], [3]], { labels: ["10", "9", "2"] })]);
  expect(numbered.labels.names).toEqual(["2", "9", "10"]);
});

test("a label that a frame has twice is one label, and a feature that differs by rounding alone is constant", async () => {
  const twice = { ...sequenceOf([[1], [2], [3]]), labels: [["a", "a"], ["b"], ["a", "a"]] };
  const once = { ...sequenceOf([[1], [2], [3]]), labels: [["a"], ["b"], ["a"]] };
  const [own, plain] = await Promise.all([twice, once].map((sequence) => FrameVocabulary.of([sequence])));
  expect(JSON.stringify(own)).toBe(JSON.stringify(plain));
  const flat = { ...sequenceOf([[0.1], [0.10000001], [0.1]]), labels: ["a", "b", "a"] };
  expect((await FrameVocabulary.of([flat])).features.deviations).toEqual([1]);
});

test("features have a finite mean and a deviation above 0 each, and a name each or none", () => {
  expect(new FrameFeatures(["a", "b"], [0, 5], [1, 2]).size).toBe(2);
  expect(new FrameFeatures(null, [0, 5], [1, 2]).size).toBe(2);
  for (const [names, means, deviations] of [
    [null, [0, Number.NaN], [1, 2]],
    [null, [0, 5], [1, Number.POSITIVE_INFINITY]],
    [null, [0, 5], [1, 0]],
    [null, [0, 5], [1]],
    [["a"], [0, 5], [1, 2]],
    [null, [], []],
    [null, "05", [1, 2]],
  ]) {
    expect(() => new FrameFeatures(names as null, means as number[], deviations as number[])).toThrow(/means/);
  }
});
