import { expect, test } from "vitest";
import { StreamBatches } from "../../lib/data/streamBatches.js";
import { memoryStream } from "../../lib/data/tokenStream.js";
import { drawnCuts, evenCuts } from "../../lib/data/windowCuts.js";

const counting = (length: number) =>
  memoryStream(
    Int32Array.from({ length }, (_, i) => i),
    length,
  );

async function windowsOf(batches: StreamBatches, epoch: number, from = 0) {
  const windows = [];
  for await (const window of batches.batches(from, epoch)) windows.push(window);
  return windows;
}

test("drawn windows cover every step once, in an order of their own in each epoch, none shorter than 5", async () => {
  for (const last of ["keep", "drop"] as const) {
    for (const length of [30, 101, 1000, 4003]) {
      const batches = new StreamBatches(counting(length), { batchSize: 2, windowLength: 14, spread: 4, last });
      const lengths: number[][] = [];
      for (const epoch of [0, 1]) {
        const windows = await windowsOf(batches, epoch);
        expect(windows.length).toBe(batches.length);
        const targets = windows.flatMap(({ targets }) => [...targets]).filter((target) => target >= 0);
        const all = Array.from({ length: batches.tokens }, (_, i) => i + 1);
        expect(targets.sort((a, b) => a - b)).toEqual(all);
        lengths.push(windows.map(({ T }) => T));
        expect(Math.min(...(lengths.at(-1) as number[]))).toBeGreaterThanOrEqual(5);
      }
      const [first, second] = lengths as [number[], number[]];
      if (length > 1000) expect(first).not.toEqual(second);
      expect([...first].sort()).toEqual([...second].sort());
      expect(batches.dropped).toBe(last === "drop" ? (length - 1) % 2 : 0);
    }
  }
});

test("an epoch that is read from its middle on has the windows of the whole one, across the blocks that are read at once", async () => {
  const batches = new StreamBatches(counting(60_000), { batchSize: 1, windowLength: 20, spread: 5, seed: 3 });
  const whole = await windowsOf(batches, 4);
  const rest = await windowsOf(batches, 4, 1700);
  expect(rest).toEqual(whole.slice(1700));
});

test("lengths are normal around the window's, one in twenty around half of it", () => {
  const { count, starts } = drawnCuts(2_000_000, { windowLength: 70, spread: 5, seed: 1 });
  const start = starts(0);
  const lengths = Array.from({ length: count }, (_, i) => start(i + 1) - start(i));
  const long = lengths.filter((length) => length > 52);
  const mean = (all: number[]) => all.reduce((sum, value) => sum + value, 0) / all.length;
  expect(long.length / count).toBeCloseTo(0.95, 2);
  // Rounded down: half a step shorter.
  expect(mean(long)).toBeCloseTo(69.5, 0);
  expect(Math.sqrt(mean(long.map((length) => (length - 69.5) ** 2)))).toBeCloseTo(5, 0);
  expect(mean(lengths.filter((length) => length <= 52))).toBeCloseTo(34.5, 0);
});

test("windows of one length begin after each other, the last of them is shorter or left out", () => {
  const cuts = (steps: number, last: "keep" | "drop") => {
    const { count, longest, starts } = evenCuts(steps, { windowLength: 5, last });
    return [count, longest, ...Array.from({ length: count }, (_, i) => starts(3)(i))];
  };
  expect([cuts(12, "keep"), cuts(12, "drop"), cuts(10, "keep"), cuts(3, "keep")]).toEqual([
    [3, 5, 0, 5, 10],
    [2, 5, 0, 5],
    [2, 5, 0, 5],
    [1, 3, 0],
  ]);
});

test("drawn windows are at least 5 long, or as many steps as there are, and at most as long as they may be", () => {
  for (let steps = 1; steps < 80; steps++) {
    for (const most of [10, 13, Number.POSITIVE_INFINITY]) {
      const { count, longest, starts } = drawnCuts(steps, { windowLength: 9, spread: 6, seed: steps, most });
      const begins = Array.from({ length: count + 1 }, (_, i) => starts(1)(i));
      const lengths = begins.slice(1).map((end, i) => end - (begins[i] as number));
      expect([begins[0], begins[count]]).toEqual([0, steps]);
      expect(Math.min(...lengths)).toBeGreaterThanOrEqual(Math.min(5, steps));
      expect(Math.max(...lengths)).toBeLessThanOrEqual(most);
      expect(longest).toBe(Math.max(...lengths));
    }
  }
  const short = drawnCuts(20, { windowLength: 3, spread: 0.1, seed: 1 });
  expect(Math.max(short.longest, short.count)).toBeLessThan(10);
});
