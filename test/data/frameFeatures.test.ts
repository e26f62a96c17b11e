import { describe, expect, test } from "vitest";
import { ByteTokenizer } from "../../lib/data/byteTokenizer.js";
import { ClassifierVocabulary } from "../../lib/data/classifierVocabulary.js";
import { expectFeatures, FrameFeatures, scaledFrames } from "../../lib/data/frameFeatures.js";
import type { FrameSequence } from "../../lib/data/frames.js";
import {
  cutSequence,
  expectSequences,
  featureName,
  framePlace,
  frameSizes,
  numberAt,
  sequencePlace,
  sequenceTitle,
} from "../../lib/data/frames.js";
import { FrameVocabulary, inOrder } from "../../lib/data/frameVocabulary.js";
import { Labels } from "../../lib/data/labels.js";
import { tables } from "../../lib/options.js";

const at = { index: 1, count: 3 };

function sequence(rows: readonly (readonly number[])[], more: Partial<FrameSequence> = {}): FrameSequence {
  return { frames: { shape: [rows.length, rows[0]?.length ?? 0], values: Float64Array.from(rows.flat()) }, ...more };
}

describe("the place of a sequence", () => {
  test("is its file and its name, or its number, and that of a frame its line, or its number", () => {
    const [plain, named, filed, both] = [{}, { name: "n" }, { file: "f.csv" }, { name: "n", file: "f.csv" }].map(
      (more) => sequence([[1]], more),
    ) as [FrameSequence, FrameSequence, FrameSequence, FrameSequence];
    const all = [plain, named, filed, both];
    expect(all.map((own) => sequencePlace(own, at))).toEqual(["sequence 2 of 3", "n", "f.csv", "f.csv, n"]);
    expect(all.map((own) => sequenceTitle(own, at))).toEqual(["sequence 2", "n", "f.csv", "n"]);
    expect(all.map((own) => framePlace(own, 4, at))).toEqual([
      "sequence 2 of 3, frame 5",
      "n, frame 5",
      "f.csv, frame 5",
      "f.csv, n, frame 5",
    ]);
    expect(framePlace({ ...both, lines: [7, 9] }, 1, at)).toBe("f.csv, line 9");
    expect(framePlace({ ...named, lines: [7, 9] }, 1, at)).toBe("n, frame 2");
    expect([featureName(["x"], 0), featureName(null, 0), featureName(undefined, 3)]).toEqual(['"x"', "0", "3"]);
  });
});

test.each<[frames: unknown, message: string]>([
  [undefined, "sequence 2 of 3: expected frames to be an array { shape, values }, got undefined."],
  [{ shape: [1, 1] }, "expected frames to be an array { shape, values }, got an object."],
  [{ shape: 1, values: [1] }, "expected frames to be an array { shape, values }"],
  [{ shape: [1, 1], values: "1" }, "expected frames to be an array { shape, values }"],
  [{ shape: [1, -1], values: [1] }, "expected frames to be an array { shape, values }"],
  [{ shape: [1, 0.5], values: [1] }, "expected frames to be an array { shape, values }"],
  [
    { shape: [1], values: [1] },
    "expected frames of shape [T,I], a vector of I features for each of T frames, got [1].",
  ],
  [{ shape: [1, 1, 1], values: [1] }, "got [1,1,1]."],
  [{ shape: [0, 1], values: [] }, "got [0,1]."],
  [{ shape: [1, 0], values: [] }, "got [1,0]."],
  [{ shape: [2, 2], values: [1, 2, 3] }, "sequence 2 of 3: the shape [2,2] has 4 elements, and there are 3."],
])("frames %j are refused", (frames, message) => {
  expect(() => frameSizes({ frames } as never, at)).toThrow(message);
});

test("sizes are those of the shape, and what is no number has its place", () => {
  expect(
    frameSizes(
      sequence([
        [1, 2, 3],
        [4, 5, 6],
      ]),
      at,
    ),
  ).toEqual([2, 3]);
  expect(frameSizes({ frames: { shape: [1, 1], values: [5] } }, at)).toEqual([1, 1]);
  const own = sequence(
    [
      [1, 2],
      [3, Number.NaN],
      [Number.NEGATIVE_INFINITY, 6],
    ],
    { features: ["a", "b"] },
  );
  expect(numberAt(own, at, { t: 1, i: 0, I: 2 })).toBe(3);
  expect(numberAt({ frames: { shape: [1, 1], values: BigInt64Array.of(7n) } }, at, { t: 0, i: 0, I: 1 })).toBe(7);
  expect(() => numberAt(own, at, { t: 1, i: 1, I: 2 })).toThrow(
    'sequence 2 of 3, frame 2: feature "b" is missing (NaN). Fill what is missing',
  );
  expect(() => numberAt(own, at, { t: 2, i: 0, I: 2 })).toThrow('sequence 2 of 3, frame 3: feature "a" is -Infinity.');
});

test("sequences have as many features each, names for all of them, and a label for each frame", () => {
  const labels = ["x", null];
  const two = sequence(
    [
      [1, 2],
      [3, 4],
    ],
    { labels },
  );
  const expecting = (sequences: unknown, wanted = true) =>
    expectSequences("who", sequences as FrameSequence[], { labels: wanted });
  expect(expecting([two, sequence([[1, 2]], { labels: [["x", "y"]], features: ["a", "b"] })])).toBe(2);
  expect(expecting([sequence([[1]])], false)).toBe(1);
  const refused: [sequences: unknown, message: string][] = [
    [[], "who: expected a list of sequences { frames, labels }, there are none."],
    ["ab", 'who: expected a list of sequences { frames, labels }, got "ab".'],
    [
      [two, sequence([[1]], { name: "n" })],
      "who: n has frames of 1 feature, and sequence 1 of 2 of 2: expected as many.",
    ],
    [[{ ...two, features: ["a"] }], "who: sequence 1 of 1: expected a name for each of 2 features, got an array of 1."],
    [[{ ...two, features: "ab" }], 'who: sequence 1 of 1: expected a name for each of 2 features, got "ab".'],
    [[sequence([[1]])], "who: sequence 1 of 1 has no labels: expected one for each frame."],
    [[{ ...two, labels: ["x"] }], "who: sequence 1 of 1: expected a label for each of 2 frames, got 1 label."],
    [[{ ...two, labels: "xy" }], 'who: sequence 1 of 1: expected a label for each of 2 frames, got "xy".'],
    [
      [{ ...two, labels: ["x", ""] }],
      'who: sequence 1 of 1, frame 2: expected a label that is a text, or a list of them, got "".',
    ],
    [
      [{ ...two, labels: [["x", 5], "x"] }],
      "who: sequence 1 of 1, frame 1: expected a label that is a text, or a list of them, got an array of 2.",
    ],
    [[{ ...two, labels: [["x", ""], "x"] }], "who: sequence 1 of 1, frame 1: expected a label"],
  ];
  for (const [sequences, message] of refused) expect(() => expecting(sequences)).toThrow(message);
  expect(() => expecting([{ ...two, labels: ["x"] }], false)).toThrow("got 1 label");
});

test("a part of a sequence has its frames, labels and lines", () => {
  const whole = sequence(
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
    { labels: ["x", "y", "z"], lines: [2, 3, 5], name: "n" },
  );
  expect(cutSequence(whole, 1, 3)).toEqual({
    name: "n",
    frames: { shape: [2, 2], values: Float64Array.of(3, 4, 5, 6) },
    labels: ["y", "z"],
    lines: [3, 5],
  });
  expect(cutSequence(sequence([[1], [2]]), 0, 1)).toEqual(sequence([[1]]));
});

test("features have mean 0 and deviation 1 on their scale, but those that are 0 or 1, and those that stay the same", async () => {
  const sequences = [
    sequence(
      [
        [2, 0, 5, 1],
        [4, 1, 5, 0],
      ],
      { features: ["a", "b", "c", "d"] },
    ),
    sequence([[9, 1, 5, 2]], { features: ["a", "b", "c", "d"] }),
  ];
  const features = await FrameFeatures.of(sequences);
  const json = features.toJSON() as { means: number[]; deviations: number[] };
  expect(json).toEqual({
    kind: "features",
    names: ["a", "b", "c", "d"],
    means: [5, 0, 5, 1],
    deviations: [expect.closeTo(Math.sqrt((9 + 1 + 16) / 3), 12), 1, 1, expect.closeTo(Math.sqrt(2 / 3), 12)],
  });
  expect(FrameFeatures.fromJSON(JSON.parse(JSON.stringify(features))).toJSON()).toEqual(json);
  const [a, , , d] = json.deviations as [number, number, number, number];
  expect(scaledFrames(features, sequences[0] as FrameSequence, at)).toEqual(
    Float32Array.of(-3 / a, 0, 0, 0, -1 / a, 1, 0, -1 / d),
  );
  const none = await FrameFeatures.of([sequence([[2], [4]])], { scaling: "none" });
  expect(none.toJSON()).toEqual({ kind: "features", means: [0], deviations: [1] });
  expect(FrameFeatures.fromJSON(none.toJSON() as never).names).toBeNull();
});

test("features are as many names, means and deviations, these above 0", () => {
  const refused: [names: unknown, means: unknown, deviations: unknown][] = [
    [["a"], [0, 0], [1, 1]],
    ["ab", [0, 0], [1, 1]],
    [null, [0, 0], [1]],
    [["a", "b"], [0, 0], [1]],
    [null, [], []],
    [null, [Number.NaN], [1]],
    [null, [0], [Number.POSITIVE_INFINITY]],
    [null, [0], [0]],
    [null, [0], [-1]],
    [null, "0", "1"],
    [null, [0], undefined],
  ];
  for (const [names, means, deviations] of refused) {
    expect(() => new FrameFeatures(names as never, means as never, deviations as never)).toThrow(
      "FrameFeatures: expected as many names, means and deviations, these above 0.",
    );
  }
});

test("a feature that differs by rounding alone is constant, and what is missing is named by its place", async () => {
  const deviationOf = async (difference: number) =>
    (await FrameFeatures.of([sequence([[1000], [1000 + difference]], { features: ["a"] })])).toJSON();
  expect(await deviationOf(0.001)).toMatchObject({ names: ["a"], deviations: [1] });
  expect(await deviationOf(0.003)).toMatchObject({ deviations: [expect.closeTo(0.0015, 6)] });
  await expect(FrameFeatures.of([sequence([[1]]), sequence([[2], [Number.NaN]])])).rejects.toThrow(
    "sequence 2 of 2, frame 2: feature 0 is missing (NaN).",
  );
});

test("sequences of other features than a model's are refused", () => {
  const features = new FrameFeatures(["a", "b"], [0, 0], [1, 1]);
  expect(() => expectFeatures(features, sequence([[1]]), at)).toThrow(
    "sequence 2 of 3 has frames of 1 feature, and the model reads 2: expected as many.",
  );
  expect(() => expectFeatures(features, sequence([[1, 2]], { features: ["a", "c"] }), at)).toThrow(
    'sequence 2 of 3: feature 1 is "c", and the model reads "b" there.',
  );
  expect(() => expectFeatures(features, sequence([[1, 2]], { features: ["b", "a"] }), at)).toThrow("feature 0 is");
  expectFeatures(features, sequence([[1, 2]], { features: ["a", "b"] }), at);
  expectFeatures(features, sequence([[1, 2]]), at);
  expectFeatures(new FrameFeatures(null, [0, 0], [1, 1]), sequence([[1, 2]], { features: ["x", "y"] }), at);
});

test("the next frames are counted with those before them, sequence by sequence", async () => {
  const music = [
    sequence([
      [1, 0],
      [1, 1],
      [0, 1],
    ]),
    sequence([
      [0, 1],
      [1, 1],
    ]),
    sequence([[1, 1]]),
  ];
  const vocabulary = await FrameVocabulary.of(music, { next: true });
  expect(vocabulary.toJSON()).toEqual({
    kind: "frames",
    task: "next",
    features: { kind: "features", means: [0, 0], deviations: [1, 1] },
    labels: ["0", "1"],
    usual: { frames: 3, counts: [2, 3], before: [2, 2], stays: [1, 2] },
  });
  expect(vocabulary.several).toBe(true);
  expect(JSON.stringify(FrameVocabulary.fromJSON(JSON.parse(JSON.stringify(vocabulary))))).toBe(
    JSON.stringify(vocabulary),
  );
  await expect(
    FrameVocabulary.of(
      [
        sequence([
          [0, 1],
          [2, 0],
        ]),
      ],
      { next: true },
    ),
  ).rejects.toThrow(
    "sequence 1 of 1, frame 2: feature 0 is 2: the next frame can be predicted where all features are 0 or 1.",
  );
  const first = [sequence([[0, 1]]), sequence([[0, 3]])];
  await expect(FrameVocabulary.of(first, { next: true })).rejects.toThrow("sequence 2 of 2, frame 1: feature 1 is 3:");
});

test("labels are counted, those of frames without one left out, in the order that they are told or have", async () => {
  const labelled = [sequence([[1], [2], [3], [4]], { labels: ["up", "down", null, "up"] })];
  const plain = await FrameVocabulary.of(labelled, { scaling: "none" });
  expect(plain.toJSON()).toMatchObject({
    task: "label",
    features: { means: [0], deviations: [1] },
    labels: ["down", "up"],
    usual: { frames: 3, counts: [1, 2], before: [], stays: [] },
  });
  expect(plain.several).toBe(false);
  const told = await FrameVocabulary.of(labelled, { labels: ["left", "up", "down"] });
  expect(told.toJSON()).toMatchObject({ labels: ["left", "up", "down"], usual: { counts: [0, 2, 1] } });
  const lists = [sequence([[1], [2], [3]], { labels: [[], ["b", "a", "b"], null] })];
  expect((await FrameVocabulary.of(lists)).toJSON()).toMatchObject({
    task: "labels",
    usual: { frames: 2, counts: [1, 1] },
  });
  await expect(FrameVocabulary.of([sequence([[1], [2]], { labels: [["a"], "b"] })])).rejects.toThrow(
    'FrameVocabulary.of: some frames have a list of labels, and some have one, "b".',
  );
  await expect(FrameVocabulary.of([sequence([[1]])])).rejects.toThrow(
    "FrameVocabulary.of: sequence 1 of 1 has no labels",
  );
  await expect(
    FrameVocabulary.of([sequence([[1], [2]], { labels: [null, null] })], { labels: ["a", "b"] }),
  ).rejects.toThrow("FrameVocabulary.of: no frame has a label.");
  await expect(FrameVocabulary.of([sequence([[1], [2]], { labels: [[], ["a", "b"]] })])).resolves.toMatchObject({
    task: "labels",
    several: true,
  });
  expect(inOrder(["b", "10", "9", "b"])).toEqual(["10", "9", "b"]);
  expect(inOrder(["10", "9", "2"])).toEqual(["2", "9", "10"]);
  expect(() => FrameVocabulary.fromJSON({ kind: "frames" })).toThrow(
    "Expected the features and labels of frames, got an object.",
  );
  for (const [task, features, labels] of [
    ["other", plain.features, plain.labels],
    ["label", {}, plain.labels],
    ["label", plain.features, ["a", "b"]],
  ] as [never, never, never][]) {
    expect(() => new FrameVocabulary(task, features, labels, plain.usual)).toThrow(
      "make one with await FrameVocabulary.of(sequences)",
    );
  }
});

test("a vocabulary whose parts are not all there is refused", () => {
  const whole = {
    kind: "frames",
    task: "label",
    features: { means: [0], deviations: [1] },
    labels: ["a", "b"],
    usual: { frames: 1 },
  };
  expect(FrameVocabulary.fromJSON(whole)).toMatchObject({ task: "label", usual: { frames: 1 } });
  for (const part of ["kind", "features", "usual"]) {
    expect(() => FrameVocabulary.fromJSON({ ...whole, [part]: undefined })).toThrow(
      "Expected the features and labels of frames",
    );
  }
});

test("a classifier's vocabulary reads texts or vectors, and is written with its kind", () => {
  const labels = new Labels(["a", "b"]);
  const [texts, vectors] = [new ByteTokenizer(), new FrameFeatures(null, [0], [1])];
  const [ofTexts, ofVectors] = [new ClassifierVocabulary(texts, labels), new ClassifierVocabulary(vectors, labels)];
  expect([ofTexts.tokenizer, ofTexts.features, ofVectors.features]).toEqual([texts, null, vectors]);
  expect(() => ofVectors.tokenizer).toThrow("This classifier reads vectors: it has no tokenizer.");
  const json = { kind: "classifier", text: texts.toJSON(), labels: ["a", "b"] };
  expect(ofTexts.toJSON()).toEqual(json);
  expect(ClassifierVocabulary.fromJSON(json).toJSON()).toEqual(json);
  expect(ClassifierVocabulary.fromJSON(ofVectors.toJSON()).features).toEqual(vectors);
  for (const wrong of [null, {}, { ...json, kind: "tagger" }]) {
    expect(() => ClassifierVocabulary.fromJSON(wrong)).toThrow(
      "Expected the vocabulary and the labels of a classifier, got",
    );
  }
  expect(() => ClassifierVocabulary.fromJSON({ ...json, text: null })).toThrow("Expected a vocabulary, got null.");
  for (const [text, own] of [
    ["text", labels],
    [undefined, labels],
    [texts, ["a", "b"]],
    [vectors, undefined],
  ] as [never, never][]) {
    expect(() => new ClassifierVocabulary(text, own)).toThrow(
      "ClassifierVocabulary: expected a tokenizer and Labels, got",
    );
  }
});

test("the task of a saved model of frames and their scale are settled, their labels are not asked for", () => {
  const rules = Object.entries(tables.get("FrameVocabulary.of") ?? {});
  expect(rules.map(([name, { onResume }]) => [name, onResume])).toEqual([
    ["next", "settled"],
    ["scaling", "settled"],
    ["labels", undefined],
  ]);
});
