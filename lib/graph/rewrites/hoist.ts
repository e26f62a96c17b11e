import type { Graph } from "../graph.js";
import type { Operation } from "../operation.js";
import type { Tensor } from "../tensor.js";

/** Whether an op in the body of a loop, as it meets nothing of the step, is recorded before the loop: once, not in each step. */
export function isHoisted(graph: Graph, operation: Operation, operands: readonly (Tensor | null)[]): boolean {
  if (operation.perStep || !graph.rewrites.has("hoist")) return false;
  return operands.every((operand) => !operand || !graph.loops.homeOf(operand));
}
