import { expect, test } from "vitest";
import { dimensionOf, sameDimension, sizesFor, sizeTables } from "../../lib/onnx/dimension.js";

test("sizes that stand for symbols are primes, all different, whose steps differ, and grow from table to table", () => {
  const isPrime = (n: number) => n > 1 && Array.from({ length: n }, (_, i) => i).every((i) => i < 2 || n % i !== 0);
  for (const table of sizeTables) {
    const all = table.flat();
    expect(all.filter((size) => !isPrime(size))).toEqual([]);
    expect(new Set(all).size).toBe(15);
    expect(new Set(table.map(([a, b]) => b - a)).size).toBe(5);
    for (const [a, b, c] of table) expect(a < b && b < c && b - a !== c - b).toBe(true);
  }
  const [small, large] = sizeTables.map((table) => table.flat()) as [number[], number[]];
  expect(Math.min(...large)).toBeGreaterThan(Math.max(...small));
});

test("recordings have their sizes by the symbols' places, and stay below the largest that a program takes", () => {
  const [table] = sizeTables as [(typeof sizeTables)[number]];
  expect(sizesFor(["B", "T"], { table })).toEqual([
    { B: 5, T: 7 },
    { B: 17, T: 13 },
    { B: 31, T: 37 },
  ]);
  expect(sizesFor(["B", "T"], { table, largest: { T: 37 } }).map(({ T }) => T)).toEqual([34, 35, 36]);
  expect(sizesFor(["B", "T"], { table, largest: { T: 38 } }).map(({ T }) => T)).toEqual([7, 13, 37]);
});

test("a number of three recordings is told as a product of sizes with a factor and a rest, or not at all", () => {
  const sizes = sizesFor(["B", "T", "S"], { table: sizeTables[0] as (typeof sizeTables)[number] });
  const told = (number: (own: { B: number; T: number; S: number }) => number) =>
    dimensionOf(
      sizes.map((own) => number(own as { B: number; T: number; S: number })),
      sizes,
    );
  expect(told(() => 12)).toBe(12);
  expect(told(({ B }) => B)).toEqual({ factor: 1, symbols: ["B"], rest: 0 });
  expect(told(({ B, T }) => 3 * B * T - 2)).toEqual({ factor: 3, symbols: ["B", "T"], rest: -2 });
  expect(told(({ B, T, S }) => B * T * S + 1)).toEqual({ factor: 1, symbols: ["B", "T", "S"], rest: 1 });
  expect(told(({ S }) => -S)).toEqual({ factor: -1, symbols: ["S"], rest: 0 });
  expect(told(({ B, T }) => B + T)).toBeUndefined();
  expect(told(({ B }) => B / 2)).toBeUndefined();
  expect(told(({ B }) => B ** 2)).toBeUndefined();
});

test("a number that may be told in several ways is told with the smallest rest", () => {
  const sizes = sizesFor(["B", "T"], {
    table: sizeTables[0] as (typeof sizeTables)[number],
    largest: { B: 20, T: 24 },
  });
  expect(sizes.map(({ B, T }) => [B, T])).toEqual([17, 18, 19].map((size) => [size, size + 4]));
  const told = (number: (own: { B: number; T: number }) => number) =>
    dimensionOf(
      sizes.map((own) => number(own as { B: number; T: number })),
      sizes,
    );
  expect(told(({ T }) => T)).toEqual({ factor: 1, symbols: ["T"], rest: 0 });
  expect(told(({ B }) => B - 1)).toEqual({ factor: 1, symbols: ["B"], rest: -1 });
  expect(told(({ T }) => T + 1)).toEqual({ factor: 1, symbols: ["T"], rest: 1 });
});

test("dimensions are the same where all of their parts are", () => {
  const one = { factor: 1, symbols: ["B"], rest: 0 };
  expect(sameDimension(one, { ...one })).toBe(true);
  for (const other of [{ ...one, factor: 2 }, { ...one, symbols: ["T"] }, { ...one, rest: 1 }, 1, undefined])
    expect(sameDimension(one, other)).toBe(false);
  expect([
    sameDimension(3, 3),
    sameDimension(3, 4),
    sameDimension(undefined, undefined),
    sameDimension(3, undefined),
  ]).toEqual([true, false, true, false]);
});
