import { ShapeError } from "../errors.js";
import type { Graph, Node } from "./graph.js";
import { add, affine } from "./ops/elementwise.js";
import { shapeText } from "./program.js";
import type { Tensor } from "./tensor.js";

/**
 * Records the gradient of a scalar with respect to some tensors, by reverse accumulation: a transformation of the graph,
 * whose backward ops are ops like any other.
 *
 * @param loss a tensor of shape [].
 * @returns one gradient for each tensor of `wrt`, of the same shape; zeros where the loss does not depend on it.
 * @throws ShapeError if `loss` is not a scalar, or an op on the way has no gradient.
 */
export function differentiate(loss: Tensor, wrt: readonly Tensor[]): Tensor[] {
  const { graph } = loss;
  if (loss.shape.length !== 0) {
    throw new ShapeError(`differentiate: expected a loss of shape [], got ${loss}. Sum or average it first.`);
  }
  const nodes = [...graph.nodes];
  const wanted = dependents(nodes, wrt);
  const gradients = new Map<number, Tensor>();
  gradients.set(loss.id, affine(graph.zeros([]), { shift: 1 }));

  for (const node of nodes.reverse()) {
    const incoming = node.results.map((result) => gradients.get(result.id) ?? null);
    const needs = node.operands.map((operand) => operand !== null && wanted.has(operand.id));
    if (!incoming.some(Boolean) || !needs.some(Boolean)) continue;
    const { gradient } = node.operation;
    if (!gradient)
      throw new ShapeError(
        `differentiate: ${node.path || "the loss"} depends on ${node.operation.name}, which has no gradient.`,
      );
    const outgoing = within(graph, node.path, () => gradient({ ...node, gradients: incoming, needs }));
    node.operands.forEach((operand, i) => {
      const piece = outgoing[i];
      if (!operand || !needs[i] || !piece) return;
      if (shapeText(piece.shape) !== shapeText(operand.shape)) {
        throw new ShapeError(`${node.operation.name}: its gradient ${piece} does not fit ${operand}.`);
      }
      const sum = gradients.get(operand.id);
      gradients.set(operand.id, sum ? within(graph, node.path, () => add(sum, piece)) : piece);
    });
  }
  return wrt.map((tensor) => gradients.get(tensor.id) ?? affine(graph.zeros(tensor.shape), {}));
}

/** Ids of the tensors whose value depends on one of `sources`. */
function dependents(nodes: readonly Node[], sources: readonly Tensor[]): Set<number> {
  const ids = new Set(sources.map((tensor) => tensor.id));
  for (const node of nodes) {
    if (!node.operands.some((operand) => operand && ids.has(operand.id))) continue;
    for (const result of node.results) if (result.dtype === "f32") ids.add(result.id);
  }
  return ids;
}

function within<R>(graph: Graph, path: string, record: () => R): R {
  return path ? graph.within(path, record) : record();
}
