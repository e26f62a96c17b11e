import { ShapeError } from "../errors.js";
import { checkOption, list } from "../options.js";
import type { Graph, Node } from "./graph.js";
import type { Loop } from "./loops.js";
import { byName, inOrder } from "./operation.js";
import { add, affine } from "./ops/elementwise.js";
import { broadcastTo } from "./ops/reduce.js";
import { pad, reshape } from "./ops/shape.js";
import { owned } from "./owned.js";
import type { Shape } from "./program.js";
import { shapeText } from "./program.js";
import { isJoinable, sumOverSteps } from "./rewrites/sumOverSteps.js";
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
    if (loop) backThroughLoop(graph, { loop, nodes: nodes.slice(begin, end), wanted, gradients });
    else backThroughOp(nodes[begin] as Node, { wanted, incoming: (result) => gradients.of(result), gradients });
    end = begin;
  }
  return wrt.map((tensor) => gradients.of(tensor) ?? zeros(graph, tensor.shape));
}

/** Gradients by tensor; several of one tensor add up. */
class Sums {
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
function backThroughOp(node: Node, { wanted, incoming, gradients, seen = (tensor) => tensor }: OpContext): void {
  const needs = node.operands.map((operand) => operand?.dtype === "f32" && wanted.has(operand.id));
  if (!needs.some(Boolean)) return;
  gradients.graph.under(node.path, () => {
    const given = node.results.map(incoming);
    if (!given.some(Boolean)) return;
    const outgoing = gradientsOf(node, { given, needs, seen });
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

/** What an op's rule says the gradients of its operands are, in order; null if it has no rule. */
function gradientsOf(
  { operation, operands, results, attributes }: Node,
  { given, needs, seen }: { given: (Tensor | null)[]; needs: boolean[]; seen: (tensor: Tensor) => Tensor },
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
    byName(operation.results.map(derivative), given) as never,
    byName(operation.operands, needs) as never,
  );
  return outgoing ? inOrder(operation.operands.map(derivative), outgoing) : null;
}

/** The entry for the gradient of an operand or a result: "dx" for "x". */
function derivative(entry: string): string {
  return entry.replace(/\w/, (first) => `d${first}`);
}

/**
 * The gradient of a loop is a loop that walks the other way. A step of it reads again what that step read and made, which the
 * loop keeps for it (`Graph.kept`), and the gradients of what it wrote. It writes those of the rows that it read: of a state,
 * the step before goes on from there. What every step met of the world outside gets the sum over the steps.
 */
function backThroughLoop(
  graph: Graph,
  {
    loop,
    nodes,
    wanted,
    gradients,
  }: { loop: Loop; nodes: readonly Node[]; wanted: ReadonlySet<number>; gradients: Sums },
): void {
  const first = loop.reverse ? loop.steps - 1 : 0;
  const last = loop.steps - 1 - first;
  const operands = nodes.flatMap((node) => node.operands);
  const results = nodes.flatMap((node) => node.results);
  const written = rowsOf(graph, results);
  for (const result of results) {
    const kept = graph.loops.keptOf(result);
    if (kept && gradients.of(kept))
      throw new ShapeError(`differentiate: a scan has no second derivative (of ${result}).`);
  }
  const outside = new Map(written.map(({ stack }) => [stack, gradientOfStack(graph, stack, gradients)]));
  const onTheWay = stacksOnTheWay(graph, nodes, outside);
  if (onTheWay.size === 0) return;
  // What a step made itself is no row that it read.
  const read = rowsOf(graph, operands).filter(
    ({ row, stack }) => wanted.has(row.id) && !graph.maker(row) && onTheWay.has(stack),
  );
  const own = new Map<Tensor, Tensor>();
  for (const { stack } of read) {
    if (own.has(stack)) throw new ShapeError(`differentiate: a loop reads more than one row of ${stack} in a step.`);
    const gradient = graph.loops.stack("f32", stack.shape, `gradient of ${stack.name}`);
    own.set(stack, gradient);
    const writer = written.find((entry) => entry.stack === stack);
    // Nothing follows the last step.
    if (writer) graph.loops.put(zeros(graph, writer.row.shape), gradient, writer.index + last);
  }

  const pieces: { tensor: Tensor; piece: Tensor }[] = [];
  const back: Loop = { steps: loop.steps, reverse: !loop.reverse };
  graph.loop(back, () => {
    const local = new Sums(graph);
    const seen = (tensor: Tensor): Tensor => {
      if (graph.loops.homeOf(tensor) !== loop) return tensor;
      const place = graph.loops.placeOf(tensor);
      if (place) return graph.loops.rows(place.stack, place.index);
      const maker = graph.maker(tensor) as Node;
      if (maker.operation.view) return reshape(seen(maker.operands[0] as Tensor), tensor.shape);
      return graph.loops.rows(graph.loops.keep(tensor), 0);
    };
    const incoming = (result: Tensor): Tensor | null => {
      const place = graph.loops.placeOf(result);
      const from = place ? [outside.get(place.stack), own.get(place.stack)] : [];
      const parts = [local.of(result), ...from.map((stack) => stack && graph.loops.rows(stack, place?.index ?? 0))];
      return parts.reduce<Tensor | null>((sum, part) => (sum && part ? add(sum, part) : (sum ?? part ?? null)), null);
    };
    const collected = {
      graph,
      add(tensor: Tensor, piece: Tensor) {
        if (graph.loops.homeOf(tensor) === loop) local.add(tensor, piece);
        else pieces.push({ tensor, piece });
      },
    };
    for (const node of [...nodes].reverse()) backThroughOp(node, { wanted, incoming, gradients: collected, seen });
    for (const { row, stack, index } of read) {
      const gradient = local.of(row) ?? zeros(graph, row.shape);
      graph.loops.put(owned(graph, gradient), own.get(stack) as Tensor, index);
    }
    for (const entry of pieces) if (!isJoinable(graph, entry.piece)) entry.piece = owned(graph, entry.piece);
  });

  const sums = new Map<Node, Tensor[]>();
  for (const { tensor, piece } of pieces) gradients.add(tensor, sumOverSteps(graph, piece, sums));
  for (const { stack, index } of read) {
    const gradient = own.get(stack) as Tensor;
    if (!outside.has(stack)) gradients.add(stack, gradient);
    // Of a state, only what the first step began with comes from elsewhere.
    const begin = graph.loops
      .inside(stack)
      .find(({ tensor, index: at }) => at === index + first && isPut(graph, tensor));
    if (!outside.has(stack) || !begin) continue;
    gradients.add(begin.tensor, graph.loops.rows(gradient, index + first));
  }
  for (const [stack, gradient] of outside) {
    if (!gradient) continue;
    for (const { tensor, index } of graph.loops.inside(stack)) {
      if (isPut(graph, tensor)) gradients.add(tensor, graph.loops.rows(gradient, index));
    }
  }
}

/** The stacks by which the loss depends on a loop: those with a gradient, and what their rows are made of. */
function stacksOnTheWay(
  graph: Graph,
  nodes: readonly Node[],
  outside: ReadonlyMap<Tensor, Tensor | null>,
): Set<Tensor> {
  const stacks = new Set([...outside].flatMap(([stack, gradient]) => (gradient ? [stack] : [])));
  const tensors = new Set<Tensor>();
  const isOn = (result: Tensor) => tensors.has(result) || stacks.has(graph.loops.placeOf(result)?.stack as Tensor);
  for (let before = -1; before !== stacks.size; ) {
    before = stacks.size;
    for (const { operands, results } of [...nodes].reverse()) {
      if (!results.some(isOn)) continue;
      for (const operand of operands) {
        if (!operand) continue;
        tensors.add(operand);
        const place = graph.loops.placeOf(operand);
        if (place && !graph.maker(operand)) stacks.add(place.stack);
      }
    }
  }
  return stacks;
}

/** The tensors among these that are rows of f32 stacks, each once. */
function rowsOf(graph: Graph, tensors: readonly (Tensor | null)[]): { row: Tensor; stack: Tensor; index: number }[] {
  return [...new Set(tensors)].flatMap((row) => {
    const place = row && graph.loops.placeOf(row);
    return place && graph.loops.homeOf(row) && row.dtype === "f32" ? [{ row, ...place }] : [];
  });
}

/** Whether an op outside loops has put this tensor where it is. */
function isPut(graph: Graph, tensor: Tensor): boolean {
  return graph.maker(tensor) !== undefined && !graph.loops.homeOf(tensor);
}

/** What is known of a stack's gradient: as a whole, and by those of its rows that were read outside loops. */
function gradientOfStack(graph: Graph, stack: Tensor, gradients: Sums): Tensor | null {
  const [rows, ...rest] = stack.shape as [number, ...number[]];
  for (const { tensor, index } of graph.loops.inside(stack)) {
    const piece = graph.loops.homeOf(tensor) || graph.maker(tensor) ? null : gradients.of(tensor);
    if (!piece) continue;
    const count = rest.length < tensor.shape.length ? (tensor.shape[0] as number) : 1;
    const after = rows - index - count;
    gradients.add(stack, pad(reshape(piece, [count, ...rest]), { axis: 0, before: index, after }));
  }
  return gradients.of(stack);
}

function zeros(graph: Graph, shape: Shape): Tensor {
  return broadcastTo(affine(graph.zeros([]), {}), shape);
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
  // A step may read what another one wrote, which stands behind it in the list: until nothing new is found.
  for (let before = -1; before !== ids.size; ) {
    before = ids.size;
    for (const node of nodes) {
      // Of all operands: each row that depends is found here.
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
