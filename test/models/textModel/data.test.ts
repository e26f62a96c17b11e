import { expect, test } from "vitest";
import { memoryStream, WordTokenizer } from "../../../lib/data/index.js";
import type { SentenceDataBatch } from "../../../lib/models/textModel/data.js";
import { SentenceData, WindowData } from "../../../lib/models/textModel/data.js";
import { fingerprint } from "../../../lib/models/tokenizerIdentity.js";

const ids = Int32Array.from({ length: 60 }, (_, i) => i);

const tokenizer = WordTokenizer.fromText("a b c\n", { unknown: true });
const unknown = tokenizer.special.unknown as number;

async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const unknownOf = (targets: unknown) => [...(targets as Int32Array)].filter((id) => id === unknown).length;

async function inputsOf(batches: AsyncIterable<{ feeds: object }>): Promise<number[][]> {
  const found: number[][] = [];
  for await (const { feeds } of batches) found.push([...(feeds as { inputs: Int32Array }).inputs]);
  return found;
}

test("processes read the columns of their own, down to one column each; more processes than columns are refused", async () => {
  const data = new WindowData(memoryStream(ids, 0), { batchSize: 3, windowLength: 4 });
  const whole = await inputsOf(data.batches(0));
  expect(whole.length).toBe(data.length);
  for (const [rank, of] of [0, 1, 2].entries()) {
    const own = await inputsOf(data.batchesOfRows(0, 0, { rank, size: 3 }));
    expect(own).toEqual(whole.map((window) => window.filter((_, i) => i % 3 === of)));
  }
  expect(() => data.batchesOfRows(0, 0, { rank: 0, size: 4 })).toThrow(
    "WindowData: 4 processes cannot share batches of 3: give a larger batchSize, or start fewer.",
  );
});

test("a spread of windows is for training, and at most as long as they are", () => {
  const make = (options: object) => () =>
    new WindowData(
      memoryStream(
        Int32Array.from({ length: 20 }, () => 0),
        20,
      ),
      { batchSize: 2, windowLength: 4, ...options },
    );
  expect(make({ windowSpread: 4 })).not.toThrow();
  expect(make({ windowSpread: 5 })).toThrow("WindowData: expected a windowSpread of at most windowLength (4), got 5.");
  expect(make({ windowSpread: 0, role: "validate" })).not.toThrow();
  expect(make({ windowSpread: 1, role: "validate" })).toThrow(
    "WindowData: windowSpread is for training; leave it out (0) where a text is measured.",
  );
});

test("a window says its sizes, its use, its tokenizer, its unknown words, and whether a text begins with it", async () => {
  const own = Int32Array.from({ length: 23 }, (_, i) => (i * i) % 5);
  const stream = memoryStream(own, 99, tokenizer);
  const made = { lengths: false, tokenizer: fingerprint(tokenizer) };
  for (const [role, lengths] of [
    ["train", [4, 4]],
    ["validate", [4, 4, 3]],
  ] as const) {
    const data = new WindowData(stream, { batchSize: 2, windowLength: 4, role });
    expect(data).toMatchObject({ role, length: lengths.length, longest: 4, identity: "2 x 4 of 23 tokens" });
    const windows = await listOf(data.batches(0));
    expect(windows.map(({ form }) => form)).toEqual(lengths.map((T) => ({ T, B: 2, role, ...made })));
    for (const [i, { feeds, tokens, unknown: missing, ...others }] of windows.entries()) {
      const T = lengths[i] as number;
      expect(feeds).toEqual({
        inputs: Int32Array.from({ length: 2 * T }, (_, at) => own[11 * (at % 2) + 4 * i + (at >> 1)] as number),
        targets: Int32Array.from({ length: 2 * T }, (_, at) => own[11 * (at % 2) + 4 * i + (at >> 1) + 1] as number),
        carry: i === 0 ? 0 : 1,
      });
      expect([tokens, missing]).toEqual([2 * T, unknownOf(feeds.targets)]);
      expect(others).not.toHaveProperty("rate");
      expect(others).not.toHaveProperty("rows");
    }
    expect(windows.some(({ unknown: missing }) => (missing ?? 0) > 0)).toBe(true);
    expect(await listOf(data.batches(0, 1))).toMatchObject(windows.slice(1).map(({ form }) => ({ form })));
  }
  const [part] = await listOf(
    new WindowData(stream, { batchSize: 3, windowLength: 4 }).batchesOfRows(0, 0, { rank: 1, size: 2 }),
  );
  expect(part).toMatchObject({ form: { B: part?.rows?.first === 1 ? 2 : 1 }, rows: { of: 3 } });
  const bare = await listOf(new WindowData(memoryStream(own, 0), { batchSize: 2, windowLength: 4 }).batches(0));
  expect(bare[0]?.form).toEqual({ T: 4, B: 2, role: "train", lengths: false });
  expect(bare[0]?.unknown).toBe(0);
});

test("windows of drawn lengths learn at rates of their own, and say all that they are drawn by", async () => {
  const stream = memoryStream(
    Int32Array.from({ length: 400 }, (_, i) => i % 5),
    0,
  );
  const options = { batchSize: 2, windowLength: 8, windowSpread: 2 };
  const data = new WindowData(stream, options);
  expect(data.identity).toBe("2 x 8 ± 2, seed 1, of 400 tokens");
  expect(new WindowData(stream, { ...options, longest: 8, seed: 3 }).identity).toBe(
    "2 x 8 ± 2, at most 8, seed 3, of 400 tokens",
  );
  const windows = await listOf(data.batches(0));
  expect(windows.map(({ rate }) => rate)).toEqual(windows.map(({ form }) => form.T / 8));
  expect(new Set(windows.map(({ rate }) => rate)).size).toBeGreaterThan(2);
  const even = new WindowData(stream, { batchSize: 2, windowLength: 8 });
  expect(() => even.expectWithin(8)).not.toThrow();
  expect(() => even.expectWithin(7)).toThrow(/at most 7 tokens at a time/);
});

test("lines of more steps than are in memory at once are read in parts, which are the whole together", async () => {
  const line = (length: number, by: number) =>
    Array.from({ length }, (_, i) => ["a", "b", "c", "x"][(by * i) % 4]).join(" ");
  const text = `${line(2300, 1)}\n${line(1100, 3)}\n`;
  const stream = memoryStream(tokenizer.encode(text), text.length, tokenizer);
  const of = (options: object) =>
    SentenceData.create(stream, { tokenizer, batchSize: 2, role: "evaluate", ...options });
  const data = await of({});
  expect(data).toMatchObject({
    role: "evaluate",
    length: 1,
    cut: 0,
    skipped: 0,
    longest: 2301,
    characters: text.length,
  });
  expect(data.identity).toBe("2 sentences of 3402 tokens in 1 batches, seed 1");
  const parts = await listOf(data.batches(0));
  const [whole] = (await listOf((await of({ longest: 2301 })).batches(0))) as [SentenceDataBatch];
  const form = { B: 2, role: "evaluate", lengths: true, tokenizer: fingerprint(tokenizer) };
  expect(whole.form).toEqual({ T: 2301, ...form });
  expect([whole.tokens, whole.unknown]).toEqual([3402, unknownOf(whole.feeds.targets)]);
  expect(whole.unknown).toBe(575 + 275);
  expect(parts.map((part) => part.form)).toEqual([1024, 1024, 253].map((T) => ({ T, carried: true, ...form })));
  expect(parts.map(({ feeds }) => feeds.carry)).toEqual([0, 1, 1]);
  for (const name of ["inputs", "targets"] as const) {
    const joined = parts.flatMap(({ feeds }) => [...(feeds[name] as Int32Array)]);
    expect(joined).toEqual([...(whole.feeds[name] as Int32Array)]);
  }
  const [long, short] = whole.lengths[0] === 2301 ? [0, 1] : [1, 0];
  const rows = parts.map(({ lengths, starts }) => [lengths[long], lengths[short], starts[long], starts[short]]);
  const [first, second] = [whole.starts[long] as number, whole.starts[short] as number];
  expect(rows).toEqual([
    [1024, 1024, first, second],
    [1024, 77, first + 1024, second + 1024],
    [253, 0, first + 2048, second + 2048],
  ]);
  expect(parts.map(({ tokens }) => tokens)).toEqual([2048, 1101, 253]);
  expect(parts.map(({ feeds }) => feeds.lengths)).toEqual(parts.map(({ lengths }) => lengths));
  expect(parts.map((part) => part.unknown)).toEqual(parts.map(({ feeds }) => unknownOf(feeds.targets)));
  // Training keeps all steps, and allows as many as the model reads at once.
  const train = await of({ role: "train", longest: 2301 });
  expect((await listOf(train.batches(0))).map((batch) => batch.form.T)).toEqual([2301]);
  expect(() => train.expectWithin(2301)).not.toThrow();
  expect(() => train.expectWithin(2300)).toThrow(/2300 tokens, 2301 with its end, .* at most 2300 .*longest: 2300/);
  expect(() => new (SentenceData as never as new (...of: unknown[]) => SentenceData)(stream, { tokenizer })).toThrow(
    "SentenceData: the stream is read first: use await SentenceData.create(stream, options).",
  );
});
