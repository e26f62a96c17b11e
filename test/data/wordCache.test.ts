import { expect, test } from "vitest";
import { WordCache } from "../../lib/data/wordCache.js";

test("a word is encoded when it first comes, and a long one each time", () => {
  const asked: string[] = [];
  const cache = new WordCache((word) => {
    asked.push(word);
    return [word.length];
  });
  const [short, long] = ["a".repeat(64), "b".repeat(65)];
  expect([short, long, "a", short, long, "a"].map((word) => cache.encode(word))).toEqual([
    [64],
    [65],
    [1],
    [64],
    [65],
    [1],
  ]);
  expect(asked).toEqual([short, long, "a", long]);
});

test("a cache that is full begins again", () => {
  let asked = 0;
  const cache = new WordCache((word) => {
    asked++;
    return [word.length];
  });
  for (let i = 0; i < 2 ** 17; i++) cache.encode(`${i}`);
  cache.encode("0");
  expect(asked).toBe(2 ** 17);
  cache.encode("one more");
  cache.encode("0");
  expect(asked).toBe(2 ** 17 + 2);
});
