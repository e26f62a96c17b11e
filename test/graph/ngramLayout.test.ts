import { expect, test } from "vitest";
import { NgramRecords, ngramCounts, ngramLayout } from "../../lib/graph/ngramLayout.js";

const counts = [5, 9, 300, 7];

test("records are as many bits as their largest numbers need, each level begins at a whole number of the table", () => {
  const none = (byte: number, shift: number) => ({ byte, shift, bits: 0 });
  expect(ngramLayout(counts)).toEqual({
    levels: [
      // Two floats of 64 bits; up to 9 children in 4 bits: 9 bytes for each of 5 words and their end, 56 in whole numbers.
      {
        count: 5,
        begin: 128,
        stride: 9,
        word: none(8, 0),
        children: { byte: 8, shift: 0, bits: 4 },
        suffix: none(8, 4),
      },
      // A word below 5 in 3 bits, up to 300 children in 9.
      {
        ...{ count: 9, begin: 184, stride: 10, word: { byte: 8, shift: 0, bits: 3 } },
        ...{ children: { byte: 8, shift: 3, bits: 9 }, suffix: none(9, 4) },
      },
      // The suffix is one of 9 in 4 bits.
      {
        ...{ count: 300, begin: 284, stride: 10, word: { byte: 8, shift: 0, bits: 3 } },
        ...{ children: { byte: 8, shift: 3, bits: 3 }, suffix: { byte: 8, shift: 6, bits: 4 } },
      },
      // The highest order has one float, no children and no end.
      {
        count: 7,
        begin: 3296,
        stride: 5,
        word: { byte: 4, shift: 0, bits: 3 },
        children: none(4, 3),
        suffix: none(4, 3),
      },
    ],
    // The last level ends after 7 x 5 bytes, which are 9 numbers; two more may be read past it.
    size: (3296 + 36) / 4 + 2,
  });
});

test("what is packed into a table is read from it, at the places of its layout", () => {
  const table = new Int32Array(1 + ngramLayout(counts).size).subarray(1);
  table.set([counts.length], 2);
  table.set(counts, 8);
  expect(ngramCounts(table)).toEqual(counts);
  const bytes = new DataView(table.buffer, table.byteOffset);
  const records = new NgramRecords(table, counts);
  expect([1, 2, 3, 4].map((order) => records.count(order))).toEqual(counts);
  // The children of the place after the last word.
  bytes.setUint8(128 + 5 * 9 + 8, 9);
  expect([records.word(1, 3), records.children(1, 5)]).toEqual([3, 9]);
  const second = 184 + 8 * 10;
  bytes.setFloat32(second, -1.5, true);
  bytes.setFloat32(second + 4, -0.25, true);
  bytes.setUint16(second + 8, 4 + (300 << 3), true);
  expect([records.probability(2, 8), records.backoff(2, 8)]).toEqual([-1.5, -0.25]);
  // A pair's suffix is its word.
  expect([records.word(2, 8), records.children(2, 8), records.suffix(2, 8)]).toEqual([4, 300, 4]);
  bytes.setUint16(284 + 299 * 10 + 8, 3 + (5 << 3) + (8 << 6), true);
  expect([records.word(3, 299), records.children(3, 299), records.suffix(3, 299)]).toEqual([3, 5, 8]);
  const last = 3296 + 6 * 5;
  bytes.setFloat32(last, -3, true);
  bytes.setUint8(last + 4, 2);
  expect([records.probability(4, 6), records.word(4, 6)]).toEqual([-3, 2]);
});

test("a number begins at the bit where the one before it ends, in whatever byte that is", () => {
  // 28 bits of a word, then 21 of children.
  const [, second] = ngramLayout([2 ** 28, 4, 2 ** 20, 1]).levels;
  expect(second?.children).toEqual({ byte: 11, shift: 4, bits: 21 });
  // Two bits of a word, one of children, and 30 of a suffix, which ends in the byte after the next four.
  const [, , third] = ngramLayout([4, 2 ** 30, 2, 1]).levels;
  expect(third).toMatchObject({ suffix: { byte: 8, shift: 3, bits: 30 }, stride: 13 });
});
