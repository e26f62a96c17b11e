import { expect, test } from "vitest";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import type { Tensor } from "../../lib/graph/tensor.js";

const x = new Graph().feed("x", "f32", [2, 2]);
const update = { weight: x, gradient: x, scale: x, learningRate: x };
const decays = { momentum: 0, weightDecay: 0, epsilon: 1 };
const words = { input: x, output: x, tokens: x, keep: x, random: x, window: 1 };
const cache = { query: x, cache: x, lineage: x, times: x, positions: x };
const field = { emissions: x, transitions: x, lengths: x };
const part = { axis: 0, first: 0, of: 4 };

const size = "a whole number at least 1 and at most 2147483647";
const count = "a whole number at least 0 and at most 2147483647";
const share = "a number at least 0 and below 1 (as float32)";
const [positive, penalty] = ["a number above 0 (as float32)", "a number at least 0 (as float32)"];
const real = "a number (as float32)";

/** Options of operations that are numbers: operands that fit, and the numbers that each may be. */
const rows: Record<string, [operands: object, ranges: Record<string, string>]> = {
  adam: [
    { ...update, m: x, v: x, step: x, beta1: 0, beta2: 0, epsilon: 1, weightDecay: 0 },
    { beta1: share, beta2: share, epsilon: positive, weightDecay: penalty },
  ],
  adagrad: [
    { ...update, square: x, epsilon: 1, weightDecay: 0 },
    { epsilon: positive, weightDecay: penalty },
  ],
  attention: [{ query: x, keys: x, values: x }, { scale: real }],
  cachedAttention: [
    { ...cache, heads: 1 },
    { heads: size, scale: real },
  ],
  convolution: [
    { x, weight: x },
    { stride: size, padding: count },
  ],
  crfPaths: [field, { K: "a whole number at least 1 and at most 1000" }],
  dropout: [{ x, rate: x, random: x, stream: 0 }, { stream: count }],
  layerNorm: [{ x, gain: x, bias: x }, { epsilon: positive }],
  multiHeadAttention: [
    { query: x, memory: x, heads: 1 },
    { heads: size, scale: real },
  ],
  multiHeadWeights: [
    { query: x, memory: x, heads: 1 },
    { heads: size, scale: real },
  ],
  nextPositions: [{ positions: x }, { modulus: count }],
  ngramStep: [{ ngrams: x, states: x, ids: x, V: 1 }, { V: size }],
  recentIds: [{ ids: x, n: 1 }, { n: size }],
  rmsprop: [
    { ...update, ...decays, square: x, alpha: 0 },
    { alpha: share, epsilon: positive, momentum: share, weightDecay: penalty },
  ],
  rotary: [
    { x, heads: 1 },
    { heads: size, size, base: positive },
  ],
  sgd: [
    { ...update, momentum: 0, weightDecay: 0 },
    { momentum: share, weightDecay: penalty },
  ],
  wordVectorStep: [
    { ...words, learningRate: x, block: 1 },
    {
      window: "a whole number at least 1 and at most 100",
      negatives: "a whole number at least 0 and at most 100",
      longest: "a whole number at least 0 and at most 64",
      block: "a whole number at least 1 and at most 1024",
    },
  ],
};
const others: Record<string, [call: (options: object) => unknown, ranges: Record<string, string>]> = {
  affine: [(options) => ops.affine(x, options), { scale: real, shift: real }],
  maxPool: [(options) => ops.maxPool(x, { size: 1, ...options }), { size, stride: size }],
  meanPool: [(options) => ops.meanPool(x, { size: 1, ...options }), { size, stride: size }],
  sumRows: [(options) => ops.sumRows(x, x, Object.values(options)[0] as number), { V: size }],
};

const callOf = (name: string, operands: object) => (options: object) =>
  (ops as unknown as Record<string, (operands: object) => Tensor>)[name]?.({ ...operands, ...options });

test.each([
  ...Object.entries(rows).map(([name, [operands, ranges]]) => [name, callOf(name, operands), ranges] as const),
  ...Object.entries(others).map(([name, [call, ranges]]) => [name, call, ranges] as const),
])("%s takes the numbers that its error names", (name, call, ranges) => {
  for (const [option, range] of Object.entries(ranges)) {
    expect(() => call({ [option]: "x" })).toThrow(`${name}: expected ${option} to be ${range}, got "x".`);
  }
});

test("a part of a mask names what it lacks", () => {
  const dropout = (own: object) => () => ops.dropout({ x, rate: x, random: x, stream: 0, part: own as typeof part });
  for (const [name, least] of Object.entries({ axis: 0, first: 0, of: 1 })) {
    expect(dropout({ ...part, [name]: least - 1 })).toThrow(`part.${name} to be a whole number at least ${least}`);
    expect(dropout({ ...part, [name]: undefined })).toThrow(`part.${name} to be a whole number`);
  }
});
