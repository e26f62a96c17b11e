import { InputError } from "../errors.js";
import type { BatchRows, Graph } from "../graph/graph.js";
import * as ops from "../graph/ops/index.js";
import { elementsOf } from "../graph/program.js";
import type { Tensor } from "../graph/tensor.js";
import type { Parameter } from "../nn/parameter.js";
import { hasResidual, residualName } from "./residuals.js";
import type { Batch } from "./trainable.js";

/** How ranks send each other their gradients. */
export interface Reduction {
  /** Bytes of gradients (MB of 2^20), as they are before they are compressed, after which a bucket is sent. */
  readonly bucketMegabytes: number;
  /** Whether gradients are rounded to bfloat16, half the bytes, or their largest numbers alone are sent. */
  readonly compress: "none" | "bfloat16" | "top-k";
  /** Share of the numbers of a gradient that "top-k" sends. */
  readonly compressShare: number;
}

/** As they are, in buckets large enough that a network's latency counts for little. */
export const usualReduction: Reduction = { bucketMegabytes: 4, compress: "none", compressShare: 0.01 };

interface Summands {
  readonly gradients: readonly Tensor[];
  /** Parameters that the gradients are of. Default: none, and every number of a gradient is sent. */
  readonly parameters?: readonly Parameter[];
  /** Small values that are added with the last bucket, or after it where gradients are compressed: they never are. */
  readonly last: readonly Tensor[];
}

interface Sums {
  readonly gradients: Tensor[];
  readonly last: Tensor[];
  /** Residuals of this rank, and their values after the step. */
  readonly residuals: { readonly variable: Tensor; readonly value: Tensor }[];
}

/**
 * Adds gradients over all ranks of a training, in buckets: each is sent as soon as its gradients are there, while the rest of the backward
 * pass goes on. The last parameters come first, as their gradients do. All ranks record the same buckets in the same order,
 * whatever their batch is like. A table that fills a bucket has one of its own, which sends the rows that are not 0.
 */
export function sumOverRanks(
  graph: Graph,
  { gradients, parameters = [], last }: Summands,
  { bucketMegabytes, compress, compressShare }: Reduction = usualReduction,
): Sums {
  const bucketBytes = bucketMegabytes * 2 ** 20;
  const sparse = compress === "top-k";
  const residuals: Sums["residuals"] = [];
  const addends = gradients.map((gradient, i) => {
    const parameter = parameters[i];
    if (!sparse || !parameter || !hasResidual(parameter)) return gradient;
    const variable = graph.variable({ name: residualName(parameter.name), dtype: "f32", shape: parameter.shape });
    const n = elementsOf(gradient.shape);
    const k = Math.min(n, Math.ceil(compressShare * n));
    const { sent, rest } = ops.sparsify(gradient, { residual: variable, k });
    graph.hasten(sent, null);
    residuals.push({ variable, value: rest });
    return sent;
  });
  const all = [...addends, ...last];
  const tensorAt = (i: number) => all[i] as Tensor;
  const bytesOf = (i: number) => 4 * elementsOf(tensorAt(i).shape);
  const places = new Map<number, { sums: Tensor; begin: number }>();
  let previous: Tensor | null = null;
  const bucket: number[] = [];
  const send = (sending: { bfloat16?: boolean; width?: number }) => {
    if (bucket.length === 0) return;
    const sums = ops.allReduce(bucket.map(tensorAt), sending);
    graph.hasten(sums, previous);
    previous = sums;
    let begin = 0;
    for (const i of bucket) {
      places.set(i, { sums, begin });
      begin += elementsOf(tensorAt(i).shape);
    }
    bucket.length = 0;
  };
  const compressed = { bfloat16: compress === "bfloat16", width: sparse ? 1 : 0 };
  const wholly: number[] = [];
  for (let i = gradients.length - 1; i >= 0; i--) {
    const parameter = parameters[i];
    if (sparse && parameter && !hasResidual(parameter)) {
      wholly.push(i);
      continue;
    }
    const ownBucket = !sparse && parameter?.table === true && bytesOf(i) >= bucketBytes;
    if (ownBucket) send(compressed);
    bucket.push(i);
    const bytes = bucket.reduce((sum, own) => sum + bytesOf(own), 0);
    if (ownBucket) send({ ...compressed, width: elementsOf(tensorAt(i).shape) / (tensorAt(i).shape[0] as number) });
    else if (i > 0 && bytes >= bucketBytes) send(compressed);
  }
  if (compress !== "none") send(compressed);
  bucket.push(...wholly);
  for (let i = gradients.length; i < all.length; i++) bucket.push(i);
  send({});
  const sumOf = (i: number) => {
    const { sums, begin } = places.get(i) as { sums: Tensor; begin: number };
    return ops.awaitSum(sums, { begin, shape: tensorAt(i).shape });
  };
  const sums = all.map((_, i) => sumOf(i));
  return { gradients: sums.slice(0, gradients.length), last: sums.slice(gradients.length), residuals };
}

/** Targets of a batch, by their weights where they have some. */
export function targetsOf({ count, tokens }: Batch): number {
  return count ?? tokens;
}

/** The loss of every rank was divided by what the data said. @throws InputError if the model has counted something else. */
export function expectCount(counted: number, expected: number): void {
  if (Math.abs(counted - expected) <= 1e-3 * expected) return;
  throw new InputError(
    `Trainer: the data says that a step has ${expected} targets, and the model has counted ${counted}. Several processes can train ` +
      "only on data that counts as the model does: `tokens` of a Batch, or `count` where targets have weights.",
  );
}

/** Whether a rank has no rows of a batch, as of one with fewer rows than ranks. */
export function hasNone(rows: BatchRows | undefined, form: unknown): boolean {
  return rows !== undefined && (form as { B: number }).B === 0;
}
