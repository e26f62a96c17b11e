import { ShapeError } from "../errors.js";
import { checkOption, list } from "../options.js";
import { backThroughOp, Sums, zeros } from "./backThroughOp.js";
import type { Graph, Node } from "./graph.js";
import { LoopGradient } from "./loopGradient.js";
import { affine } from "./ops/elementwise.js";
import type { Tensor } from "./tensor.js";
import { expectTensor, operand } from "./tensor.js";

/**
 * Records the gradient of a scalar with respect to some tensors, by reverse accumulation: a transformation of the graph,
 * whose backward ops are ops like any other.
 *
 * @param loss a tensor of shape [].
 * @returns one gradient for each tensor of `wrt`, of the same shape; zeros where the loss does not depend on it.
 * @throws ShapeError if `loss` is not a scalar, or an op on the way has no gradient.
 */
export function differentiate(loss: Tensor, wrt: readonly Tensor[]): Tensor[] {
  const { graph } = expectTensor("differentiate", "loss", loss);
  checkOption("differentiate", "wrt", wrt, list(operand));
  if (loss.shape.length !== 0) {
    throw new ShapeError(`differentiate: expected a loss of shape [], got ${loss}. Sum or average it first.`);
  }
  const nodes = [...graph.nodes];
  const wanted = dependents(graph, nodes, wrt);
  const gradients = new Sums(graph);
  gradients.add(loss, affine(graph.zeros([]), { shift: 1 }));

  for (let end = nodes.length; end > 0; ) {
    const { loop } = nodes[end - 1] as Node;
    let begin = end - 1;
    while (loop && nodes[begin - 1]?.loop === loop) begin--;
    if (loop) new LoopGradient({ loop, nodes: nodes.slice(begin, end), wanted, gradients }).record();
    else backThroughOp(nodes[begin] as Node, { wanted, incoming: (result) => gradients.of(result), gradients });
    end = begin;
  }
  return wrt.map((tensor) => gradients.of(tensor) ?? zeros(graph, tensor.shape));
}

/** Ids of the tensors whose value depends on one of `sources`. */
function dependents(graph: Graph, nodes: readonly Node[], sources: readonly Tensor[]): Set<number> {
  const ids = new Set(sources.map((tensor) => tensor.id));
  const depends = (tensor: Tensor | null): boolean => {
    if (!tensor || ids.has(tensor.id)) return tensor !== null;
    const place = graph.loops.placeOf(tensor);
    if (!place || tensor.dtype !== "f32" || !depends(place.stack)) return false;
    ids.add(tensor.id);
    return true;
  };
  // A step may read what a later op of the list wrote in the step before: repeat until nothing new is found.
  for (let before = -1; before !== ids.size; ) {
    before = ids.size;
    for (const node of nodes) {
      // A look at every operand, for each row that depends is found here.
      if (node.operands.filter(depends).length === 0) continue;
      for (const result of node.results) {
        if (result.dtype !== "f32") continue;
        ids.add(result.id);
        const stacks = [graph.loops.placeOf(result)?.stack, graph.loops.keptOf(result)];
        for (const stack of stacks) if (stack) ids.add(stack.id);
      }
    }
  }
  return ids;
}
