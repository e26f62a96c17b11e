import { expect, test } from "vitest";
import { windowSizes } from "../../lib/cli/windowSizes.js";

const sizes = { batch: 32, window: 64 };
const free = { batch: false, window: false };

test("a text with room for the sizes keeps them, a shorter one has fewer sequences, then shorter windows", () => {
  expect(windowSizes(2048, sizes, free)).toEqual(sizes);
  expect(windowSizes(2047, sizes, free)).toEqual({ batch: 31, window: 64 });
  expect(windowSizes(269, sizes, free)).toEqual({ batch: 4, window: 64 });
  expect(windowSizes(64, sizes, free)).toEqual({ batch: 1, window: 64 });
  expect(windowSizes(9, sizes, free)).toEqual({ batch: 1, window: 9 });
  expect(windowSizes(0, sizes, free)).toEqual({ batch: 1, window: 1 });
});

test("sizes that were asked for stay, whatever the text", () => {
  expect(windowSizes(100, sizes, { batch: true, window: false })).toEqual({ batch: 32, window: 3 });
  expect(windowSizes(100, sizes, { batch: false, window: true })).toEqual({ batch: 1, window: 64 });
  expect(windowSizes(100, sizes, { batch: true, window: true })).toEqual(sizes);
});

test("sizes once chosen are chosen again, so that a resume cuts the text as before", () => {
  for (const targets of [1, 9, 100, 269, 2047, 5000]) {
    const chosen = windowSizes(targets, sizes, free);
    expect(windowSizes(targets, chosen, free)).toEqual(chosen);
    expect(chosen.batch * chosen.window).toBeLessThanOrEqual(targets);
  }
});
