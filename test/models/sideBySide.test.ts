import { expect, test } from "vitest";
import { InputError, OptionError } from "../../lib/errors.js";
import { ExampleBatches, fittingExamples } from "../../lib/models/exampleBatches.js";
import { firstState } from "../../lib/models/firstState.js";
import { inPlace } from "../../lib/models/inPlace.js";
import { inTurns } from "../../lib/models/inTurns.js";
import { byLength, framesSideBySide, paddedLength, sideBySide, steadyRows } from "../../lib/models/sideBySide.js";
import { gateTitle, stateTitle } from "../../lib/models/stateTitle.js";
import { unwrittenTokens } from "../../lib/models/unwrittenTokens.js";

test("sequences stand in columns, padded with zeros to a multiple of four, or to what a model reads", () => {
  expect([0, 1, 4, 5].map(paddedLength)).toEqual([0, 4, 4, 8]);
  const sequences = [Int32Array.of(1, 2, 3, 4, 5), Int32Array.of(6, 7), Int32Array.of(8)];
  const five = [1, 6, 8, 2, 7, 0, 3, 0, 0, 4, 0, 0, 5, 0, 0];
  const lengths = Int32Array.of(5, 2, 1);
  expect(sideBySide(sequences)).toEqual({ T: 8, B: 3, ids: Int32Array.of(...five, ...new Array(9).fill(0)), lengths });
  expect(sideBySide(sequences, 5)).toEqual({ T: 5, B: 3, ids: Int32Array.from(five), lengths });
  expect(sideBySide(sequences.slice(1), 5)).toMatchObject({ T: 4, B: 2 });
});

test("frames stand in columns, and those that no sequence has are zeros", () => {
  const sequences = [
    { length: 2, values: Float32Array.of(1, 2, 3, 4) },
    { length: 1, values: Float32Array.of(5, 6) },
  ];
  const { frames, lengths } = framesSideBySide(sequences, { T: 3, B: 3, I: 2 });
  expect([...frames]).toEqual([1, 2, 5, 6, 0, 0, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  expect([...lengths]).toEqual([2, 1, 0]);
});

test("batches are of similar lengths, the shortest first, and those of one length in their order", () => {
  const sequences = [3, 1, 2, 1, 3].map((length) => ({ length }));
  expect(byLength(sequences, 2)).toEqual([[1, 3], [2, 0], [4]]);
  expect(byLength(sequences, 5)).toEqual([[1, 3, 2, 0, 4]]);
  expect(byLength([], 2)).toEqual([]);
});

test("there are at least three spare rows, 65 places, and a multiple of 16 rows", () => {
  const rows = [
    [1, 100, 16],
    [13, 100, 16],
    [14, 100, 32],
    [1, 1, 80],
    [1, 4, 32],
    [1, 5, 16],
    [78, 1, 96],
  ] as const;
  for (const [sequences, T, expected] of rows) expect(steadyRows(sequences, T)).toBe(expected);
});

test("examples that are too long are cut, left out or refused, and those of the limit are kept", () => {
  const fitted = (long: "cut" | "skip" | "refuse", options: object = {}) =>
    fittingExamples(["ab", "abc", "abcd", "a"], {
      ...{ maximumLength: 3, long, noun: "text", lengthOf: (text: string) => text.length },
      cut: (text: string, length: number) => text.slice(0, length),
      tooLong: (text, index) => new InputError(`${index}: ${text}`),
      ...options,
    });
  expect(fitted("cut")).toEqual({ kept: ["ab", "abc", "abc", "a"], cut: 1, skipped: 0 });
  expect(fitted("skip")).toEqual({ kept: ["ab", "abc", "a"], cut: 0, skipped: 1 });
  expect(fitted("skip", { maximumLength: 1 }).kept).toEqual(["a"]);
  expect(() => fitted("refuse")).toThrow("2: abcd");
  expect(() => fitted("cut", { cut: undefined })).toThrow("2: abcd");
  expect(() => fitted("skip", { maximumLength: 0 })).toThrow("All 4 texts are longer than 0 tokens.");
  expect(() => fitted("skip", { maximumLength: 0, unit: "step" })).toThrow("All 4 texts are longer than 0 steps.");
  const none = { maximumLength: 1, long: "skip", noun: "text", lengthOf: () => 1 } as const;
  expect(() => fittingExamples([], { ...none, tooLong: () => new InputError("") })).toThrow(
    "There are no texts to make batches of.",
  );
});

test("each example is in one batch of an epoch, and what is measured keeps one order", async () => {
  const examples = Array.from({ length: 11 }, (_, i) => "x".repeat(1 + ((i * 5) % 7)) + i);
  const of = (role: "train" | "validate", seed = 3) =>
    new ExampleBatches(examples, { noun: "text", batchSize: 4, seed, role, lengthOf: ({ length }) => length });
  const read = (batches: ExampleBatches<string>, epoch: number, from = 0) =>
    [...batches.inEpoch(epoch, from)].map(({ examples: own }) => own);
  const train = of("train");
  expect([train.length, train.identity]).toEqual([3, "11 texts in batches of 4, seed 3"]);
  expect(read(train, 0).flat().sort()).toEqual([...examples].sort());
  expect([...train.inEpoch(0, 1)].map(({ index }) => index)).toEqual([1, 2]);
  expect(read(train, 0, 1)).toEqual(read(train, 0).slice(1));
  expect(read(train, 1)).not.toEqual(read(train, 0));
  expect(read(of("train", 4), 0)).not.toEqual(read(train, 0));
  expect(read(of("validate"), 1)).toEqual(read(of("validate"), 0));
  const update = (hash: { update(text: string): unknown }, example: string) => hash.update(example);
  const digest = await train.digest(update);
  expect(await of("validate").digest(update)).toBe(digest);
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  const options = { noun: "text", batchSize: 4, seed: 3, role: "train", lengthOf: () => 1 } as const;
  expect(await new ExampleBatches([...examples.slice(1), "y"], options).digest(update)).not.toBe(digest);
});

test("work in turns has its results in order, and is stopped by a signal", async () => {
  const items = Array.from({ length: 1001 }, (_, i) => i);
  const seen: number[] = [];
  const results = await inTurns(items, (item, index) => seen.push(index) + item, undefined);
  expect(results).toEqual(items.map((item) => 2 * item + 1));
  const [abort, reason] = [new AbortController(), new Error("enough")];
  let worked = 0;
  const work = () => {
    if (++worked === 3) abort.abort(reason);
  };
  await expect(inTurns(items, work, abort.signal)).rejects.toBe(reason);
  expect(worked).toBe(500);
  await expect(inTurns([], work, AbortSignal.abort(reason))).resolves.toEqual([]);
});

test("an error of the library names the place of the text, another one stays itself", () => {
  const fail = (error: Error) => () =>
    inPlace("a.txt, line 2", () => {
      throw error;
    });
  expect(fail(new OptionError("no tokens"))).toThrow(new InputError("a.txt, line 2: no tokens"));
  const other = new TypeError("broken");
  expect(fail(other)).toThrow(other);
  expect(inPlace("a.txt", () => 5)).toBe(5);
});

test("a first state is zeros, and rows that name themselves their own numbers", () => {
  const entries = [
    { name: "h", size: 2 },
    { name: "recent", size: 1, dtype: "i32" },
    { name: "lineage", size: 3, dtype: "i32", ownRow: true },
  ] as const;
  expect(firstState(entries, 2)).toEqual({
    h: new Float32Array(4),
    recent: new Int32Array(2),
    lineage: Int32Array.of(0, 0, 0, 1, 1, 1),
  });
  expect(() => firstState([{ name: "h", size: 2 ** 20 }], 2 ** 30)).toThrow(
    /^The state of 1073741824 texts side by side would need 4\.\d+ PB of memory, .* Take fewer texts or beams/,
  );
});

test("states and gates have the names that people know, others their own", () => {
  expect(["h", "c", "n"].map((kind) => stateTitle({ kind, layer: 1 }))).toEqual([
    { name: "layer 2 hidden", kind: "hidden" },
    { name: "layer 2 cell", kind: "cell" },
    { name: "layer 2 n", kind: "n" },
  ]);
  expect([..."iforzx"].map((gate) => gateTitle(gate, 0).name)).toEqual([
    ...["layer 1 input gate", "layer 1 forget gate", "layer 1 output gate", "layer 1 reset gate"],
    ...["layer 1 update gate", "layer 1 gate x"],
  ]);
  expect(gateTitle("f", 2)).toEqual({ name: "layer 3 forget gate", kind: "f" });
});

test("no text is written with the marks of what is unknown, begins or pads, but with its end", () => {
  const tokenizer = { special: { unknown: 0, beginOfSentence: 2, padding: 3, endOfSentence: 4 } } as never;
  expect(unwrittenTokens(tokenizer, 4)).toEqual([0, 2, 3]);
  expect(unwrittenTokens(tokenizer, 2)).toEqual([0, 3]);
  expect(unwrittenTokens({ special: {} } as never, 0)).toEqual([]);
});
