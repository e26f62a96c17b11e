import { expect, test } from "vitest";
import { operations } from "../../lib/graph/operation.js";
import "../../lib/graph/ops/index.js";

const [T, B, S, C, K, H, I, V, N] = [5, 2, 7, 3, 4, 6, 8, 11, 13];
const attended = { query: [T, B, K], keys: [S, B, K], values: [S, B, H] };
const recurrent = { x: [T, B, I], weight_ih: [4 * H, I], weight_hh: [4 * H, H] };
const steps = 2 * T * B * (4 * H * I + 4 * H * H);
const field = { emissions: [T, B, C], transitions: [C + 2, C] };
const scores = { x: [N, K], weight: [V, K] };
const image = { y: [B, 9, 9, C], dy: [B, 9, 9, C], weight: [C, 3, 3, K], dweight: [C, 3, 3, K] };
const heads = { query: [T, B, K], memory: [S, B, 2 * K], causal: 0 };
const words = { x: [N, T, K], weight: [C, S, K], dy: [N, C] };

/** Multiplications and additions, and bytes, of each operation that says more than its operands and results do. */
const expected: Record<string, [shapes: object, cost: object]> = {
  attention: [attended, { flops: 2 * T * B * S * (K + H) }],
  attentionGradient: [attended, { flops: 2 * T * B * S * (K + H) }],
  attentionSum: [{ factors: [T, B, S], rows: [T, B, K] }, { flops: 2 * T * B * S * K }],
  cachedAttention: [{ cache: [S, B, 2 * K] }, { flops: 2 * S * B * 2 * K }],
  convolution: [image, { flops: 2 * (B * 9 * 9) * C * (3 * 3 * K) }],
  convolutionInputGradient: [image, { flops: 2 * (B * 9 * 9) * C * (3 * 3 * K) }],
  convolutionWeightGradient: [image, { flops: 2 * (B * 9 * 9) * C * (3 * 3 * K) }],
  crf: [field, { flops: 4 * T * B * (C + 2) * C }],
  crfGradient: [field, { flops: 8 * T * B * (C + 2) * C }],
  crfMarginals: [field, { flops: 8 * T * B * (C + 2) * C }],
  crfPaths: [{ ...field, K }, { flops: 2 * K * T * B * (C + 2) * C }],
  embedding: [{ ids: [T, B], y: [T, B, K] }, { bytes: 4 * (T * B + 2 * T * B * K) }],
  filterMaxima: [words, { flops: 2 * N * T * C * S * K }],
  filterMaximaGradient: [words, { flops: 4 * N * C * S * K }],
  gru: [recurrent, { flops: steps }],
  gruGradient: [recurrent, { flops: 2 * steps }],
  keepRow: [{ row: [B, K] }, { bytes: 8 * B * K }],
  linear: [scores, { flops: 2 * N * V * K }],
  linearCrossEntropy: [scores, { flops: 2 * N * V * K }],
  linearCrossEntropyGradient: [scores, { flops: 4 * N * V * K }],
  lstm: [recurrent, { flops: steps }],
  lstmGradient: [recurrent, { flops: 2 * steps }],
  matmul: [{ a: [N, K], y: [N, V] }, { flops: 2 * N * K * V }],
  multiHeadAttention: [heads, { flops: 4 * T * B * K * S }],
  multiHeadAttentionGradient: [heads, { flops: 10 * T * B * K * S }],
  multiHeadWeights: [heads, { flops: 2 * T * B * K * S }],
  ngramLosses: [{ inputs: [T, B] }, { bytes: 512 * T * B }],
  ngramStep: [{ logits: [N, V] }, { bytes: 20 * N * V }],
  pick: [{ ids: [N], y: [N] }, { bytes: 4 * 3 * N }],
  rnn: [recurrent, { flops: steps }],
  rnnGradient: [recurrent, { flops: 2 * steps }],
};

const costOf = (name: string, shapes: object) =>
  operations()
    .get(name)
    ?.cost?.(shapes as never);

test("an operation costs the multiplications and additions of its products", () => {
  const own = [...operations().values()].filter(({ cost }) => cost).map(({ name }) => name);
  expect(own.length).toBeGreaterThan(25);
  const costs = own.map((name) => [name, costOf(name, expected[name]?.[0] ?? {})]);
  expect(Object.fromEntries(costs)).toEqual(Object.fromEntries(own.map((name) => [name, expected[name]?.[1]])));
});

test("a sequence whose first products are numbers of a table costs those of the state alone", () => {
  for (const name of ["gru", "lstm", "rnn"]) {
    expect(costOf(name, { ...recurrent, x: [T, B] })).toEqual({ flops: 2 * T * B * 4 * H * H });
  }
});

test("steps that see only what comes before them cost half of the products", () => {
  expect(costOf("multiHeadAttention", { ...heads, causal: 1 })).toEqual({ flops: 2 * T * B * K * S });
});
