import { byName } from "../operation.js";
import { embeddingOperation } from "../ops/embedding.js";
import type { Tensor } from "../tensor.js";
import { expectTensor } from "../tensor.js";

/**
 * The table that x [T,B,E] was looked up from, and the ids, if multiplying each of its rows with the input weights and looking up
 * the products is less work than multiplying x; null otherwise. With half as many rows as tokens both take as long in
 * bfloat16, where products cost least.
 */
export function smallTable(x: Tensor): { weight: Tensor; ids: Tensor } | null {
  const { graph, shape } = expectTensor("smallTable", "x", x);
  const maker = graph.maker(x);
  if (maker?.operation.name !== embeddingOperation.name || !graph.rewrites.has("smallTable")) return null;
  const { weight, ids } = byName(embeddingOperation.operands, maker.operands) as { weight: Tensor; ids: Tensor };
  const [T, B] = shape as [number, number];
  return shape.length === 3 && 4 * (weight.shape[0] as number) <= T * B ? { weight, ids } : null;
}
