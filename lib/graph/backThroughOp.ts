import { ShapeError } from "../errors.js";
import type { Graph, Node } from "./graph.js";
import { byName, inOrder } from "./operation.js";
import { add, affine } from "./ops/elementwise.js";
import { broadcastTo } from "./ops/reduce.js";
import type { Shape } from "./program.js";
import { shapeText } from "./program.js";
import type { Tensor } from "./tensor.js";

/** Gradients by tensor; several of one tensor add up. */
export class Sums {
  readonly #sums = new Map<number, Tensor>();

  constructor(readonly graph: Graph) {}

  of(tensor: Tensor): Tensor | null {
    return this.#sums.get(tensor.id) ?? null;
  }

  add(tensor: Tensor, piece: Tensor): void {
    const sum = this.of(tensor);
    this.#sums.set(tensor.id, sum ? add(sum, piece) : piece);
  }
}

interface OpContext {
  wanted: ReadonlySet<number>;
  incoming: (result: Tensor) => Tensor | null;
  gradients: Pick<Sums, "graph" | "add">;
  /** How the ops of the backward pass see what this op read and wrote. */
  seen?: (tensor: Tensor) => Tensor;
}

/** Records the gradients of an op's operands, and adds them to what is known. */
export function backThroughOp(node: Node, { wanted, incoming, gradients, seen = (tensor) => tensor }: OpContext): void {
  const needs = node.operands.map((operand) => operand?.dtype === "f32" && wanted.has(operand.id));
  if (!needs.some(Boolean)) return;
  gradients.graph.under(node.path, () => {
    const dResults = node.results.map(incoming);
    if (!dResults.some(Boolean)) return;
    const outgoing = gradientsOf(node, { dResults, needs, seen });
    if (!outgoing) {
      throw new ShapeError(
        `differentiate: ${node.path || "the loss"} depends on ${node.operation.name}, which has no gradient.`,
      );
    }
    node.operands.forEach((operand, i) => {
      const piece = outgoing[i];
      if (!operand || !needs[i] || !piece) return;
      if (shapeText(piece.shape) !== shapeText(operand.shape)) {
        throw new ShapeError(`${node.operation.name}: its gradient ${piece} does not fit ${operand}.`);
      }
      gradients.add(operand, piece);
    });
  });
}

/** The gradients of an op's operands by its rule, in order; null if it has no rule. */
function gradientsOf(
  { operation, operands, results, attributes }: Node,
  { dResults, needs, seen }: { dResults: (Tensor | null)[]; needs: boolean[]; seen: (tensor: Tensor) => Tensor },
): (Tensor | null | false)[] | null {
  const graph = results[0]?.graph as Graph;
  const outgoing = operation.gradient?.(
    {
      graph,
      ...byName(
        operation.operands,
        operands.map((operand) => operand && seen(operand)),
      ),
      ...byName(operation.results, results.map(seen)),
      ...byName(operation.attributes ?? [], attributes),
    } as never,
    byName(operation.results.map(derivative), dResults) as never,
    byName(operation.operands, needs) as never,
  );
  return outgoing ? inOrder(operation.operands.map(derivative), outgoing) : null;
}

/** The entry for the gradient of an operand or a result: "dx" for "x". */
function derivative(entry: string): string {
  return entry.replace(/\w/, (first) => `d${first}`);
}

export function zeros(graph: Graph, shape: Shape): Tensor {
  return broadcastTo(affine(graph.zeros([]), {}), shape);
}
