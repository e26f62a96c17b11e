import { logGamma } from "../../graph/gamma.js";
import type { Graph } from "../../graph/graph.js";
import * as ops from "../../graph/ops/index.js";
import type { Tensor } from "../../graph/tensor.js";
import type { CompleteForecasterConfig } from "./config.js";

/** The smallest scale of a distribution, in units of the series: a density stays finite. */
const smallest = 1e-3;

const negative = (x: Tensor) => ops.affine(x, { scale: -1 });

function constant(graph: Graph, value: number): Tensor {
  return ops.affine(graph.zeros([]), { shift: value });
}

/** Numbers that the network gives for each step. */
export function numbersPerStep({ output, quantiles }: CompleteForecasterConfig): number {
  return { quantile: quantiles.length, point: 1, gaussian: 2, "student-t": 3, "negative-binomial": 2 }[output];
}

/**
 * The loss of each value, of the shape of y.
 * @param parts the network's numbers, each of y's shape: quantiles; or location, scale, degrees of freedom before their softplus.
 * @param scale what a count is divided by, broadcasting to y; for negative-binomial, where y is the count itself.
 */
export function lossOf(
  config: CompleteForecasterConfig,
  { parts, y, scale }: { parts: readonly Tensor[]; y: Tensor; scale: Tensor | null },
): Tensor {
  const [first, second, third] = parts as [Tensor, Tensor, Tensor];
  switch (config.output) {
    case "point": {
      const error = ops.subtract(y, first);
      return config.pointLoss === "squared" ? ops.square(error) : ops.add(ops.relu(error), ops.relu(negative(error)));
    }
    case "quantile":
      return quantileLoss(config.quantiles, parts, y);
    case "gaussian":
      return gaussianLoss(y, first, positive(second));
    case "student-t":
      return studentLoss(y, {
        mean: first,
        scale: positive(second),
        freedom: ops.affine(ops.softplus(third), { shift: 2 }),
      });
    case "negative-binomial":
      return countLoss(y, { mean: positive(first), shape: positive(second), scale: scale as Tensor });
  }
}

function positive(x: Tensor): Tensor {
  return ops.affine(ops.softplus(x), { shift: smallest });
}

/** Twice the pinball loss, averaged over the levels: the CRPS where there are many (Gneiting & Raftery 2007). */
function quantileLoss(levels: readonly number[], parts: readonly Tensor[], y: Tensor): Tensor {
  const each = levels.map((q, k) => {
    const error = ops.subtract(y, parts[k] as Tensor);
    return ops.add(
      ops.affine(ops.relu(error), { scale: (2 * q) / levels.length }),
      ops.affine(ops.relu(negative(error)), { scale: (2 * (1 - q)) / levels.length }),
    );
  });
  return each.reduce((sum, loss) => ops.add(sum, loss));
}

/** -log N(y; μ, σ²) = log σ + (y - μ)² / 2σ² + log(2π) / 2. */
function gaussianLoss(y: Tensor, mean: Tensor, deviation: Tensor): Tensor {
  const error = ops.divide(ops.subtract(y, mean), deviation);
  const half = ops.affine(ops.square(error), { scale: 0.5, shift: 0.5 * Math.log(2 * Math.PI) });
  return ops.add(ops.log(deviation), half);
}

/** -log of Student's t: log Γ(ν/2) - log Γ((ν+1)/2) + log(νπ)/2 + log σ + (ν+1)/2 · log(1 + ((y-μ)/σ)²/ν). */
function studentLoss(y: Tensor, { mean, scale, freedom }: { mean: Tensor; scale: Tensor; freedom: Tensor }): Tensor {
  const half = ops.affine(freedom, { scale: 0.5 });
  const more = ops.affine(freedom, { scale: 0.5, shift: 0.5 });
  const error = ops.divide(ops.square(ops.divide(ops.subtract(y, mean), scale)), freedom);
  const tail = ops.multiply(more, ops.log(ops.affine(error, { shift: 1 })));
  const factor = ops.subtract(ops.logGamma(half), ops.logGamma(more));
  const width = ops.add(ops.affine(ops.log(freedom), { scale: 0.5, shift: 0.5 * Math.log(Math.PI) }), ops.log(scale));
  return ops.add(ops.add(factor, width), tail);
}

/**
 * -log of the negative binomial of mean μ and shape α, both for counts in units of the series: μ is multiplied by the series' scale
 * and α divided by its root (Salinas et al. 2020, section 3.3). With r = 1/α:
 * log Γ(y+1) + log Γ(r) - log Γ(y+r) + (y + r) log(1 + αμ) - y log(αμ).
 */
function countLoss(y: Tensor, own: { mean: Tensor; shape: Tensor; scale: Tensor }): Tensor {
  const mean = ops.multiply(own.mean, own.scale);
  const shape = ops.divide(own.shape, ops.sqrt(own.scale));
  const r = ops.divide(constant(y.graph, 1), shape);
  const product = ops.multiply(shape, mean);
  const counts = ops.subtract(
    ops.add(ops.logGamma(ops.affine(y, { shift: 1 })), ops.logGamma(r)),
    ops.logGamma(ops.add(y, r)),
  );
  const spread = ops.multiply(ops.add(y, r), ops.log(ops.affine(product, { shift: 1 })));
  return ops.subtract(ops.add(counts, spread), ops.multiply(y, ops.log(product)));
}

/** A distribution of one value, in units of the series. */
export interface StepDistribution {
  /** The value below which a share of the values lies. */
  quantile(share: number): number;
  /** A value drawn from it, by uniform numbers in [0, 1). */
  draw(uniform: () => number): number;
  /** Its mean; of quantiles the median. */
  readonly mean: number;
}

/**
 * The distribution that the network's numbers stand for.
 * @param scale what counts are divided by.
 */
export function distributionOf(
  { output, quantiles }: CompleteForecasterConfig,
  numbers: readonly number[],
  scale: number,
): StepDistribution {
  const [first, second, third] = numbers as [number, number, number];
  switch (output) {
    case "point":
      return { mean: first, quantile: () => first, draw: () => first };
    case "quantile":
      return ofQuantiles(quantiles, numbers);
    case "gaussian":
      return ofGaussian(first, softplus(second) + smallest);
    case "student-t":
      return ofStudent(first, softplus(second) + smallest, softplus(third) + 2);
    case "negative-binomial":
      return ofCounts((softplus(first) + smallest) * scale, (softplus(second) + smallest) / Math.sqrt(scale), scale);
  }
}

export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** Sorted by insertion: quantiles hardly ever cross. */
function ascending(numbers: readonly number[]): number[] {
  const sorted = [...numbers];
  for (let i = 1; i < sorted.length; i++) {
    const value = sorted[i] as number;
    let at = i;
    for (; at > 0 && (sorted[at - 1] as number) > value; at--) sorted[at] = sorted[at - 1] as number;
    sorted[at] = value;
  }
  return sorted;
}

/** Quantiles in ascending order, whatever the network says (Chernozhukov et al. 2010); straight lines in between. */
function ofQuantiles(levels: readonly number[], numbers: readonly number[]): StepDistribution {
  const values = ascending(numbers);
  const quantile = (share: number) => {
    const own = levels.indexOf(share);
    if (own >= 0) return values[own] as number;
    const after = levels.findIndex((level) => level >= share);
    if (after === 0) return values[0] as number;
    if (after < 0) return values.at(-1) as number;
    const [low, high] = [levels[after - 1] as number, levels[after] as number];
    const part = (share - low) / (high - low);
    return (values[after - 1] as number) * (1 - part) + (values[after] as number) * part;
  };
  return { mean: quantile(0.5), quantile, draw: (uniform) => quantile(uniform()) };
}

function ofGaussian(mean: number, deviation: number): StepDistribution {
  return {
    mean,
    quantile: (share) => mean + deviation * normalQuantile(share),
    draw: (uniform) => mean + deviation * Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  };
}

/** Drawn by the polar method of Bailey (1994). */
function ofStudent(mean: number, scale: number, freedom: number): StepDistribution {
  return {
    mean,
    quantile: (share) => mean + scale * studentQuantile(share, freedom),
    draw: (uniform) => {
      const radius = Math.sqrt(freedom * ((1 - uniform()) ** (-2 / freedom) - 1));
      return mean + scale * radius * Math.cos(2 * Math.PI * uniform());
    },
  };
}

/** Counts, in units of their series. */
function ofCounts(mean: number, shape: number, unit: number): StepDistribution {
  // Where the probability of 0 is a number, and not many follow it, to add them up is fastest.
  const sums = mean < 1000 && Math.log1p(shape * mean) / shape < 600;
  const quantile = (share: number) => (sums ? summedQuantile : countQuantile)(share, mean, shape) / unit;
  return { mean: mean / unit, quantile, draw: (uniform) => quantile(uniform()) };
}

/** The smallest count up to which the probabilities add up to a share. */
function summedQuantile(share: number, mean: number, shape: number): number {
  const [r, odds] = [1 / shape, (shape * mean) / (1 + shape * mean)];
  const limit = mean + 100 * Math.sqrt(mean * (1 + shape * mean)) + 100;
  let [count, probability] = [0, Math.exp(-r * Math.log1p(shape * mean))];
  for (let below = probability; below < share && count < limit; below += probability) {
    probability *= (odds * (count + r)) / (count + 1);
    count++;
  }
  return count;
}

/** The same, found between two bounds by halving on P(Y <= k) = I_x(r, k + 1) at x = 1 / (1 + αμ). */
export function countQuantile(share: number, mean: number, shape: number): number {
  const below = (count: number) => incompleteBeta(1 / (1 + shape * mean), 1 / shape, count + 1);
  const deviation = Math.ceil(Math.sqrt(mean * (1 + shape * mean)));
  let [low, high] = [Math.floor(mean), Math.floor(mean)];
  for (let step = deviation; low >= 0 && below(low) >= share; step *= 2) low -= step;
  // Next to 1 rounding may keep the share out of reach.
  for (let step = deviation, i = 0; i < 20 && below(high) < share; step *= 2, i++) high += step;
  low = Math.max(low, -1);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (below(middle) < share) low = middle;
    else high = middle;
  }
  return high;
}

/** The quantile function of the normal distribution, by Newton's method on an approximation (Abramowitz & Stegun 26.2.23). */
export function normalQuantile(share: number): number {
  const tail = Math.min(share, 1 - share);
  const t = Math.sqrt(-2 * Math.log(tail));
  const start =
    t - (2.515517 + 0.802853 * t + 0.010328 * t * t) / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t ** 3);
  let z = -start;
  for (let i = 0; i < 3; i++) {
    const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
    z -= (normalBelow(z) - tail) / density;
  }
  return share < 0.5 ? z : -z;
}

/** Φ(z) for z below 0, by the continued fraction of its tail or the series of its middle. */
function normalBelow(z: number): number {
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z < -3) {
    let fraction = -z;
    for (let k = 60; k >= 1; k--) fraction = -z + k / fraction;
    return density / fraction;
  }
  let [term, sum] = [z, z];
  for (let k = 1; k < 80; k++) {
    term *= (z * z) / (2 * k + 1);
    sum += term;
  }
  return 0.5 + density * sum;
}

/** The quantile function of Student's t, found between two bounds by halving on its distribution function. */
export function studentQuantile(share: number, freedom: number): number {
  if (share === 0.5) return 0;
  const tail = Math.min(share, 1 - share);
  let [low, high] = [0, 1];
  while (studentTail(high, freedom) > tail) high *= 2;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (studentTail(middle, freedom) > tail) low = middle;
    else high = middle;
  }
  return share < 0.5 ? -low : low;
}

/** P(T > t), half the incomplete beta function I_x(ν/2, 1/2) at x = ν / (ν + t²). */
function studentTail(t: number, freedom: number): number {
  return 0.5 * incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5);
}

/** The regularised incomplete beta function, by its continued fraction (Lentz's method). */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  let [f, c, d] = [1, 1, 0];
  // It takes about as many steps as the root of the larger argument.
  for (let i = 0; i <= 100_000; i++) {
    const m = i >> 1;
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    const term = i === 0 ? 1 : i % 2 === 0 ? even : odd;
    d = 1 / (1 + term * d || 1e-30);
    c = 1 + term / c || 1e-30;
    f *= c * d;
    if (Math.abs(1 - c * d) < 1e-14) break;
  }
  return front * (f - 1);
}
