import { describe, OptionError, ShapeError } from "../errors.js";
import { checkOption, completeOptions, flag, real, text, value } from "../options.js";
import type { All, Named, Operation } from "./operation.js";
import { byName, inOrder, slotOf } from "./operation.js";
import { planMemory } from "./plan.js";
import type { DType, Program, Shape, VariableSpec } from "./program.js";
import { sameShape, shapeRule, shapeText } from "./program.js";
import { expectVariable } from "./programRule.js";
import { expectTensor, Tensor } from "./tensor.js";

/** An op as recorded: like `Op` of a Program, with tensors instead of ids. */
export interface Node {
  readonly operation: Operation;
  readonly operands: readonly (Tensor | null)[];
  readonly results: readonly Tensor[];
  readonly attributes: readonly number[];
  readonly path: string;
  readonly loop: Loop | null;
}

/** What is recorded in it runs once for each step: 0 to steps - 1, or the other way round. See ops.scan. */
export interface Loop {
  readonly steps: number;
  readonly reverse: boolean;
}

/** A tensor in the memory of another, whose first axis is time: its row `index` + step; outside loops from row `index` on. */
export interface Place {
  readonly stack: Tensor;
  readonly index: number;
}

const recorder = value<() => unknown>("a function that records ops", (record) => typeof record === "function");

/**
 * Records a Program. Functions of lib/graph/ops add to the graph of their operands; nothing is computed.
 *
 * ```ts
 * const graph = new Graph();
 * const x = graph.feed("x", "f32", [2, 3]);
 * graph.output("y", ops.tanh(x));
 * const program = graph.program();
 * ```
 */
export class Graph {
  readonly training: boolean;
  readonly nodes: Node[] = [];
  readonly #tensors: Tensor[] = [];
  readonly #feeds = new Map<string, Tensor>();
  readonly #outputs = new Map<string, Tensor>();
  readonly #variables = new Map<string, { spec: VariableSpec; tensor: Tensor }>();
  readonly #path: string[] = [];
  readonly #places = new Map<number, Place>();
  /** Of tensors that only exist in a step of a loop. */
  readonly #homes = new Map<number, Loop>();
  readonly #rows = new Map<string, Tensor>();
  readonly #kept = new Map<number, Tensor>();
  readonly #makers = new Map<number, Node>();
  readonly #loopNumbers = new Map<Loop, number>();
  #loop: Loop | null = null;
  #loopBegin = 0;
  readonly #defaults = new Map<string, number>();
  #streams = 0;

  /** @param options.training whether dropout and other noise is recorded. Default false. */
  constructor(options: { training?: boolean } = {}) {
    this.training = completeOptions("Graph", options, { training: flag() }).training;
  }

  /** A value that the caller supplies for each run. Shape [] is a run-time scalar. */
  feed(name: string, dtype: DType, shape: Shape): Tensor {
    expectVariable("Graph.feed", { name, dtype, shape });
    if (this.#feeds.has(name)) throw new OptionError(`Graph: feed ${JSON.stringify(name)} exists already.`);
    const tensor = this.#tensor(dtype, shape, name);
    this.#feeds.set(name, tensor);
    return tensor;
  }

  /**
   * A run-time scalar (learning rate, dropout rate): changing it never recompiles. Asking again gives the same tensor.
   * @param initial what callers feed unless they know better: see `defaults`.
   */
  scalar(name: string, initial?: number): Tensor {
    checkOption("Graph.scalar", "name", name, text());
    if (initial !== undefined) checkOption(`Graph.scalar ${name}`, "initial", initial, real());
    if (initial !== undefined) this.#defaults.set(name, initial);
    return this.#feeds.get(name) ?? this.feed(name, "f32", []);
  }

  /** Values for the scalars that have one. */
  get defaults(): Record<string, number> {
    return Object.fromEntries(this.#defaults);
  }

  /** The feed of all noise: i32 [2], the seed and the step. */
  random(): Tensor {
    return this.#feeds.get("random") ?? this.feed("random", "i32", [2]);
  }

  /** A number that no other noise of this graph has. */
  nextStream(): number {
    return this.#streams++;
  }

  /** A value of the store that outlives the run. Asking again for the same variable gives the same tensor. */
  variable(spec: VariableSpec): Tensor {
    expectVariable("Graph.variable", spec);
    const known = this.#variables.get(spec.name);
    if (known) {
      if (known.spec.dtype === spec.dtype && sameShape(known.spec.shape, spec.shape)) return known.tensor;
      throw new ShapeError(
        `Graph: variable ${JSON.stringify(spec.name)} has shape ${shapeText(known.spec.shape)} and cannot also have ` +
          `${shapeText(spec.shape)}: two layers share one name.`,
      );
    }
    const tensor = this.#tensor(spec.dtype, spec.shape, spec.name);
    this.#variables.set(spec.name, { spec: { ...spec, shape: [...spec.shape] }, tensor });
    return tensor;
  }

  /** Zeros. A variable that nobody writes: stores fill new variables with zeros. */
  zeros(shape: Shape): Tensor {
    checkOption("Graph.zeros", "shape", shape, shapeRule);
    return this.variable({ name: `zeros${shapeText(shape)}`, dtype: "f32", shape });
  }

  /** Names a value that every run returns. */
  output(name: string, tensor: Tensor): void {
    checkOption("Graph.output", "name", name, text());
    expectTensor(`Graph, output ${JSON.stringify(name)}`, "its value", tensor);
    if (this.#outputs.has(name)) throw new OptionError(`Graph: output ${JSON.stringify(name)} exists already.`);
    this.#expectOutside(`output ${JSON.stringify(name)}`, tensor);
    this.#outputs.set(name, tensor);
  }

  /** Runs `record` with `name` as part of the path that messages show. */
  within<R>(name: string, record: () => R): R {
    checkOption("Graph.within", "name", name, text());
    checkOption("Graph.within", "record", record, recorder);
    this.#path.push(name);
    try {
      return record();
    } finally {
      this.#path.pop();
    }
  }

  /**
   * Adds an op. Called by the functions of lib/graph/ops, which have checked the operands.
   * @param results the shape of each result, or a tensor that it is like.
   */
  record<O extends readonly string[], R extends readonly string[], A extends readonly string[]>(
    operation: Operation<O, R, A>,
    operands: Named<O, Tensor, null | undefined>,
    results: All<R, Shape | Pick<Tensor, "dtype" | "shape">>,
    ...[attributes]: A extends readonly [] ? [] : [All<A, number>]
  ): All<R, Tensor> {
    const given = results as Readonly<Record<string, Shape | Tensor>>;
    const specs = operation.results.map((entry) => {
      const { name, dtype } = slotOf(entry);
      const like = given[name] as Shape | Tensor;
      const shape = "shape" in like ? like.shape : like;
      return { dtype: dtype !== "any" ? dtype : "dtype" in like ? like.dtype : "f32", shape };
    });
    const numbers = (operation.attributes ?? []).map((name) => (attributes as Record<string, number>)[name] as number);
    const tensors = this.append(operation, inOrder(operation.operands, operands), specs, numbers);
    return byName(operation.results, tensors) as All<R, Tensor>;
  }

  /** Adds an op whose operands, results and attributes are in order. In a loop, one that meets nothing of the step is recorded before the loop. */
  append(
    operation: Operation,
    operands: readonly (Tensor | null)[],
    results: readonly { readonly dtype: DType; readonly shape: Shape }[],
    attributes: readonly number[],
  ): Tensor[] {
    const path = this.#path.join("/");
    const name = path ? `${path}/${operation.name}` : operation.name;
    for (const operand of operands) {
      if (operand) this.#expectHere(name, operand);
    }
    if (this.#loop && operation.mutates) throw new ShapeError(`${name}: a loop cannot change variables.`);
    const hoisted = this.#loop !== null && this.#meetsNoStep(operation, operands);
    const tensors = results.map(({ dtype, shape }) => this.#tensor(dtype, shape, name));
    if (!hoisted) for (const tensor of tensors) this.#local(tensor);
    const node: Node = {
      operation,
      operands,
      results: tensors,
      attributes: [...attributes],
      path,
      loop: hoisted ? null : this.#loop,
    };
    if (hoisted) this.nodes.splice(this.#loopBegin++, 0, node);
    else this.nodes.push(node);
    for (const tensor of tensors) this.#makers.set(tensor.id, node);
    return tensors;
  }

  /** What `record` records runs once for each step. @throws ShapeError inside another loop. */
  loop<R>(loop: Loop, record: () => R): R {
    checkOption("Graph.loop", "record", record, recorder);
    if (this.#loop) throw new ShapeError("Graph: a loop cannot be recorded inside another one.");
    this.#loop = loop;
    this.#loopBegin = this.nodes.length;
    try {
      return record();
    } finally {
      this.#loop = null;
    }
  }

  /** Memory that is written row by row, with `put`. */
  stack(dtype: DType, shape: Shape, name: string): Tensor {
    return this.#tensor(dtype, shape, name);
  }

  /** In a loop, the row `index` + step of a stack. Outside, what begins with row `index` and has this shape. */
  rows(stack: Tensor, index: number, shape: Shape = stack.shape.slice(1)): Tensor {
    this.#expectOutside("scan", stack);
    const key = `${this.#loop ? this.#loopNumber(this.#loop) : ""}/${stack.id}/${index}/${shape}`;
    const known = this.#rows.get(key);
    if (known) return known;
    const tensor = this.#local(this.#tensor(stack.dtype, shape, stack.name));
    this.#places.set(tensor.id, { stack, index });
    this.#rows.set(key, tensor);
    return tensor;
  }

  /** Gives the result of an op its memory in a stack: row `index`, plus the step in a loop. */
  put(tensor: Tensor, stack: Tensor, index: number): void {
    if (this.#places.has(tensor.id)) throw new ShapeError(`Graph: ${tensor} has its place already.`);
    this.#expectHere("scan", tensor);
    this.#places.set(tensor.id, { stack, index });
  }

  /** Where a tensor lies, if it is in the memory of a stack. */
  placeOf(tensor: Tensor): Place | undefined {
    return this.#places.get(tensor.id);
  }

  /** The tensors in the memory of a stack. */
  inside(stack: Tensor): { tensor: Tensor; index: number }[] {
    return [...this.#places]
      .filter(([, place]) => place.stack === stack)
      .map(([id, { index }]) => ({ tensor: this.#tensors[id] as Tensor, index }));
  }

  /** Whether a tensor is a variable, or a view of one. */
  isVariable(tensor: Tensor): boolean {
    const maker = this.maker(tensor);
    if (maker?.operation.view) return this.isVariable(maker.operands[0] as Tensor);
    return [...this.#variables.values()].some((variable) => variable.tensor === tensor);
  }

  /** All steps of a tensor, if a gradient has asked for them. */
  keptOf(tensor: Tensor): Tensor | undefined {
    return this.#kept.get(tensor.id);
  }

  /** Whether a tensor exists in the step that is being recorded. */
  isOfThisStep(tensor: Tensor): boolean {
    return this.#loop !== null && this.#homes.get(tensor.id) === this.#loop;
  }

  /** The loop in one step of which a tensor exists. */
  homeOf(tensor: Tensor): Loop | undefined {
    return this.#homes.get(tensor.id);
  }

  /**
   * All steps of a tensor that an op in a loop made: [steps,...]. It gets its memory there, unless nobody reads that.
   * @throws ShapeError for a view, whose memory is another tensor's.
   */
  kept(tensor: Tensor): Tensor {
    const loop = this.#homes.get(tensor.id);
    const known = this.#kept.get(tensor.id);
    if (known) return known;
    if (!loop || this.#places.has(tensor.id) || this.maker(tensor)?.operation.view) {
      throw new ShapeError(`Graph: ${tensor} has no memory of its own in a loop.`);
    }
    const stack = this.stack(tensor.dtype, [loop.steps, ...tensor.shape], tensor.name);
    this.#kept.set(tensor.id, stack);
    return stack;
  }

  /** The op that made a tensor; undefined for feeds, variables and stacks. */
  maker(tensor: Tensor): Node | undefined {
    return this.#makers.get(tensor.id);
  }

  /** The finished program: ops that nothing depends on are left out, memory is planned. */
  program(): Program {
    const { nodes, places } = this.#liveNodes();
    const outputs = [...this.#outputs].map(([name, tensor]) => ({ name, value: tensor.id }));
    const feeds = [...this.#feeds].map(([name, tensor]) => ({ name, value: tensor.id }));
    const variables = [...this.#variables.values()];
    return planMemory({
      tensors: this.#tensors,
      nodes,
      places,
      homes: this.#homes,
      feeds,
      outputs,
      variables: variables.map(({ spec }) => spec),
      variableOf: new Map(variables.map(({ spec, tensor }) => [tensor.id, spec.name])),
    });
  }

  #tensor(dtype: DType, shape: Shape, name: string): Tensor {
    if (!shapeRule.fits(shape)) {
      const given = Array.isArray(shape) ? shapeText(shape) : describe(shape);
      throw new ShapeError(`${name}: expected a shape, ${shapeRule.expected}, got ${given}.`);
    }
    const tensor = new Tensor(this, this.#tensors.length, dtype, [...shape], name);
    this.#tensors.push(tensor);
    return tensor;
  }

  #meetsNoStep(operation: Operation, operands: readonly (Tensor | null)[]): boolean {
    return !operation.perStep && operands.every((operand) => !operand || !this.#homes.has(operand.id));
  }

  /** A tensor that is recorded in a loop exists in one of its steps. */
  #local(tensor: Tensor): Tensor {
    if (this.#loop) this.#homes.set(tensor.id, this.#loop);
    return tensor;
  }

  #expectHere(reader: string, tensor: Tensor): void {
    if (this.#homes.get(tensor.id) !== this.#loop || tensor.graph !== this) this.#expectOutside(reader, tensor);
  }

  #expectOutside(reader: string, tensor: Tensor): void {
    if (tensor.graph !== this) throw new ShapeError(`${reader}: ${tensor} belongs to another graph.`);
    if (!this.#homes.has(tensor.id)) return;
    throw new ShapeError(`${reader}: ${tensor} only exists in a step of a loop. Return it from the body of the scan.`);
  }

  #loopNumber(loop: Loop): number {
    const known = this.#loopNumbers.get(loop) ?? this.#loopNumbers.size;
    this.#loopNumbers.set(loop, known);
    return known;
  }

  /** The stacks that a tensor is written to. */
  #stacksOf(tensor: Tensor): Tensor[] {
    return [this.#places.get(tensor.id)?.stack, this.#kept.get(tensor.id)].filter((stack) => stack !== undefined);
  }

  #liveNodes(): { nodes: Node[]; places: Map<number, Place> } {
    const wanted = new Set([...this.#outputs.values()].map((tensor) => tensor.id));
    const live = new Set<Node>();
    const isWanted = (result: Tensor) =>
      wanted.has(result.id) || this.#stacksOf(result).some((stack) => wanted.has(stack.id));
    // A step may read what another one wrote, which stands behind it in the list: until nothing new is found.
    for (let before = -1; before !== wanted.size; ) {
      before = wanted.size;
      for (const node of [...this.nodes].reverse()) {
        if (live.has(node) && !node.loop) continue;
        const mutates = (node.operation.mutates ?? []).length > 0;
        if (!mutates && !node.results.some(isWanted)) continue;
        live.add(node);
        for (const operand of node.operands) if (operand) this.#want(operand, wanted);
      }
      for (const tensor of this.#outputs.values()) this.#want(tensor, wanted);
    }
    const places = new Map(this.#places);
    for (const [id, stack] of this.#kept) if (wanted.has(stack.id)) places.set(id, { stack, index: 0 });
    return { nodes: this.nodes.filter((node) => live.has(node)), places };
  }

  /** A tensor in a stack's memory wants the stack. */
  #want(tensor: Tensor, wanted: Set<number>): void {
    wanted.add(tensor.id);
    const place = this.#places.get(tensor.id);
    if (place && !wanted.has(place.stack.id)) this.#want(place.stack, wanted);
  }
}
