import { expect, test } from "vitest";
import { ByteTokenizer } from "../../lib/data/byteTokenizer.js";
import { gatherStream } from "../../lib/data/gatheredStream.js";
import { CharacterIndex, memoryStream, sliceStream, splitPoints } from "../../lib/data/tokenStream.js";

const ids = Int32Array.from({ length: 10 }, (_, i) => 10 + i);
const tokenizer = new ByteTokenizer();
const stream = memoryStream(ids, 25, tokenizer);

test("characters are known at some tokens, and in proportion between them", () => {
  const index = new CharacterIndex();
  expect([0, 3].map((token) => index.before(token))).toEqual([0, 0]);
  for (const [tokens, characters] of [
    [2, 5],
    [4, 6],
    [10, 25],
  ] as const)
    index.add(tokens, characters);
  expect(Array.from({ length: 11 }, (_, token) => index.before(token))).toEqual([0, 3, 5, 6, 6, 9, 12, 16, 19, 22, 25]);
});

test("a slice has the tokens of its part, and their characters by the index or in proportion", async () => {
  const index = new CharacterIndex();
  index.add(5, 20);
  index.add(10, 25);
  const slice = sliceStream(stream, { start: 2, end: 7 }, index);
  expect([slice.length, slice.characters, slice.tokenizer]).toEqual([5, 22 - 8, tokenizer]);
  expect([...(await slice.read(1, 4))]).toEqual([13, 14, 15]);
  expect(sliceStream(stream, { start: 0, end: 5 }).characters).toBe(13);
  expect(sliceStream(stream, { start: 5, end: 7 }).characters).toBe(5);
  expect(sliceStream(stream, { start: 10, end: 10 }).length).toBe(0);
  expect(sliceStream(memoryStream(new Int32Array(0), 0), { start: 0, end: 0 })).toMatchObject({
    length: 0,
    characters: 0,
  });
  expect("tokenizer" in sliceStream(memoryStream(ids, 0), { start: 0, end: 1 })).toBe(false);
  const unnamed = gatherStream(memoryStream(ids, 0), [{ start: 0, end: 1, line: 1 }], { index });
  expect("tokenizer" in unnamed).toBe(false);
  // A part shares its whole: closing one closes all.
  let closed = 0;
  const shared = { ...stream, close: async () => void closed++ };
  await sliceStream(shared, { start: 0, end: 5 }).close();
  await gatherStream(shared, [{ start: 0, end: 1, line: 1 }], { index }).close();
  expect(closed).toBe(2);
  for (const [start, end] of [
    [-1, 2],
    [3, 2],
    [0, 11],
    [0.5, 2],
    [0, 2.5],
    [Number.NaN, 2],
    ["0", 2],
  ] as [number, number][]) {
    expect(() => sliceStream(stream, { start, end })).toThrow(
      `sliceStream: expected 0 <= start <= end <= 10, got ${start} and ${end}.`,
    );
  }
});

test("lines that are gathered are read as one stream, whether they touch or not", async () => {
  const index = new CharacterIndex();
  index.add(10, 20);
  const ranges = [
    { start: 1, end: 3, line: 1 },
    { start: 3, end: 4, line: 2 },
    { start: 6, end: 8, line: 5 },
    { start: 8, end: 9, line: 6 },
  ];
  const asked: string[] = [];
  const watched = {
    ...stream,
    read: (start: number, end: number) => {
      asked.push(`${start}-${end}`);
      return stream.read(start, end);
    },
  };
  const gathered = gatherStream(watched, ranges, { index });
  expect({ ...gathered, read: null, close: null }).toEqual({
    length: 6,
    characters: 12,
    lines: Uint32Array.of(1, 2, 5, 6),
    tokenizer,
    read: null,
    close: null,
  });
  const all = [11, 12, 13, 16, 17, 18];
  for (let start = 0; start <= 6; start++) {
    for (let end = start; end <= 6; end++)
      expect([...(await gathered.read(start, end))]).toEqual(all.slice(start, end));
  }
  const askedBy = async (part: typeof gathered, start: number, end: number) => {
    asked.length = 0;
    await part.read(start, end);
    return asked.join();
  };
  expect(await askedBy(gathered, 0, 6)).toBe("1-4,6-9");
  expect(await askedBy(gathered, 0, 3)).toBe("1-4");
  const apart = [0, 2, 4, 6, 8].map((start, line) => ({ start, end: start + 1, line }));
  const single = gatherStream(watched, apart, { index });
  for (const [i, { start, end }] of apart.entries()) expect(await askedBy(single, i, i + 1)).toBe(`${start}-${end}`);
});

test("parts are cut by shares of the whole, and the one to train on is not empty", () => {
  const points = (length: number, shares = {}) => splitPoints(length, shares);
  expect([
    points(10),
    points(11),
    points(1_115_394),
    points(100, { validation: 0.1, test: 0.2 }),
    points(10, { validation: 0 }),
  ]).toEqual([
    [9, 10],
    [9, 11],
    [1_003_854, 1_115_394],
    [70, 80],
    [10, 10],
  ]);
  expect(() => points(10, { validation: 0.5, test: 0.5 })).toThrow(
    "split: validation 0.5 and test 0.5 leave nothing to train on.",
  );
  expect(() => points(10, { validation: 1 })).toThrow(
    "expected validation to be a number at least 0 and below 1, got 1.",
  );
  expect(() => points(10, { test: -0.1 })).toThrow("expected test to be a number at least 0 and below 1, got -0.1.");
});

test("a stream in memory has its tokens, and what is no such thing is refused", async () => {
  const whole = memoryStream(ids, 2 ** 40, tokenizer);
  expect([...(await whole.read(2, 4))]).toEqual([12, 13]);
  expect([whole.length, whole.characters, whole.tokenizer]).toEqual([10, 2 ** 40, tokenizer]);
  await whole.close();
  expect("tokenizer" in memoryStream(ids, 0)).toBe(false);
  expect(() => memoryStream([1] as never, 0)).toThrow(
    "memoryStream: expected ids to be an Int32Array, got an array of 1.",
  );
  expect(() => memoryStream(ids, -1)).toThrow("memoryStream: expected characters to be a whole number at least 0");
});
