import { expect, test } from "vitest";
import { trendOf } from "../../lib/cli/printGradientFlow.js";

/** A norm that rises for some lags and then changes by a factor. */
const curve = (lags: number, { rising = 0, factor }: { rising?: number; factor: number }) =>
  Float64Array.from({ length: lags + 1 }, (_, lag) =>
    lag <= rising ? 0.01 * 1.2 ** lag : 0.01 * 1.2 ** rising * factor ** (lag - rising),
  );

test("a gradient that first comes down through the layers above and then fades is one that vanishes", () => {
  expect(trendOf(curve(50, { rising: 8, factor: 0.9 }))).toBe("x 0.900 (vanishes)");
  expect(trendOf(curve(8, { rising: 8, factor: 0.9 }))).toBe("");
  expect(trendOf(curve(12, { rising: 8, factor: 0.9 }))).toBe("");
});

test("one that grows to the end explodes, also where it overflows, and one of a constant norm does neither", () => {
  expect(trendOf(curve(40, { factor: 1.3 }))).toBe("x 1.300 (explodes)");
  const over = curve(40, { factor: 1.3 });
  over.fill(Number.POSITIVE_INFINITY, 30);
  expect(trendOf(over)).toBe("x 1.300 (explodes)");
  expect(trendOf(curve(40, { factor: 1 }))).toBe("x 1.000");
});

test("a norm of 0, as that of c at lag 0, has no say", () => {
  const cell = curve(30, { factor: 0.8 });
  cell[0] = 0;
  cell.fill(0, 25);
  expect(trendOf(cell)).toBe("x 0.800 (vanishes)");
  expect(trendOf(new Float64Array(20))).toBe("");
});
