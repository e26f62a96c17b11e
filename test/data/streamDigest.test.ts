import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { memoryStream, streamDigest } from "../../lib/data/index.js";

test("the digest of a stream is SHA-256 of all its tokens, in however many pieces they are read", async () => {
  for (const length of [0, 1, 2, 2 ** 18, 2 ** 18 + 1]) {
    const tokens = Int32Array.from({ length }, (_, i) => (i * 7919) % 1000);
    const expected = createHash("sha256").update(tokens).digest("hex");
    expect(await streamDigest(memoryStream(tokens, length))).toBe(expected);
  }
});

test("tokens are read in pieces of 2^18", async () => {
  const pieces: [number, number][] = [];
  const length = 2 ** 19 + 1;
  const read = (start: number, end: number) => {
    pieces.push([start, end]);
    return new Int32Array(end - start);
  };
  await streamDigest({ length, characters: 0, read, close: async () => {} });
  expect(pieces).toEqual([
    [0, 2 ** 18],
    [2 ** 18, 2 ** 19],
    [2 ** 19, length],
  ]);
});
