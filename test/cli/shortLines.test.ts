import { expect, test } from "vitest";
import { meanOfShortLines } from "../../lib/cli/shortLines.js";
import { Corpus } from "../../lib/data/index.js";

const mean = (lines: readonly string[]) =>
  meanOfShortLines(Corpus.fromText(lines.map((line) => `${line}\n`).join(""), "names"));

test("lines of less than 20 characters on average are short, of which blank ones do not count", async () => {
  const lines = (length: number, number: number) => Array.from({ length: number }, () => "x".repeat(length));
  expect(await mean(lines(19, 100))).toBe(19);
  expect(await mean([...lines(19, 50), ...lines(0, 50), ...lines(9, 50)])).toBe(14);
  expect(await mean(lines(20, 100))).toBeNull();
  expect(await mean(lines(300, 1000))).toBeNull();
});

test("it takes twenty lines to tell, and the first two thousand decide", async () => {
  const names = Array.from({ length: 2001 }, () => "Ann");
  expect(await mean(names.slice(0, 20))).toBe(3);
  expect(await mean(names.slice(0, 19))).toBeNull();
  expect(await mean([...names.slice(0, 1999), "x".repeat(60_000)])).toBe(3);
});
