import { expect, test } from "vitest";
import { logGamma } from "../../../lib/graph/gamma.js";
import { Graph } from "../../../lib/graph/graph.js";
import { ReferenceExecutor } from "../../../lib/index.js";
import type { CompleteForecasterConfig } from "../../../lib/models/forecaster/config.js";
import {
  countQuantile,
  distributionOf,
  lossOf,
  normalQuantile,
  softplus,
  studentQuantile,
} from "../../../lib/models/forecaster/distribution.js";
import { partsOf } from "../../../lib/models/forecaster/forecast.js";

const configOf = (output: string, more: object = {}) =>
  ({ output, quantiles: [0.1, 0.5, 0.9], ...more }) as unknown as CompleteForecasterConfig;

test("quantiles of normal and Student's t are those of tables", () => {
  expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 10);
  expect(normalQuantile(1e-6)).toBeCloseTo(-4.753424308822899, 8);
  expect(studentQuantile(0.975, 5)).toBeCloseTo(2.570581835636314, 8);
  expect(studentQuantile(0.05, 2.5)).toBeCloseTo(-2.5582, 3);
  expect(studentQuantile(0.9, 1e6)).toBeCloseTo(normalQuantile(0.9), 5);
  // With two degrees of freedom it is (2p - 1) / sqrt(2p (1 - p)), as far out as numbers reach.
  for (const p of [1e-308, 1e-300, 1e-9, 0.2, 0.49, 0.51, 0.8]) {
    expect(studentQuantile(p, 2) / ((2 * p - 1) / Math.sqrt(2 * p * (1 - p)))).toBeCloseTo(1, 11);
  }
  expect(studentQuantile(0.5, 2)).toBe(0);
});

/** The loss of a value, as the executor computes it. */
async function computed(output: string, numbers: readonly number[], y: number, scale = 1, more = {}): Promise<number> {
  const graph = new Graph();
  const parts = numbers.map((_, k) => graph.feed(`p${k}`, "f32", [1]));
  const unit = output === "negative-binomial" ? graph.feed("scale", "f32", [1]) : null;
  graph.output("loss", lossOf(configOf(output, more), { parts, y: graph.feed("y", "f32", [1]), scale: unit }));
  const executor = new ReferenceExecutor({ precision: "float64" });
  const feeds = Object.fromEntries(numbers.map((value, k) => [`p${k}`, Float64Array.of(value)]));
  const store = executor.createStore();
  const executable = executor.compile(graph.program(), store);
  const { outputs } = await executable.run({
    ...feeds,
    y: Float64Array.of(y),
    ...(unit ? { scale: Float64Array.of(scale) } : {}),
  } as never);
  return outputs.loss?.[0] as number;
}

test("densities integrate to 1, and agree with the quantiles", async () => {
  for (const [output, numbers] of [
    ["gaussian", [0.3, 0.2]],
    ["student-t", [0.3, 0.2, 1]],
  ] as const) {
    const distribution = distributionOf(configOf(output), numbers, 1);
    const median = distribution.quantile(0.5);
    const [low, high] = [distribution.quantile(0.05), distribution.quantile(0.95)];
    let mass = 0;
    const steps = 400;
    for (let i = 0; i < steps; i++) {
      mass +=
        Math.exp(-(await computed(output, numbers, low + ((i + 0.5) * (high - low)) / steps))) * ((high - low) / steps);
    }
    expect(median).toBeCloseTo(0.3, 9);
    expect(mass).toBeCloseTo(0.9, 3);
  }
});

test("counts: probabilities sum to 1, their mean is the network's, and quantiles count them", async () => {
  const numbers = [0.4, -0.5] as const;
  const unit = 3;
  const mean = (softplus(numbers[0]) + 1e-3) * unit;
  const quantiles = new Map<number, number>();
  let [mass, sum] = [0, 0];
  for (let y = 0; y < 200; y++) {
    const p = Math.exp(-(await computed("negative-binomial", numbers, y, unit)));
    mass += p;
    sum += y * p;
    for (const share of [0.5, 0.9, 0.99]) if (mass >= share && !quantiles.has(share)) quantiles.set(share, y);
  }
  expect(mass).toBeCloseTo(1, 4);
  expect(sum).toBeCloseTo(mean, 3);
  const { quantile } = distributionOf(configOf("negative-binomial"), numbers, unit);
  expect(quantiles.size).toBe(3);
  for (const [share, y] of quantiles) expect(quantile(share) * unit).toBeCloseTo(y, 9);
});

test("the loss of a point is its absolute error, or the square of it", async () => {
  for (const [point, y] of [
    [2, 5.5],
    [5.5, 2],
  ] as const) {
    expect(await computed("point", [point], y)).toBeCloseTo(3.5, 12);
    expect(await computed("point", [point], y, 1, { pointLoss: "squared" })).toBeCloseTo(12.25, 12);
  }
});

test("the loss of quantiles is twice the pinball loss, averaged", async () => {
  const expected = (2 * (0.1 * 1 + 0.5 * 0.5 + (1 - 0.9) * 1)) / 3;
  expect(await computed("quantile", [0, 0.5, 2], 1)).toBeCloseTo(expected, 6);
});

test("quantiles that cross are put in order", () => {
  const { quantile } = distributionOf(configOf("quantile"), [3, 1, 2], 1);
  expect([0.1, 0.5, 0.9].map(quantile)).toEqual([1, 2, 3]);
});

test("between two levels a quantile lies on a straight line, beyond them at the nearest, and draws are quantiles", () => {
  const { mean, quantile, draw } = distributionOf(configOf("quantile"), [1, 2, 6], 1);
  const shares = [0.05, 0.1, 0.3, 0.5, 0.8, 0.9, 0.95];
  for (const [i, value] of [1, 1, 1.5, 2, 5, 6, 6].entries()) {
    const share = shares[i] as number;
    expect(quantile(share), `${share}`).toBeCloseTo(value, 12);
    expect(
      draw(() => share),
      `${share}`,
    ).toBeCloseTo(value, 12);
  }
  expect(mean).toBe(2);
});

test("the mean of a distribution is its location, or that of its counts in units of the series; a point is all there is", () => {
  const softplusOfOne = Math.log(1 + Math.E);
  expect(distributionOf(configOf("gaussian"), [0.3, 5], 4).mean).toBe(0.3);
  expect(distributionOf(configOf("student-t"), [0.3, 5, 7], 4).mean).toBe(0.3);
  expect(distributionOf(configOf("negative-binomial"), [1, 5], 4).mean).toBeCloseTo(softplusOfOne + 1e-3, 12);
  const { mean, quantile, draw } = distributionOf(configOf("point"), [0.3], 4);
  expect([mean, quantile(0.9), draw(() => 0.9)]).toEqual([0.3, 0.3, 0.3]);
});

test.each(["gaussian", "student-t", "negative-binomial"])("values drawn from %s have its quantiles", (output) => {
  const distribution = distributionOf(configOf(output), [1.2, 0.4, 0.8], 4);
  let state = 1;
  const uniform = () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  const drawn = Array.from({ length: 20_000 }, () => distribution.draw(uniform));
  for (const share of [0.1, 0.5, 0.9]) {
    const below = drawn.filter((value) => value <= distribution.quantile(share) + 1e-9).length / drawn.length;
    if (output === "negative-binomial") expect(below).toBeGreaterThanOrEqual(share - 0.02);
    else expect(Math.abs(below - share)).toBeLessThan(0.015);
  }
});

test("a number that overflows is noticed in whichever place of whichever part", () => {
  const outputs = () => ({ part0: [1, 2, 3], part1: [4, 5, 6] });
  expect(partsOf(outputs(), configOf("gaussian"))).toEqual([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  for (const name of ["part0", "part1"] as const) {
    for (const [place, value] of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].entries()) {
      const spoilt = outputs();
      spoilt[name][place] = value;
      expect(() => partsOf(spoilt, configOf("gaussian"))).toThrow(/overflow/);
    }
  }
});

test("log Γ agrees with factorials and with Γ(1/2) = √π", () => {
  expect(logGamma(6)).toBeCloseTo(Math.log(120), 10);
  expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 10);
  expect(logGamma(0)).toBeNaN();
});

test.each([
  [0.3, 2],
  [5, 0.5],
  [300, 0.01],
  [999, 0.0016],
  [1001, 0.0016],
  [1200, 0.001],
  [5000, 3],
  [10_000, 0.001],
  [200_000, 0.01],
  [1_000_000, 0.0001],
])(
  "counts of mean %d and shape %d have the quantiles of their probabilities, added up in logarithms",
  (mean, shape) => {
    const r = 1 / shape;
    const [once, never] = [Math.log1p(-1 / (1 + shape * mean)), -Math.log1p(shape * mean)];
    const logP = (k: number) => logGamma(k + r) - logGamma(k + 1) - logGamma(r) + k * once + r * never;
    const shares = [0, 1e-6, 0.025, 0.5, 0.8, 0.975, 0.999999];
    const expected: number[] = [];
    for (let [k, below] = [0, 0]; expected.length < shares.length; k++) {
      below += Math.exp(logP(k));
      while (below >= (shares[expected.length] ?? 2)) expected.push(k);
    }
    expect(shares.map((share) => countQuantile(share, mean, shape))).toEqual(expected);
    const inverse = (x: number) => (x > 30 ? x : Math.log(Math.expm1(x)));
    const { quantile } = distributionOf(
      configOf("negative-binomial"),
      [inverse(mean - 1e-3), inverse(shape - 1e-3 || 1e-12)],
      1,
    );
    if (shape > 1e-3) expect(shares.map(quantile)).toEqual(expected);
  },
);

test("shares next to 0 and to 1 have finite counts", () => {
  for (const mean of [2, 2000, 2e6]) {
    for (const share of [0, Number.MIN_VALUE, 1 - 2 ** -53, 1]) {
      expect(countQuantile(share, mean, 0.01)).toBeLessThan(1e9);
      expect(countQuantile(share, mean, 0.01)).toBeGreaterThanOrEqual(0);
    }
  }
});
