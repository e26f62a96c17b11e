import type {
  multiHeadAttentionGradient as multiHeadAttentionGradientOperation,
  multiHeadAttentionOperation,
  multiHeadWeightsOperation,
} from "../../graph/ops/multiHeadAttention.js";
import type { Shape } from "../../graph/program.js";
import type { Call, Floats } from "./kernel.js";
import { expectLengths } from "./lengths.js";

interface Operands {
  query: Floats;
  memory: Floats;
  lengths: Int32Array | null;
  heads: number;
  causal: number;
  scale: number;
  shapes: Record<"query" | "memory", Shape>;
}

/** The query of one head in one step of one row of the batch. */
interface Query {
  readonly t: number;
  readonly b: number;
  readonly head: number;
  /** Index of its first feature in query, context and their gradients. */
  readonly at: number;
  /** Positions that it sees, from the first. */
  readonly seen: number;
  /** Indices of the first features of a position's key and value in memory. */
  keyAt(s: number): number;
  valueAt(s: number): number;
}

function* queriesOf({
  lengths,
  heads,
  causal,
  shapes,
}: Omit<Operands, "query" | "memory" | "scale">): Generator<Query> {
  const [T, B, F] = shapes.query as [number, number, number];
  const S = shapes.memory[0] as number;
  const D = F / heads;
  expectLengths(lengths, S, "the positions of the memory");
  for (let t = 0; t < T; t++) {
    for (let b = 0; b < B; b++) {
      const seen = Math.min(lengths?.[b] ?? S, causal ? S - T + t + 1 : S);
      for (let head = 0; head < heads; head++) {
        const keyAt = (s: number) => (s * B + b) * 2 * F + head * D;
        yield { t, b, head, at: (t * B + b) * F + head * D, seen, keyAt, valueAt: (s) => keyAt(s) + F };
      }
    }
  }
}

function dot(a: Floats, from: number, b: Floats, at: number, size: number): number {
  let sum = 0;
  for (let d = 0; d < size; d++) sum += (a[from + d] as number) * (b[at + d] as number);
  return sum;
}

function addScaled(from: Floats, at: number, factor: number, into: Floats, to: number, size: number): void {
  for (let d = 0; d < size; d++) into[to + d] = (into[to + d] as number) + factor * (from[at + d] as number);
}

/** The softmax of a query's scores, and the logarithm of the sum of their exponentials. */
function weightsOf({ query, memory, heads, scale, shapes }: Operands, { at, seen, keyAt }: Query) {
  const D = (shapes.query[2] as number) / heads;
  const scores = Array.from({ length: seen }, (_, s) => scale * dot(query, at, memory, keyAt(s), D));
  const largest = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const sum = scores.reduce((total, score) => total + Math.exp(score - largest), 0);
  return {
    weights: scores.map((score) => Math.exp(score - largest) / sum),
    logSum: seen > 0 ? largest + Math.log(sum) : 0,
  };
}

export function multiHeadAttention(call: Call<typeof multiHeadAttentionOperation>): void {
  const { memory, heads, shapes, context, logSums } = call;
  const [T, , F] = shapes.query as [number, number, number];
  context.fill(0);
  for (const own of queriesOf(call)) {
    const { weights, logSum } = weightsOf(call, own);
    for (const [s, weight] of weights.entries()) {
      addScaled(memory, own.valueAt(s), weight, context, own.at, F / heads);
    }
    if (logSums) logSums[(own.b * heads + own.head) * T + own.t] = logSum;
  }
}

export function multiHeadAttentionGradient(call: Call<typeof multiHeadAttentionGradientOperation>): void {
  const { query, memory, heads, scale, shapes, dcontext, dquery, dmemory } = call;
  const D = (shapes.query[2] as number) / heads;
  dquery.fill(0);
  dmemory.fill(0);
  for (const own of queriesOf(call)) {
    const { weights } = weightsOf(call, own);
    const dweights = weights.map((_, s) => dot(dcontext, own.at, memory, own.valueAt(s), D));
    const mean = dweights.reduce((sum, d, s) => sum + d * (weights[s] as number), 0);
    for (const [s, weight] of weights.entries()) {
      const dscore = scale * weight * ((dweights[s] as number) - mean);
      addScaled(memory, own.keyAt(s), dscore, dquery, own.at, D);
      addScaled(query, own.at, dscore, dmemory, own.keyAt(s), D);
      addScaled(dcontext, own.at, weight, dmemory, own.valueAt(s), D);
    }
  }
}

export function multiHeadWeights(call: Call<typeof multiHeadWeightsOperation>): void {
  const { shapes, weights } = call;
  const [T, B] = shapes.query as [number, number, number];
  const S = shapes.memory[0] as number;
  weights.fill(0);
  for (const own of queriesOf(call)) {
    weights.set(weightsOf(call, own).weights, ((own.head * T + own.t) * B + own.b) * S);
  }
}
