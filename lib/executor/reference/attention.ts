import type {
  additiveGradient as additiveGradientOperation,
  attentionGradient as attentionGradientOperation,
  attentionOperation,
  attentionSum as attentionSumOperation,
} from "../../graph/ops/attention.js";
import type { Shape } from "../../graph/program.js";
import type { Call } from "./kernel.js";
import { expectLengths } from "./lengths.js";

interface Sizes {
  T: number;
  N: number;
  K: number;
  S: number;
  M: number;
  /** The positions of row n's memory that exist. */
  lengthOf: (n: number) => number;
  /** Index of the first element of row n of a query's memory at position s, in rows of `width`. */
  memoryAt: (s: number, n: number, width: number) => number;
}

function sizesOf({
  shapes,
  lengths,
}: {
  shapes: Record<"query" | "keys" | "values", Shape>;
  lengths: Int32Array | null;
}): Sizes {
  const [T, N, K] = shapes.query as [number, number, number];
  const [S, B] = shapes.keys as [number, number];
  const M = shapes.values[2] as number;
  expectLengths(lengths, S, "the positions of the memory");
  const memoryOf = (n: number) => Math.floor(n / (N / B));
  return {
    ...{ T, N, K, S, M },
    lengthOf: (n) => lengths?.[memoryOf(n)] ?? S,
    memoryAt: (s, n, width) => (s * B + memoryOf(n)) * width,
  };
}

export function attention(call: Call<typeof attentionOperation>): void {
  const { query, keys, values, v, scale, context } = call;
  const { T, N, K, S, M, lengthOf, memoryAt } = sizesOf(call);
  const weights = call.weights ?? call.zeros(T * N * S);
  context.fill(0);
  weights.fill(0);
  for (let row = 0; row < T * N; row++) {
    const n = row % N;
    const length = lengthOf(n);
    const scores = Array.from({ length }, (_, s) => {
      let score = 0;
      for (let k = 0; k < K; k++) {
        const [q, key] = [query[row * K + k] as number, keys[memoryAt(s, n, K) + k] as number];
        score += v ? (v[k] as number) * Math.tanh(q + key) : scale * q * key;
      }
      return score;
    });
    const largest = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const exps = scores.map((score) => Math.exp(score - largest));
    const sum = exps.reduce((a, b) => a + b, 0);
    for (let s = 0; s < length; s++) {
      const weight = (exps[s] as number) / sum;
      weights[row * S + s] = weight;
      for (let m = 0; m < M; m++) {
        context[row * M + m] = (context[row * M + m] as number) + weight * (values[memoryAt(s, n, M) + m] as number);
      }
    }
  }
}

export function attentionGradient(call: Call<typeof attentionGradientOperation>): void {
  const { query, keys, values, v, weights, dcontext, dweights, scale, dquery, dscores } = call;
  const { T, N, K, S, M, lengthOf, memoryAt } = sizesOf(call);
  dquery.fill(0);
  dscores.fill(0);
  for (let row = 0; row < T * N; row++) {
    const n = row % N;
    const length = lengthOf(n);
    const dweight = Array.from({ length }, (_, s) => {
      let sum = dweights?.[row * S + s] ?? 0;
      for (let m = 0; dcontext && m < M; m++) {
        sum += (dcontext[row * M + m] as number) * (values[memoryAt(s, n, M) + m] as number);
      }
      return sum;
    });
    const mean = dweight.reduce((sum, d, s) => sum + d * (weights[row * S + s] as number), 0);
    for (let s = 0; s < length; s++) {
      const d = (weights[row * S + s] as number) * ((dweight[s] as number) - mean) * (v ? 1 : scale);
      dscores[row * S + s] = d;
      for (let k = 0; k < K; k++) {
        const key = keys[memoryAt(s, n, K) + k] as number;
        const slope = v ? (v[k] as number) * (1 - Math.tanh((query[row * K + k] as number) + key) ** 2) : key;
        dquery[row * K + k] = (dquery[row * K + k] as number) + d * slope;
      }
    }
  }
}

export function attentionSum({ factors, rows, sums, shapes }: Call<typeof attentionSumOperation>): void {
  const [T, B, S] = shapes.factors as [number, number, number];
  const K = shapes.rows[2] as number;
  sums.fill(0);
  for (let row = 0; row < T * B; row++) {
    for (let s = 0; s < S; s++) {
      const at = (s * B + (row % B)) * K;
      for (let k = 0; k < K; k++) {
        sums[at + k] = (sums[at + k] as number) + (factors[row * S + s] as number) * (rows[row * K + k] as number);
      }
    }
  }
}

export function additiveGradient(call: Call<typeof additiveGradientOperation>): void {
  const { query, dscores, keys, v, dkeys, dv, shapes } = call;
  const [T, B, K] = shapes.query as [number, number, number];
  const [S] = shapes.keys as [number];
  dkeys.fill(0);
  dv.fill(0);
  for (let row = 0; row < T * B; row++) {
    for (let s = 0; s < S; s++) {
      const at = (s * B + (row % B)) * K;
      const d = dscores[row * S + s] as number;
      for (let k = 0; k < K; k++) {
        const squashed = Math.tanh((query[row * K + k] as number) + (keys[at + k] as number));
        dv[k] = (dv[k] as number) + d * squashed;
        dkeys[at + k] = (dkeys[at + k] as number) + d * (v[k] as number) * (1 - squashed * squashed);
      }
    }
  }
}
