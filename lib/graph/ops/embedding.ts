import { defineOperation } from "../operation.js";
import type { Tensor } from "../tensor.js";
import { matchShapes } from "../tensor.js";

const embeddingOperation = defineOperation({
  name: "embedding",
  gradient: ({ operands: [weight, ids], gradients: [dy] }) => {
    const { graph, shape } = weight as Tensor;
    return [graph.record(embeddingGradient, [ids, dy], [{ shape }], [shape[0] as number])[0] as Tensor, null];
  },
});

const embeddingGradient = defineOperation({ name: "embeddingGradient", attributes: ["V"] });

/**
 * Rows of a table. weight [V,E], ids i32 [...] -> [...,E].
 * While running, an id outside 0..V-1 is an InputError that names its position.
 */
export function embedding(weight: Tensor, ids: Tensor): Tensor {
  const { E } = matchShapes("embedding", [
    ["weight", weight, "V E"],
    ["ids", ids, "...", "i32"],
  ]);
  return weight.graph.record(embeddingOperation, [weight, ids], [{ shape: [...ids.shape, E as number] }])[0] as Tensor;
}
