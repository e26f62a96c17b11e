import { ShapeError } from "../errors.js";
import type { Graph } from "./graph.js";
import type { Shape, ValueType } from "./program.js";
import type { Tensor } from "./tensor.js";

/** A loop whose ops run once for each step: 0 to steps - 1, or the other way round. See ops.scan. */
export interface Loop {
  readonly steps: number;
  readonly reverse: boolean;
}

/** A tensor in the memory of a stack: its row `index` + step; outside loops from row `index` on. */
export interface Place {
  readonly stack: Tensor;
  readonly index: number;
}

/**
 * Where the tensors of loops are. A loop of three steps over an input x, with a state h and a value a on the way:
 *
 *   step           0         1         2
 *   x  stack    [ row 0 ] [ row 1 ] [ row 2 ]              a step reads its row of x,
 *                  |         |         |
 *   a           [ row 0 ] [ row 1 ] [ row 2 ]              makes a, kept in a stack if the gradient reads it again,
 *                  |         |         |
 *   h  stack    [ row 0 ] [ row 1 ] [ row 2 ] [ row 3 ]    reads a row of h and writes the next; row 0 was put there before
 *
 * A stack is memory whose first axis is time. A tensor that lies in one has its place there: the rows that a step reads, and what
 * `put` puts. The home of a tensor is the loop in one step of which it exists; what is outside has none. What a step made
 * (a above) is kept when somebody asks for all its steps: its memory is then a stack's row, too.
 */
export class Loops {
  readonly #places = new Map<number, Place>();
  readonly #homes = new Map<number, Loop>();
  readonly #kept = new Map<number, Tensor>();
  /** Tensors that stand for rows, by loop, stack, row and shape: each is made once. */
  readonly #rows = new Map<string, Tensor>();
  readonly #numbers = new Map<Loop, number>();
  readonly #tensors: Tensor[] = [];
  #current: Loop | null = null;

  constructor(
    readonly graph: Graph,
    private readonly tensor: (dtype: ValueType, shape: Shape, name: string) => Tensor,
  ) {}

  /** The loop that is being recorded. */
  get current(): Loop | null {
    return this.#current;
  }

  /** By tensor id. */
  get homes(): ReadonlyMap<number, Loop> {
    return this.#homes;
  }

  /** Calls `record` in a loop. @throws ShapeError inside another one. */
  run<R>(loop: Loop, record: () => R): R {
    if (this.#current) throw new ShapeError("Graph: a loop cannot be recorded inside another one.");
    this.#current = loop;
    try {
      return record();
    } finally {
      this.#current = null;
    }
  }

  /** A tensor that is recorded in a loop exists in one of its steps. */
  enter(tensor: Tensor): Tensor {
    if (this.#current) this.#homes.set(tensor.id, this.#current);
    return tensor;
  }

  /** The loop in one step of which a tensor exists. */
  homeOf(tensor: Tensor): Loop | undefined {
    return this.#homes.get(tensor.id);
  }

  /** Whether a tensor exists in the step that is being recorded. */
  isOfThisStep(tensor: Tensor): boolean {
    return this.#current !== null && this.homeOf(tensor) === this.#current;
  }

  /** Memory that is written row by row, with `put`. */
  stack(dtype: ValueType, shape: Shape, name: string): Tensor {
    return this.tensor(dtype, shape, name);
  }

  /** In a loop, the row `index` + step of a stack. Outside, what begins with row `index` and has this shape. */
  rows(stack: Tensor, index: number, shape: Shape = stack.shape.slice(1)): Tensor {
    this.expectOutside("scan", stack);
    const key = `${this.#current ? this.#numberOf(this.#current) : ""}/${stack.id}/${index}/${shape}`;
    const known = this.#rows.get(key);
    if (known) return known;
    const tensor = this.enter(this.tensor(stack.dtype, shape, stack.name));
    this.#place(tensor, { stack, index });
    this.#rows.set(key, tensor);
    return tensor;
  }

  /** Gives the result of an op its memory in a stack: row `index`, plus the step in a loop. */
  put(tensor: Tensor, stack: Tensor, index: number): void {
    if (this.#places.has(tensor.id)) throw new ShapeError(`Graph: ${tensor} has its place already.`);
    this.expectHere("scan", tensor);
    this.#place(tensor, { stack, index });
  }

  /** Where a tensor lies, if it is in the memory of a stack. */
  placeOf(tensor: Tensor): Place | undefined {
    return this.#places.get(tensor.id);
  }

  /** The tensors in the memory of a stack. */
  inside(stack: Tensor): { tensor: Tensor; index: number }[] {
    return this.#tensors.flatMap((tensor) => {
      const place = this.placeOf(tensor);
      return place?.stack === stack ? [{ tensor, index: place.index }] : [];
    });
  }

  /**
   * All steps of a tensor that an op in a loop made: [steps,...]. It gets its memory there, unless nobody reads that.
   * @throws ShapeError for a view, whose memory is another tensor's.
   */
  keep(tensor: Tensor): Tensor {
    const loop = this.homeOf(tensor);
    const known = this.keptOf(tensor);
    if (known) return known;
    if (!loop || this.#places.has(tensor.id) || this.graph.maker(tensor)?.operation.view) {
      throw new ShapeError(`Graph: ${tensor} has no memory of its own in a loop.`);
    }
    const stack = this.stack(tensor.dtype, [loop.steps, ...tensor.shape], tensor.name);
    this.#kept.set(tensor.id, stack);
    return stack;
  }

  /** All steps of a tensor, if somebody has asked for them. */
  keptOf(tensor: Tensor): Tensor | undefined {
    return this.#kept.get(tensor.id);
  }

  /** The stacks that a tensor is written to. */
  stacksOf(tensor: Tensor): Tensor[] {
    return [this.placeOf(tensor)?.stack, this.keptOf(tensor)].filter((stack) => stack !== undefined);
  }

  /** By tensor id: the places of all tensors, those that are kept among them where the stack is one of `wanted`. */
  placesFor(wanted: ReadonlySet<number>): Map<number, Place> {
    const places = new Map(this.#places);
    for (const [id, stack] of this.#kept) if (wanted.has(stack.id)) places.set(id, { stack, index: 0 });
    return places;
  }

  /** @throws ShapeError unless a tensor can be read where ops are recorded now. */
  expectHere(reader: string, tensor: Tensor): void {
    if (this.homeOf(tensor) !== this.#current || tensor.graph !== this.graph) this.expectOutside(reader, tensor);
  }

  /** @throws ShapeError for a tensor that only exists in a step. */
  expectOutside(reader: string, tensor: Tensor): void {
    if (tensor.graph !== this.graph) throw new ShapeError(`${reader}: ${tensor} belongs to another graph.`);
    if (!this.#homes.has(tensor.id)) return;
    throw new ShapeError(`${reader}: ${tensor} only exists in a step of a loop. Return it from the body of the scan.`);
  }

  #place(tensor: Tensor, place: Place): void {
    this.#places.set(tensor.id, place);
    this.#tensors.push(tensor);
  }

  #numberOf(loop: Loop): number {
    const known = this.#numbers.get(loop) ?? this.#numbers.size;
    this.#numbers.set(loop, known);
    return known;
  }
}
