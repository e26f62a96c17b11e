import * as ops from "../graph/ops/index.js";
import type { Tensor } from "../graph/tensor.js";
import type { Linear } from "./linear.js";

/**
 * The cross-entropy of an output layer, of which label smoothing gives a share to all tokens alike (Szegedy et al. 2016, section 7):
 * (1 - ε) L(y) + ε mean over k of L(k), recorded as L(y) + ε (z_y - mean z) with the logits z, of which no second product is needed.
 *
 * x [N,F], targets i32 [N], -1 for none -> losses [N] in nats, 0 where there is no target, and their number.
 * @param smoothing.share ε. @param smoothing.exists [N,1], 0 where there is no target; null: there is one everywhere.
 */
export function smoothedCrossEntropy(
  output: Linear,
  { x, targets }: { x: Tensor; targets: Tensor },
  { share, exists }: { share: number; exists: Tensor | null },
): { losses: Tensor; count: Tensor } {
  const { losses, count } = output.crossEntropy(x, targets);
  if (share === 0) return { losses, count };
  const surplus = x.graph.within(output.name, () => surplusOf(output, { x, targets }, exists));
  return { losses: ops.add(losses, ops.affine(surplus, { scale: share })), count };
}

/** The mean of the cross-entropies with every token as target, less that with the target: its logit less the mean of all. [N] */
function surplusOf(output: Linear, { x, targets }: { x: Tensor; targets: Tensor }, exists: Tensor | null): Tensor {
  const N = x.shape[0] as number;
  const weight = output.weight.in(x.graph);
  const [V] = weight.shape as [number];
  const ids = exists ? ops.reshape(ops.keepIds(ops.reshape(targets, [N, 1]), exists), [N]) : targets;
  /** The rows of the targets in a table [V,W], less the mean of all rows: [N,W]. */
  const aboveMean = (table: Tensor) => {
    const mean = ops.affine(ops.sumTo(table, [1, table.shape[1] as number]), { scale: 1 / V });
    return ops.subtract(ops.embedding(table, ids), mean);
  };
  const product = ops.sumTo(ops.multiply(x, aboveMean(weight)), [N, 1]);
  const bias = output.bias && aboveMean(ops.reshape(output.bias.in(x.graph), [V, 1]));
  const surplus = bias ? ops.add(product, bias) : product;
  return ops.reshape(exists ? ops.multiply(surplus, exists) : surplus, [N]);
}

/** [T·B,1]: 1 for each step of a sequence, 0 past its length. lengths i32 [B]. */
export function stepsThatExist({ T, B, lengths }: { T: number; B: number; lengths: Tensor }): Tensor {
  const ones = ops.broadcastTo(ops.affine(lengths.graph.zeros([]), { shift: 1 }), [T, B, 1]);
  return ops.reshape(ops.mask(ones, lengths), [T * B, 1]);
}
