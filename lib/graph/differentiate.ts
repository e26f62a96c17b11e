import { ShapeError } from "../errors.js";
import { checkOption, list } from "../options.js";
import { backThroughOp, Sums, zeros } from "./backThroughOp.js";
import type { Graph, Node } from "./graph.js";
import { LoopGradient } from "./loopGradient.js";
import { positionsOf } from "./operation.js";
import { affine } from "./ops/elementwise.js";
import type { Tensor } from "./tensor.js";
import { expectTensor, operand } from "./tensor.js";

/**
 * Records the gradient of a scalar with respect to some tensors, by reverse accumulation: a transformation of the graph,
 * whose backward ops are ops like any other.
 *
 * @param loss a tensor of shape [].
 * @returns one gradient for each tensor of `wrt`, of the same shape; zeros where the loss does not depend on it.
 * @throws ShapeError if `loss` is not a scalar, an op on the way has no gradient, or a variable that its gradient reads has been changed
 *   by a later op.
 */
export function differentiate(loss: Tensor, wrt: readonly Tensor[]): Tensor[] {
  const { graph } = expectTensor("differentiate", "loss", loss);
  checkOption("differentiate", "wrt", wrt, list(operand));
  if (loss.shape.length !== 0) {
    throw new ShapeError(`differentiate: expected a loss of shape [], got ${loss}. Sum or average it first.`);
  }
  const nodes = [...graph.nodes];
  const changes = lastChanges(nodes);
  const wanted = dependents(graph, nodes, wrt);
  const gradients = new Sums(graph);
  gradients.add(loss, affine(graph.zeros([]), { shift: 1 }));

  for (let end = nodes.length; end > 0; ) {
    const { loop } = nodes[end - 1] as Node;
    let begin = end - 1;
    while (loop && nodes[begin - 1]?.loop === loop) begin--;
    const recorded = graph.nodes.length;
    if (loop) new LoopGradient({ loop, nodes: nodes.slice(begin, end), wanted, gradients }).record();
    else backThroughOp(nodes[begin] as Node, { wanted, incoming: (result) => gradients.of(result), gradients });
    for (const node of graph.nodes.slice(recorded)) expectUnchanged(node, begin, changes);
    end = begin;
  }
  return wrt.map((tensor) => gradients.of(tensor) ?? zeros(graph, tensor.shape));
}

interface Change {
  readonly by: string;
  readonly at: number;
}

/** By variable: the last op that changes it. */
function lastChanges(nodes: readonly Node[]): Map<Tensor, Change> {
  const changes = new Map<Tensor, Change>();
  for (const [at, { operation, operands }] of nodes.entries()) {
    for (const i of positionsOf(operation, operation.mutates)) {
      const variable = operands[i];
      if (variable) changes.set(viewedBy(variable), { by: operation.name, at });
    }
  }
  return changes;
}

/** Whether an op of the backward pass finds the variables that it reads as op number `forward` found them. */
function expectUnchanged(
  { operation, operands, path }: Node,
  forward: number,
  changes: ReadonlyMap<Tensor, Change>,
): void {
  for (const operand of operands) {
    const change = operand ? changes.get(viewedBy(operand)) : undefined;
    if (!change || change.at < forward) continue;
    throw new ShapeError(
      `differentiate: ${path ? `${path}/` : ""}${operation.name} needs ${operand} as it was before ${change.by} changed it. ` +
        "Differentiate first.",
    );
  }
}

/** The tensor whose memory a view shows; the tensor itself where it is no view. */
function viewedBy(tensor: Tensor): Tensor {
  const maker = tensor.graph.maker(tensor);
  return maker?.operation.view ? viewedBy(maker.operands[0] as Tensor) : tensor;
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
