import type { Graph } from "./graph.js";
import { copy } from "./ops/shape.js";
import type { Tensor } from "./tensor.js";

/** A tensor that a step has made and that has no place yet: itself, or a copy. */
export function owned(graph: Graph, tensor: Tensor): Tensor {
  const free = graph.loops.isOfThisStep(tensor) && !graph.loops.placeOf(tensor) && !graph.maker(tensor)?.operation.view;
  return free ? tensor : copy(tensor);
}
