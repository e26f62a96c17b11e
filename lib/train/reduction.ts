import { InputError } from "../errors.js";
import type { BatchRows, Graph } from "../graph/graph.js";
import * as ops from "../graph/ops/index.js";
import { elementsOf } from "../graph/program.js";
import type { Tensor } from "../graph/tensor.js";
import type { Batch } from "./trainable.js";

/** Bytes of gradients after which a bucket is sent: enough that the network's latency counts for little. */
const bucketBytes = 4 * 2 ** 20;

/**
 * Adds gradients over all ranks of a training, in buckets: each is sent as soon as its gradients are there, while the rest of the backward
 * pass goes on. The last parameters come first, as their gradients do. All ranks record the same buckets in the same order,
 * whatever their batch is like.
 * @param last small values that are added with the last bucket.
 */
export function sumOverRanks(
  graph: Graph,
  gradients: readonly Tensor[],
  last: readonly Tensor[],
): { gradients: Tensor[]; last: Tensor[] } {
  const places = new Map<number, { sums: Tensor; begin: number }>();
  let previous: Tensor | null = null;
  const bucket: number[] = [];
  const all = [...gradients, ...last];
  const tensorAt = (i: number) => all[i] as Tensor;
  const send = () => {
    const sums = ops.allReduce(bucket.map(tensorAt));
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
    if (i > 0 && bytes >= bucketBytes) send();
  }
  for (let i = gradients.length; i < all.length; i++) bucket.push(i);
  send();
  const sumOf = (i: number) => {
    const { sums, begin } = places.get(i) as { sums: Tensor; begin: number };
    return ops.awaitSum(sums, { begin, shape: tensorAt(i).shape });
  };
  const sums = all.map((_, i) => sumOf(i));
  return { gradients: sums.slice(0, gradients.length), last: sums.slice(gradients.length) };
}

/** The loss of every rank was divided by what the data said. @throws InputError if the model has counted something else. */
export function expectCount(counted: number, { count, tokens }: Batch): void {
  const expected = count ?? tokens;
  if (Math.abs(counted - expected) <= 1e-3 * expected) return;
  throw new InputError(
    `Trainer: the data says that a batch has ${expected} targets, and the model has counted ${counted}. Several processes can train ` +
      "only on data that counts as the model does: `tokens` of a Batch, or `count` where targets have weights.",
  );
}

/** Whether a rank has no rows of a batch, as of one with fewer rows than ranks. */
export function hasNone(rows: BatchRows | undefined, form: unknown): boolean {
  return rows !== undefined && (form as { B: number }).B === 0;
}
