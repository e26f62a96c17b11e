import { InputError } from "../errors.js";
import type { BatchRows, Graph } from "../graph/graph.js";
import * as ops from "../graph/ops/index.js";
import { elementsOf } from "../graph/program.js";
import type { Tensor } from "../graph/tensor.js";
import type { Batch } from "./trainable.js";

/** How ranks send each other their gradients. */
export interface Reduction {
  /** Bytes of gradients (MB of 2^20) after which a bucket is sent. */
  readonly bucketMegabytes: number;
  /** Whether gradients are rounded to bfloat16, half the bytes. */
  readonly compress: "none" | "bfloat16";
}

/** As they are, in buckets large enough that a network's latency counts for little. */
export const usualReduction: Reduction = { bucketMegabytes: 4, compress: "none" };

/**
 * Adds gradients over all ranks of a training, in buckets: each is sent as soon as its gradients are there, while the rest of the backward
 * pass goes on. The last parameters come first, as their gradients do. All ranks record the same buckets in the same order,
 * whatever their batch is like.
 * @param last small values that are added with the last bucket, or after it where gradients are rounded: they never are.
 */
export function sumOverRanks(
  graph: Graph,
  { gradients, last }: { readonly gradients: readonly Tensor[]; readonly last: readonly Tensor[] },
  { bucketMegabytes, compress }: Reduction = usualReduction,
): { gradients: Tensor[]; last: Tensor[] } {
  const places = new Map<number, { sums: Tensor; begin: number }>();
  let previous: Tensor | null = null;
  const bucket: number[] = [];
  const all = [...gradients, ...last];
  const tensorAt = (i: number) => all[i] as Tensor;
  const bfloat16 = compress === "bfloat16";
  const send = (isRounded = bfloat16) => {
    const sums = ops.allReduce(bucket.map(tensorAt), { bfloat16: isRounded });
    graph.hasten(sums, previous);
    previous = sums;
    let begin = 0;
    for (const i of bucket) {
      places.set(i, { sums, begin });
      begin += elementsOf(tensorAt(i).shape);
    }
    bucket.length = 0;
  };
  for (let i = gradients.length - 1; i >= 0; i--) {
    bucket.push(i);
    const bytes = bucket.reduce((sum, own) => sum + 4 * elementsOf(tensorAt(own).shape), 0);
    if ((i > 0 && bytes >= bucketMegabytes * 2 ** 20) || (i === 0 && bfloat16)) send();
  }
  for (let i = gradients.length; i < all.length; i++) bucket.push(i);
  send(false);
  const sumOf = (i: number) => {
    const { sums, begin } = places.get(i) as { sums: Tensor; begin: number };
    return ops.awaitSum(sums, { begin, shape: tensorAt(i).shape });
  };
  const sums = all.map((_, i) => sumOf(i));
  return { gradients: sums.slice(0, gradients.length), last: sums.slice(gradients.length) };
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
