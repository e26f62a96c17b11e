import { expect, test } from "vitest";
import { editDistance } from "../../lib/metrics/editDistance.js";
import { randomNumbers } from "../data/randomText.js";

const random = randomNumbers(11);
const sequence = (longest: number, tokens: number) => Array.from({ length: random(longest + 1) }, () => random(tokens));

test("kitten to sitting takes 3 edits, Saturday to Sunday 3, intention to execution 5", () => {
  expect(editDistance([..."kitten"], [..."sitting"])).toBe(3);
  expect(editDistance([..."Saturday"], [..."Sunday"])).toBe(3);
  expect(editDistance([..."intention"], [..."execution"])).toBe(5);
});

test("it is the length of the shortest path of single edits, for all words of up to 4 letters out of 3", () => {
  const words = [""];
  for (const word of words) if (word.length < 4) words.push(...[..."abc"].map((letter) => word + letter));
  for (const start of words) {
    const paths = shortestPaths(start, words);
    for (const end of words) expect(editDistance([...start], [...end]), `${start} to ${end}`).toBe(paths.get(end));
  }
});

test("it is a metric: 0 only for the same tokens, symmetric, never longer than over a third sequence", () => {
  for (let round = 0; round < 500; round++) {
    const [a, b, c] = [sequence(20, 4), sequence(20, 4), sequence(20, 4)];
    expect(editDistance(a, a)).toBe(0);
    expect(editDistance(a, b) === 0).toBe(a.join() === b.join());
    expect(editDistance(a, b)).toBe(editDistance(b, a));
    expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
  }
});

test("it lies between the difference of lengths and the longer length, and does not see a common beginning or end", () => {
  for (let round = 0; round < 200; round++) {
    const [a, b, common] = [sequence(15, 3), sequence(15, 3), sequence(5, 3)];
    const distance = editDistance(a, b);
    expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
    expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
    expect(editDistance([...common, ...a], [...common, ...b])).toBe(distance);
    expect(editDistance([...a, ...common], [...b, ...common])).toBe(distance);
  }
});

test("typed arrays, words and arrays of ids are all sequences of tokens; a text is not", () => {
  expect(editDistance(Int32Array.of(1, 2, 3), [1, 3])).toBe(1);
  expect(editDistance(["HH", "AH"], ["HH", "EH", "L"])).toBe(2);
  expect(editDistance(BigInt64Array.of(1n), [2n])).toBe(1);
  expect(() => editDistance("abc" as never, ["a"])).toThrow(
    /expected a to be an array of tokens, got "abc"\. \[\.\.\.text\]/,
  );
  expect(() => editDistance(["a"], undefined as never)).toThrow(/expected b to be an array of tokens, got undefined/);
});

/** Breadth first, from word to word by one inserted, deleted or replaced letter. */
function shortestPaths(start: string, words: readonly string[]): Map<string, number> {
  const known = new Set(words);
  const steps = new Map([[start, 0]]);
  for (const [word, length] of steps) {
    for (let i = 0; i <= word.length; i++) {
      for (const letter of ["", "a", "b", "c"]) {
        for (const removed of [0, 1]) {
          const next = word.slice(0, i) + letter + word.slice(i + removed);
          if (known.has(next) && !steps.has(next)) steps.set(next, length + 1);
        }
      }
    }
  }
  return steps;
}
