import { expect, test } from "vitest";
import { shapeBatches, shuffle, sortBy } from "../../lib/data/order.js";
import { randomSource } from "../../lib/random/source.js";

/** A source that gives the places of a number in mixed radix: all draws of a shuffle, one number after the other. */
function enumerated(number: number): { uniform(): number; used: number } {
  return {
    used: 0,
    uniform() {
      // The first draw is among 4, the next among 3, then 2.
      const choices = 4 - this.used++;
      const place = number % choices;
      number = Math.floor(number / choices);
      return (place + 0.5) / choices;
    },
  };
}

test("all draws that a shuffle can make give all orders, each once", () => {
  const orders = Array.from({ length: 24 }, (_, number) => {
    const items = Uint32Array.of(0, 1, 2, 3);
    const source = enumerated(number);
    shuffle(items, source);
    expect(source.used).toBe(3);
    return items.join(" ");
  });
  expect(new Set(orders).size).toBe(24);
});

test("with the project's random numbers all orders of four come equally often", () => {
  const counts = new Map<string, number>();
  const random = randomSource(7, "orders");
  const rounds = 24_000;
  for (let i = 0; i < rounds; i++) {
    const items = Uint32Array.of(0, 1, 2, 3);
    shuffle(items, random);
    counts.set(items.join(" "), (counts.get(items.join(" ")) ?? 0) + 1);
  }
  expect(counts.size).toBe(24);
  const expected = rounds / 24;
  const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  // 23 degrees of freedom: 49.7 is exceeded once in a thousand times.
  expect(chiSquare).toBeLessThan(49.7);
});

test("sorting keeps the order of those that share a key", () => {
  const items = Uint32Array.of(5, 3, 8, 1, 4, 6);
  expect([...sortBy(items, (item) => item % 2)]).toEqual([8, 4, 6, 5, 3, 1]);
});

test("a batch has items of one shape, in order or in that of a shuffle, and so have the batches", () => {
  const batches = (random: { uniform(): number } | null, from = 0) =>
    [...shapeBatches(5, { batchSize: 2, shapeKey: (item) => item % 2, random, from })].map(({ items, index }) => [
      index,
      ...items,
    ]);
  expect(batches(null)).toEqual([
    [0, 0, 2],
    [1, 4, 1],
    [2, 3],
  ]);
  expect(batches(null, 1)).toEqual([
    [1, 4, 1],
    [2, 3],
  ]);
  // A source of zeros moves the first item to the end: 1 2 3 4 0, and of three batches 1 2 0.
  expect(batches({ uniform: () => 0 })).toEqual([
    [0, 0, 1],
    [1, 3],
    [2, 2, 4],
  ]);
});
