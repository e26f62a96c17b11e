import type { Graph, Node } from "../graph.js";
import type { Loop } from "../loops.js";
import { byName } from "../operation.js";
import { sumTo } from "../ops/reduce.js";
import { reshape } from "../ops/shape.js";
import type { Tensor } from "../tensor.js";

/** Whether the sum of a gradient over the steps is one op over all steps. */
export function isJoinable(graph: Graph, piece: Tensor): boolean {
  const maker = graph.maker(piece);
  if (!maker?.loop || !maker.operation.sumsRows || !graph.rewrites.has("sumOverSteps")) return false;
  const varies = maker.operands.map((operand) => operand !== null && graph.loops.homeOf(operand) !== undefined);
  const joins = maker.operands.every((operand, i) => !varies[i] || (operand as Tensor).shape.length > 0);
  const { operation, operands, results, attributes } = maker;
  const shapes = {
    ...byName(
      operation.operands,
      operands.map((operand) => operand?.shape ?? null),
    ),
    ...byName(
      operation.results,
      results.map(({ shape }) => shape),
    ),
    ...byName(operation.attributes ?? [], attributes),
  };
  return joins && operation.sumsRows?.(byName(operation.operands, varies) as never, shapes as never) === true;
}

/**
 * The sum of a gradient over the steps of its loop: one op over the rows of all steps where that is the same
 * (`Operation.sumsRows`), otherwise all steps of it, added up.
 * @param sums the ops that stand for all steps already.
 */
export function sumOverSteps(graph: Graph, piece: Tensor, sums: Map<Node, Tensor[]>): Tensor {
  const maker = graph.maker(piece) as Node;
  if (!isJoinable(graph, piece)) return sumTo(graph.loops.keep(piece), piece.shape);
  const joined = maker.operands.map((operand) =>
    operand && graph.loops.homeOf(operand) ? allSteps(graph, operand) : operand,
  );
  const results =
    sums.get(maker) ??
    graph.under(maker.path, () => graph.append(maker.operation, joined, maker.results, maker.attributes));
  sums.set(maker, results);
  return results[maker.results.indexOf(piece)] as Tensor;
}

/** All steps of a loop's tensor, joined along its first axis: [steps * N,...]. */
function allSteps(graph: Graph, tensor: Tensor): Tensor {
  const { steps } = graph.loops.homeOf(tensor) as Loop;
  let root = tensor;
  while (graph.maker(root)?.operation.view) root = graph.maker(root)?.operands[0] as Tensor;
  const place = graph.loops.placeOf(root);
  const stacked = place ? graph.loops.rows(place.stack, place.index, [steps, ...root.shape]) : graph.loops.keep(root);
  return reshape(stacked, [steps * (tensor.shape[0] as number), ...tensor.shape.slice(1)]);
}
