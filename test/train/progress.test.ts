import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Curve, Progress } from "../../lib/train/progress.js";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

test("the speed is that of the last five seconds, however long a training lasts", () => {
  const progress = new Progress({ progress: 0, tokens: 0 });
  let tokens = 0;
  let speed = Number.NaN;
  const run = (seconds: number, perSecond: number) => {
    for (let i = 0; i < seconds; i++) {
      vi.advanceTimersByTime(1000);
      tokens += perSecond;
      speed = progress.advance(tokens, tokens / 100_000).tokensPerSecond;
    }
  };
  run(4, 100);
  expect(speed).toBe(100);
  run(20, 300);
  expect(speed).toBe(300);
  // Two of the last five seconds are slower.
  run(2, 50);
  expect(speed).toBe((3 * 300 + 2 * 50) / 5);
});

test("a step that takes longer than the window is measured by itself", () => {
  const progress = new Progress({ progress: 0, tokens: 0 });
  vi.advanceTimersByTime(1000);
  progress.advance(1000, 0.1);
  vi.advanceTimersByTime(20_000);
  expect(progress.advance(3000, 0.2).tokensPerSecond).toBe(100);
});

test("what is left is estimated from what this run has done, also where it was resumed", () => {
  const progress = new Progress({ progress: 0.5, tokens: 5000 });
  vi.advanceTimersByTime(10_000);
  expect(progress.advance(6000, 0.6)).toEqual({ tokensPerSecond: 100, secondsLeft: expect.closeTo(40) });
  expect(progress.seconds).toBe(10);
  expect(new Progress({ progress: 0, tokens: 0 }).advance(0, 0)).toEqual({ tokensPerSecond: 0, secondsLeft: 0 });
});

test("what the first step takes longer than the others is not expected of them", () => {
  const progress = new Progress({ progress: 0, tokens: 0 });
  vi.advanceTimersByTime(5000);
  progress.advance(100, 0.01);
  vi.advanceTimersByTime(100);
  expect(progress.advance(200, 0.02)).toEqual({
    tokensPerSecond: expect.closeTo(1000),
    secondsLeft: expect.closeTo(9.8),
  });
  // Two steps after the first have taken 0.4 s, and 97 are left.
  vi.advanceTimersByTime(300);
  expect(progress.advance(300, 0.03).secondsLeft).toBeCloseTo(97 * 0.2);
});

test("a curve has at most 1200 points, each the mean of equally many steps, and no step is counted twice", () => {
  const curve = new Curve();
  const steps = 5000;
  const lengths: number[] = [];
  for (let step = 1; step <= steps; step++) {
    const event = { step, epoch: step / 100, tokens: 10 * step, loss: step, gradientNorm: 2 * step };
    const speed = { learningRate: 1 / step, tokensPerSecond: 3 * step };
    curve.add({ ...event, ...speed, progress: 0, secondsLeft: 0 }, step / 2);
    lengths.push(curve.points.length);
  }
  expect(lengths[0]).toBe(1);
  expect(Math.max(...lengths)).toBe(1199);
  expect(curve.every).toBe(8);
  const wanted = Array.from({ length: Math.floor(steps / 8) }, (_, i) => {
    const [last, mean] = [8 * (i + 1), 8 * (i + 1) - 3.5];
    const counters = { step: last, epoch: last / 100, tokens: 10 * last, learningRate: 1 / last, seconds: last / 2 };
    return { ...counters, loss: mean, gradientNorm: 2 * mean, tokensPerSecond: 3 * mean };
  });
  expect(curve.points).toEqual(wanted);
  const resumed = new Curve(curve.points, curve.every);
  expect({ every: resumed.every, points: resumed.points }).toEqual({ every: 8, points: curve.points });
});
