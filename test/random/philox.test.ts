import { expect, test } from "vitest";
import { hash } from "../../lib/random/hash.js";
import { philox, uniform01 } from "../../lib/random/philox.js";
import { randomSource } from "../../lib/random/source.js";

const answers = [
  [[0, 0, 0, 0], [0, 0], "6627e8d5 e169c58d bc57ac4c 9b00dbd8"],
  [[-1, -1, -1, -1], [-1, -1], "408f276d 41c83b0e a20bc7c6 6d5451fd"],
  [[0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0], "d16cfe09 94fdcceb 5001e420 24126ea1"],
] as const;

test("Philox gives the known answers of the Random123 library", () => {
  for (const [counter, key, expected] of answers) {
    const words = new Uint32Array(4);
    philox(counter, key, words);
    expect([...words].map((word) => word.toString(16).padStart(8, "0")).join(" ")).toBe(expected);
  }
});

test("streams are uniform in [0, 1), normal with mean 0 and deviation 1, and differ by name", () => {
  const source = randomSource(1, "a");
  const uniform = Array.from({ length: 20_000 }, source.uniform);
  expect(Math.min(...uniform)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...uniform)).toBeLessThan(1);
  expect(uniform.reduce((sum, u) => sum + u, 0) / 20_000).toBeCloseTo(0.5, 2);
  const normal = Array.from({ length: 20_000 }, source.normal);
  expect(normal.reduce((sum, x) => sum + x, 0) / 20_000).toBeCloseTo(0, 1);
  expect(normal.reduce((sum, x) => sum + x * x, 0) / 20_000).toBeCloseTo(1, 1);
  expect(randomSource(1, "a").uniform()).toBe(randomSource(1, "a").uniform());
  expect(randomSource(1, "a").uniform()).not.toBe(randomSource(1, "b").uniform());
});

test("a stream's words are those of its seed and the hash of its name, block after block", () => {
  const [seed, name, words] = [7, "held out", new Uint32Array(4)];
  const expected = [0, 1, 2].flatMap((block) => {
    philox([block, 0, 0, 1], [seed, hash(name)], words);
    return Array.from(words, uniform01);
  });
  const source = randomSource(seed, name);
  expect(Array.from({ length: 12 }, source.uniform)).toEqual(expected);
  const [u, v] = expected as [number, number];
  expect(randomSource(seed, name).normal()).toBe(Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * v));
  expect([0, 255, 256, 2 ** 32 - 1].map(uniform01)).toEqual([0, 0, 2 ** -24, 1 - 2 ** -24]);
});

test("texts have the hashes that FNV-1a's authors publish", () => {
  expect(["", "a", "foobar"].map((text) => hash(text).toString(16))).toEqual(["811c9dc5", "e40c292c", "bf9cf968"]);
});
