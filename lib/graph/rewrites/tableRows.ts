import { byName } from "../operation.js";
import { embeddingGradient, sumRows } from "../ops/embedding.js";
import { elementsOf } from "../program.js";
import type { Tensor } from "../tensor.js";
import { expectTensor } from "../tensor.js";

/**
 * The rows of a table's gradient that are not 0, where the table was used by one embedding and nothing else, and has more
 * rows than were looked up; null for any other gradient. The whole gradient is then left out of the program, as nobody reads it.
 */
export function tableRows(gradient: Tensor): { ids: Tensor; rows: Tensor } | null {
  const { graph, shape } = expectTensor("tableRows", "gradient", gradient);
  const maker = graph.maker(gradient);
  if (maker?.operation.name !== embeddingGradient.name || !graph.rewrites.has("tableRows")) return null;
  const { ids, dy } = byName(embeddingGradient.operands, maker.operands) as { ids: Tensor; dy: Tensor };
  const V = shape[0] as number;
  return elementsOf(ids.shape) < V ? sumRows(ids, dy, V) : null;
}
