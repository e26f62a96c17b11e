import { describe, expect, test } from "vitest";
import type { StreamBatch, StreamBatchOptions } from "../../lib/data/streamBatches.js";
import { StreamBatches } from "../../lib/data/streamBatches.js";
import type { TokenStream } from "../../lib/data/tokenStream.js";
import { memoryStream } from "../../lib/data/tokenStream.js";

/** Tokens 0, 1, 2 ... so that a token says where it stands. */
function counting(length: number): TokenStream {
  return memoryStream(
    Int32Array.from({ length }, (_, i) => i),
    length,
  );
}

async function all(batches: StreamBatches, from = 0): Promise<StreamBatch[]> {
  const list: StreamBatch[] = [];
  for await (const batch of batches.batches(from)) list.push(batch);
  return list;
}

const sizes = [1, 2, 3, 5, 7].flatMap((batchSize) =>
  [1, 2, 4, 10].map((windowLength) => ({ batchSize, windowLength })),
);

describe.each([undefined, 999])("with begin %s", (begin) => {
  const first = begin === undefined ? 1 : 0;
  const options = (more: StreamBatchOptions) => ({ ...more, ...(begin === undefined ? {} : { begin }) });

  test("every token is predicted exactly once, from the one before it", async () => {
    for (const size of sizes) {
      for (let length = first + 1; length < 60; length++) {
        const batches = new StreamBatches(counting(length), options({ ...size, short: true }));
        const seen: number[] = [];
        for (const { T, B, inputs, targets, tokens } of await all(batches)) {
          expect(inputs).toHaveLength(T * B);
          expect(targets).toHaveLength(T * B);
          expect(targets.filter((target) => target >= 0)).toHaveLength(tokens);
          targets.forEach((target, i) => {
            if (target < 0) return;
            seen.push(target);
            expect(inputs[i]).toBe(target === 0 ? begin : target - 1);
          });
        }
        const expected = Array.from({ length: length - first }, (_, i) => i + first);
        expect(seen.sort((a, b) => a - b)).toEqual(expected);
        expect(batches.tokens).toBe(length - first);
        expect(batches.dropped).toBe(0);
      }
    }
  });

  test("each column goes on where its last window ended", async () => {
    for (const size of sizes) {
      const batches = await all(new StreamBatches(counting(97), options({ ...size })));
      const columns = Array.from({ length: size.batchSize }, (_, b) =>
        batches.flatMap(({ T, B, targets }) => Array.from({ length: T }, (_, t) => targets[t * B + b] as number)),
      );
      for (const column of columns) {
        const real = column.filter((target) => target >= 0);
        expect(real).toEqual(real.map((_, i) => (real[0] as number) + i));
        expect(column.slice(real.length).every((target) => target === -1)).toBe(true);
      }
      expect(batches.map(({ start }) => start)).toEqual(batches.map((_, i) => i === 0));
    }
  });
});

test("dropping keeps only whole windows, and says what is left out", async () => {
  const batches = new StreamBatches(counting(100), { batchSize: 3, windowLength: 10, last: "drop" });
  const list = await all(batches);
  expect(list).toHaveLength(3);
  expect(batches.length).toBe(3);
  expect(list.every(({ T, tokens, targets }) => T === 10 && tokens === 30 && !targets.includes(-1))).toBe(true);
  expect(batches.tokens).toBe(90);
  expect(batches.dropped).toBe(9);
});

test("reading from a window on gives the windows that an uninterrupted reading gives", async () => {
  // Long enough for several blocks of every column.
  const batches = new StreamBatches(counting(200_001), { batchSize: 3, windowLength: 35 });
  const whole = await all(batches);
  expect(whole).toHaveLength(batches.length);
  for (const from of [1, 466, 467, 468, 1000, batches.length - 1, batches.length]) {
    expect(await all(batches, from)).toEqual(whole.slice(from));
  }
  expect(whole.map(({ index }) => index)).toEqual(whole.map((_, i) => i));
});

test("windows of more tokens than are read at once are read one after the other", async () => {
  const batches = new StreamBatches(counting(40_000), { windowLength: 17_000, batchSize: 1 });
  const windows: [number, number | undefined][] = [];
  for await (const { inputs } of batches.batches()) {
    windows.push([inputs.length, inputs[0]]);
    if (windows.length > 3) break;
  }
  expect(windows).toEqual([
    [17_000, 0],
    [17_000, 17_000],
    [5999, 34_000],
  ]);
});

test("a text shorter than one batch of windows is an error with numbers", () => {
  expect(() => new StreamBatches(counting(1000), { batchSize: 20, windowLength: 50 })).toThrow(
    "The text has 1000 tokens, but one batch of windows needs 1001 (batchSize 20 x windowLength 50 + 1). " +
      "Use a longer text, or a smaller batchSize or windowLength.",
  );
  expect(() => new StreamBatches(counting(3), { batchSize: 2, windowLength: 2, begin: 0 })).toThrow(
    "one batch of windows needs 4 (batchSize 2 x windowLength 2). Use",
  );
  expect(new StreamBatches(counting(1001), { batchSize: 20, windowLength: 50 }).length).toBe(1);
  expect(() => new StreamBatches(counting(1), { batchSize: 20, windowLength: 50, short: true })).toThrow(/at least 2/);
  expect(() => new StreamBatches(counting(0), { batchSize: 1, windowLength: 1, short: true })).toThrow(/at least 2/);
});

test.each([
  [null],
  [5],
  [{ length: 9 }],
  [{ length: 0.5, read: () => new Int32Array(1) }],
  [{ read: () => new Int32Array(1) }],
])("%j is no stream", (wrong) => {
  expect(() => new StreamBatches(wrong as never, { batchSize: 1, windowLength: 1 })).toThrow(
    "StreamBatches: expected stream to be a stream of tokens",
  );
});

test.each([{ batchSize: 0 }, { windowLength: 1.5 }, { last: "pad" }, { begn: 1 }])("%j is refused", (wrong) => {
  const options = { batchSize: 2, windowLength: 2, ...wrong } as StreamBatchOptions;
  expect(() => new StreamBatches(counting(100), options)).toThrow(
    expect.objectContaining({ code: "ERR_OSTINATO_OPTION" }),
  );
});

test("columns are cut and read as they stand in the stream, all of them or some", async () => {
  const ids = (...tokens: number[]) => Int32Array.from(tokens);
  // 0 1 2 | 3 4 | 5 6
  const batches = new StreamBatches(memoryStream(ids(0, 1, 2, 3, 4, 5, 6), 21), {
    batchSize: 3,
    windowLength: 2,
    begin: 99,
  });
  const { length, longest, batchSize, tokens, dropped, characters } = batches;
  expect({ length, longest, batchSize, tokens, dropped, characters }).toEqual({
    length: 2,
    longest: 2,
    batchSize: 3,
    tokens: 7,
    dropped: 0,
    characters: 21,
  });
  const first = { T: 2, tokens: 6, start: true, index: 0 };
  const second = { T: 1, tokens: 1, start: false, index: 1 };
  expect(await all(batches)).toEqual([
    { ...first, B: 3, inputs: ids(99, 2, 4, 0, 3, 5), targets: ids(0, 3, 5, 1, 4, 6) },
    { ...second, B: 3, inputs: ids(1, 0, 0), targets: ids(2, -1, -1) },
  ]);
  const some = async (columns: { first: number; end: number }) => {
    const list: StreamBatch[] = [];
    for await (const batch of batches.batches(0, 0, columns)) list.push(batch);
    return list;
  };
  expect(await some({ first: 1, end: 3 })).toEqual([
    { ...first, B: 2, inputs: ids(2, 4, 3, 5), targets: ids(3, 5, 4, 6) },
    { ...second, B: 2, inputs: ids(0, 0), targets: ids(-1, -1) },
  ]);
  expect(await some({ first: 0, end: 1 })).toEqual([
    { ...first, B: 1, inputs: ids(99, 0), targets: ids(0, 1) },
    { ...second, B: 1, inputs: ids(1), targets: ids(2) },
  ]);
  for (const columns of [
    { first: 4, end: 3 },
    { first: 0, end: 4 },
  ]) {
    await expect(some(columns)).rejects.toThrow(/StreamBatches: expected (first|end) to be/);
  }
  await expect(all(batches, 3)).rejects.toThrow(/StreamBatches: expected from to be/);
  await expect(batches.batches(0, -1).next()).rejects.toThrow(/StreamBatches: expected epoch to be/);
  const whole = new StreamBatches(memoryStream(ids(0, 1, 2, 3, 4, 5, 6, 7, 8), 90), {
    batchSize: 3,
    windowLength: 2,
    last: "drop",
  });
  expect([whole.length, whole.tokens, whole.dropped, whole.characters]).toEqual([1, 6, 2, 60]);
  expect((await all(whole))[0]).toMatchObject({ inputs: ids(0, 2, 4, 1, 3, 5), targets: ids(1, 3, 5, 2, 4, 6) });
});

test("windows of drawn lengths depend on the seed, and none is longer than the longest", async () => {
  const lengths = async (options: object) => {
    const batches = new StreamBatches(counting(400), { batchSize: 1, windowLength: 14, spread: 4, ...options });
    return (await all(batches)).map(({ T }) => T);
  };
  const drawn = await lengths({});
  expect(await lengths({ seed: 1 })).toEqual(drawn);
  expect(await lengths({ seed: 2 })).not.toEqual(drawn);
  expect(await lengths({ spread: 0.5 })).not.toEqual(drawn);
  expect(Math.max(...drawn)).toBeGreaterThan(14);
  expect(Math.max(...(await lengths({ longest: 12 })))).toBe(12);
});
