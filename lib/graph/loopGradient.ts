import { ShapeError } from "../errors.js";
import { backThroughOp, Sums, zeros } from "./backThroughOp.js";
import type { Graph, Node } from "./graph.js";
import type { Loop } from "./loops.js";
import { add } from "./ops/elementwise.js";
import { pad, reshape } from "./ops/shape.js";
import { owned } from "./owned.js";
import { isJoinable, sumOverSteps } from "./rewrites/sumOverSteps.js";
import type { Tensor } from "./tensor.js";

/** A tensor that stands for a row of a stack in each step. */
interface Row {
  readonly row: Tensor;
  readonly stack: Tensor;
  readonly index: number;
}

/** A step's share of the gradient of a tensor outside the loop. */
interface Piece {
  readonly tensor: Tensor;
  piece: Tensor;
}

/**
 * The gradient of a loop is a loop that walks the other way. A step of it reads again what that step read and made, which the
 * loop keeps for it (`Loops.keep`), and the gradients of what it wrote. It writes those of the rows that it read: of a state,
 * the step before goes on from there. What every step met of the world outside gets the sum over the steps.
 */
export class LoopGradient {
  readonly #graph: Graph;
  readonly #loop: Loop;
  readonly #nodes: readonly Node[];
  readonly #wanted: ReadonlySet<number>;
  /** Gradients of tensors outside the loop. */
  readonly #gradients: Sums;
  /** The rows that a step writes, and what is known of their stacks' gradients from what follows the loop. */
  readonly #written: readonly Row[];
  readonly #outside: ReadonlyMap<Tensor, Tensor | null>;
  /** The gradients of the stacks that a step reads: written row by row, on the way back. */
  readonly #own = new Map<Tensor, Tensor>();

  constructor({
    loop,
    nodes,
    wanted,
    gradients,
  }: {
    loop: Loop;
    nodes: readonly Node[];
    wanted: ReadonlySet<number>;
    gradients: Sums;
  }) {
    this.#graph = gradients.graph;
    this.#loop = loop;
    this.#nodes = nodes;
    this.#wanted = wanted;
    this.#gradients = gradients;
    const results = nodes.flatMap((node) => node.results);
    for (const result of results) {
      const kept = this.#graph.loops.keptOf(result);
      if (kept && gradients.of(kept))
        throw new ShapeError(`differentiate: a scan has no second derivative (of ${result}).`);
    }
    this.#written = rowsOf(this.#graph, results);
    this.#outside = new Map(this.#written.map(({ stack }) => [stack, gradientOfStack(this.#graph, stack, gradients)]));
  }

  record(): void {
    const read = this.#rowsRead();
    if (!read) return;
    this.#makeStacks(read);
    const pieces = this.#recordSteps(read);
    const sums = new Map<Node, Tensor[]>();
    for (const { tensor, piece } of pieces) this.#gradients.add(tensor, sumOverSteps(this.#graph, piece, sums));
    this.#addOfRead(read);
  }

  /** The number of the step that runs first. */
  get #first(): number {
    return this.#loop.reverse ? this.#loop.steps - 1 : 0;
  }

  /** The number of the step that runs last. */
  get #last(): number {
    return this.#loop.steps - 1 - this.#first;
  }

  /** The rows whose gradient is wanted; null where the loss does not depend on the loop. */
  #rowsRead(): Row[] | null {
    const onTheWay = stacksOnTheWay(this.#graph, this.#nodes, this.#outside);
    if (onTheWay.size === 0) return null;
    const operands = this.#nodes.flatMap((node) => node.operands);
    // A value that a step made itself is no row that it read.
    return rowsOf(this.#graph, operands).filter(
      ({ row, stack }) => this.#wanted.has(row.id) && !this.#graph.maker(row) && onTheWay.has(stack),
    );
  }

  #makeStacks(read: readonly Row[]): void {
    const { loops } = this.#graph;
    for (const { stack } of read) {
      if (this.#own.has(stack)) {
        throw new ShapeError(`differentiate: a loop reads more than one row of ${stack} in a step.`);
      }
      const gradient = loops.stack("f32", stack.shape, `gradient of ${stack.name}`);
      this.#own.set(stack, gradient);
      const writer = this.#written.find((entry) => entry.stack === stack);
      // Nothing follows the last step.
      if (writer) loops.put(zeros(this.#graph, writer.row.shape), gradient, writer.index + this.#last);
    }
  }

  /** Records the steps back, and returns what each of them adds outside. */
  #recordSteps(read: readonly Row[]): Piece[] {
    const graph = this.#graph;
    const pieces: Piece[] = [];
    const back: Loop = { steps: this.#loop.steps, reverse: !this.#loop.reverse };
    graph.loop(back, () => {
      const local = new Sums(graph);
      const gradients = {
        graph,
        add: (tensor: Tensor, piece: Tensor) => {
          if (graph.loops.homeOf(tensor) === this.#loop) local.add(tensor, piece);
          else pieces.push({ tensor, piece });
        },
      };
      const incoming = (result: Tensor) => this.#incoming(result, local);
      const seen = (tensor: Tensor) => this.#seen(tensor);
      for (const node of [...this.#nodes].reverse()) {
        backThroughOp(node, { wanted: this.#wanted, incoming, gradients, seen });
      }
      for (const { row, stack, index } of read) {
        const gradient = local.of(row) ?? zeros(graph, row.shape);
        graph.loops.put(owned(graph, gradient), this.#own.get(stack) as Tensor, index);
      }
      for (const entry of pieces) if (!isJoinable(graph, entry.piece)) entry.piece = owned(graph, entry.piece);
    });
    return pieces;
  }

  /** How a step back sees what the step forward read or made. */
  #seen(tensor: Tensor): Tensor {
    const { loops } = this.#graph;
    if (loops.homeOf(tensor) !== this.#loop) return tensor;
    const place = loops.placeOf(tensor);
    if (place) return loops.rows(place.stack, place.index);
    const maker = this.#graph.maker(tensor) as Node;
    if (maker.operation.view) return reshape(this.#seen(maker.operands[0] as Tensor), tensor.shape);
    return loops.rows(loops.keep(tensor), 0);
  }

  /** The gradient of what a step made: from the step itself, from what follows the loop, and from the step after it. */
  #incoming(result: Tensor, local: Sums): Tensor | null {
    const { loops } = this.#graph;
    const place = loops.placeOf(result);
    const stacks = place ? [this.#outside.get(place.stack), this.#own.get(place.stack)] : [];
    const parts = [local.of(result), ...stacks.map((stack) => stack && loops.rows(stack, place?.index ?? 0))];
    return parts.reduce<Tensor | null>((sum, part) => (sum && part ? add(sum, part) : (sum ?? part ?? null)), null);
  }

  /** Inputs get the gradients of their rows; of a state, only what the first step began with comes from elsewhere. */
  #addOfRead(read: readonly Row[]): void {
    const { loops } = this.#graph;
    for (const { stack, index } of read) {
      const gradient = this.#own.get(stack) as Tensor;
      if (!this.#outside.has(stack)) {
        this.#gradients.add(stack, gradient);
        continue;
      }
      const row = index + this.#first;
      const begin = loops.inside(stack).find(({ tensor, index: at }) => at === row && isPut(this.#graph, tensor));
      if (begin) this.#gradients.add(begin.tensor, loops.rows(gradient, row));
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
function rowsOf(graph: Graph, tensors: readonly (Tensor | null)[]): Row[] {
  return [...new Set(tensors)].flatMap((row) => {
    const place = row && graph.loops.placeOf(row);
    return place && graph.loops.homeOf(row) && row.dtype === "f32" ? [{ row, ...place }] : [];
  });
}

/** Whether an op outside loops has put this tensor where it is. */
function isPut(graph: Graph, tensor: Tensor): boolean {
  return graph.maker(tensor) !== undefined && !graph.loops.homeOf(tensor);
}

/** A stack's gradient so far: as a whole, and by those of its rows that were read outside loops. */
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
