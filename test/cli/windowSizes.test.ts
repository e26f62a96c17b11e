import { expect, test } from "vitest";
import { windowSizes } from "../../lib/cli/windowSizes.js";

const sizes = { batchSize: 32, windowLength: 64 };
const free = { batchSize: false, windowLength: false };

test("a text with room for the sizes keeps them, a shorter one has fewer sequences, then shorter windows", () => {
  expect(windowSizes(2048, sizes, free)).toEqual(sizes);
  expect(windowSizes(2047, sizes, free)).toEqual({ batchSize: 31, windowLength: 64 });
  expect(windowSizes(269, sizes, free)).toEqual({ batchSize: 4, windowLength: 64 });
  expect(windowSizes(64, sizes, free)).toEqual({ batchSize: 1, windowLength: 64 });
  expect(windowSizes(9, sizes, free)).toEqual({ batchSize: 1, windowLength: 9 });
  expect(windowSizes(0, sizes, free)).toEqual({ batchSize: 1, windowLength: 1 });
});

test("sizes that were asked for stay, whatever the text", () => {
  expect(windowSizes(100, sizes, { batchSize: true, windowLength: false })).toEqual({ batchSize: 32, windowLength: 3 });
  expect(windowSizes(100, sizes, { batchSize: false, windowLength: true })).toEqual({ batchSize: 1, windowLength: 64 });
  expect(windowSizes(100, sizes, { batchSize: true, windowLength: true })).toEqual(sizes);
});

test("sizes once chosen are chosen again, so that a resume cuts the text as before", () => {
  for (const targets of [1, 9, 100, 269, 2047, 5000]) {
    const chosen = windowSizes(targets, sizes, free);
    expect(windowSizes(targets, chosen, free)).toEqual(chosen);
    expect(chosen.batchSize * chosen.windowLength).toBeLessThanOrEqual(targets);
  }
});
