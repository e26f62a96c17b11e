import * as ops from "../graph/ops/index.js";
import type { Tensor } from "../graph/tensor.js";

/**
 * Loss in nats of each of several labels, of which any may be there: -y log σ(x) - (1 - y) log(1 - σ(x)). x, y [...] -> [...].
 *
 * It is recorded as (x + |x|)/2 - x y + log(1 + exp(-|x|)), which stays finite; its slope at 0 is 1/2 - y.
 */
export function binaryCrossEntropy(x: Tensor, y: Tensor): Tensor {
  const size = ops.add(ops.relu(x), ops.relu(ops.affine(x, { scale: -1 })));
  const above = ops.affine(ops.add(x, size), { scale: 0.5 });
  const rest = ops.log(ops.affine(ops.exp(ops.affine(size, { scale: -1 })), { shift: 1 }));
  return ops.add(ops.subtract(above, ops.multiply(x, y)), rest);
}
