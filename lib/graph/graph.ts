import { describe, OptionError, ShapeError } from "../errors.js";
import {
  checkOption,
  completeOptions,
  flag,
  list,
  object,
  optional,
  real,
  text,
  value,
  whole,
  word,
} from "../options.js";
import { planLifetimes } from "./lifetimes.js";
import type { Loop, Place } from "./loops.js";
import { Loops } from "./loops.js";
import type { All, Named, Operation } from "./operation.js";
import { byName, inOrder, slotOf } from "./operation.js";
import type { DType, Program, Shape, ValueType, VariableSpec } from "./program.js";
import { sameShape, shapeRule, shapeText } from "./program.js";
import { expectVariable } from "./programRule.js";
import { programText } from "./programText.js";
import { isHoisted } from "./rewrites/hoist.js";
import type { RewriteName } from "./rewrites/names.js";
import { rewriteNames } from "./rewrites/names.js";
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

/** Rows of a batch that a graph computes, of which other processes have the others. */
export interface BatchRows {
  /** Number of its first row in the whole batch. */
  readonly first: number;
  /** Rows of the whole batch. */
  readonly of: number;
  /** Whether these rows are learnt from by themselves, so that means are over them alone. Default false. */
  readonly apart?: boolean;
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
  /** @internal */
  readonly nodes: Node[] = [];
  /** @internal */
  readonly loops = new Loops(this, (dtype, shape, name) => this.#tensor(dtype, shape, name));
  /** The rules of lib/graph/rewrites that apply. */
  readonly rewrites: ReadonlySet<RewriteName>;
  /** The rows of the batch that this graph has, where it does not have them all. */
  readonly rows: BatchRows | null;
  readonly #tensors: Tensor[] = [];
  readonly #feeds = new Map<string, Tensor>();
  readonly #outputs = new Map<string, Tensor>();
  readonly #variables = new Map<string, { spec: VariableSpec; tensor: Tensor }>();
  readonly #path: string[] = [];
  /** Before the names of variables. */
  #prefix = "";
  readonly #makers = new Map<number, Node>();
  /** Where the ops of the loop that is being recorded begin. */
  #loopBegin = 0;
  readonly #defaults = new Map<string, number>();
  #streams = 0;

  /**
   * @param options.training whether dropout and other noise is recorded. Default false.
   * @param options.rewrites the rules that may record something cheaper of the same value. Default: all.
   * @param options.rows the rows of a batch that are recorded, where other processes have the others. Default: all.
   */
  constructor(options: { training?: boolean; rewrites?: readonly RewriteName[]; rows?: BatchRows | undefined } = {}) {
    const { training, rewrites, rows } = completeOptions("Graph", options, {
      training: flag(),
      rewrites: list(word(rewriteNames), rewriteNames),
      rows: optional(object({ first: whole(), of: whole({ minimum: 1 }), apart: flag() })),
    });
    this.training = training;
    this.rows = rows ?? null;
    this.rewrites = new Set(rewrites);
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

  /**
   * Targets and rows of the whole batch, to divide by: what this graph records of some rows then adds up with the others' to what
   * all rows give.
   * @param own [] targets of the rows that are recorded. @param B how many these are.
   */
  whole(own: Tensor, B: number): { count: Tensor; rows: number } {
    if (!this.rows || this.rows.apart) return { count: own, rows: B };
    return { count: this.scalar("targetsOfAll"), rows: this.rows.of };
  }

  /** Shapes of what callers supply, by name. @internal */
  get feedShapes(): Map<string, Shape> {
    return new Map([...this.#feeds].map(([name, { shape }]) => [name, shape]));
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
    const name = this.#prefix + spec.name;
    const known = this.#variables.get(name);
    if (known) {
      if (known.spec.dtype === spec.dtype && sameShape(known.spec.shape, spec.shape)) return known.tensor;
      throw new ShapeError(
        `Graph: variable ${JSON.stringify(name)} has shape ${shapeText(known.spec.shape)} and cannot also have ` +
          `${shapeText(spec.shape)}: two layers share one name.`,
      );
    }
    const tensor = this.#tensor(spec.dtype, spec.shape, name);
    this.#variables.set(name, { spec: { ...spec, name, shape: [...spec.shape] }, tensor });
    return tensor;
  }

  /** A constant tensor of zeros: a variable that no op writes, as stores fill new variables with zeros. */
  zeros(shape: Shape): Tensor {
    checkOption("Graph.zeros", "shape", shape, shapeRule);
    return this.variable({ name: `zeros${shapeText(shape)}`, dtype: "f32", shape });
  }

  /** Names a value that every run returns. */
  output(name: string, tensor: Tensor): void {
    checkOption("Graph.output", "name", name, text());
    expectTensor(`Graph, output ${JSON.stringify(name)}`, "its value", tensor);
    if (this.#outputs.has(name)) throw new OptionError(`Graph: output ${JSON.stringify(name)} exists already.`);
    this.loops.expectOutside(`output ${JSON.stringify(name)}`, tensor);
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

  /** Runs `record` with `prefix` before the names of its variables: two networks of one kind keep theirs apart. @internal */
  prefixed<R>(prefix: string, record: () => R): R {
    const before = this.#prefix;
    this.#prefix += prefix;
    try {
      return record();
    } finally {
      this.#prefix = before;
    }
  }

  /** The same for the whole path of an op; "" for none. @internal */
  under<R>(path: string, record: () => R): R {
    return path ? this.within(path, record) : record();
  }

  /**
   * Adds an op. Called by the functions of lib/graph/ops, which have checked the operands.
   * @param results the shape of each result, or a tensor that it is like.
   * @internal
   */
  record<O extends readonly string[], R extends readonly string[], A extends readonly string[]>(
    operation: Operation<O, R, A>,
    operands: Named<O, Tensor, null | undefined>,
    results: All<R, Shape | Pick<Tensor, "dtype" | "shape">>,
    ...[attributes]: A extends readonly [] ? [] : [All<A, number>]
  ): All<R, Tensor> {
    const likes = results as Readonly<Record<string, Shape | Tensor>>;
    const specs = operation.results.map((entry) => {
      const { name, dtype } = slotOf(entry);
      const like = likes[name] as Shape | Tensor;
      const shape = "shape" in like ? like.shape : like;
      return { dtype: dtype !== "any" ? dtype : "dtype" in like ? like.dtype : "f32", shape };
    });
    const numbers = (operation.attributes ?? []).map((name) => (attributes as Record<string, number>)[name] as number);
    const tensors = this.append(operation, inOrder(operation.operands, operands), specs, numbers);
    return byName(operation.results, tensors) as All<R, Tensor>;
  }

  /**
   * Adds an op whose operands, results and attributes are in order. In a loop, one that meets nothing of the step is recorded before
   * the loop.
   * @internal
   */
  append(
    operation: Operation,
    operands: readonly (Tensor | null)[],
    results: readonly { readonly dtype: ValueType; readonly shape: Shape }[],
    attributes: readonly number[],
  ): Tensor[] {
    const path = this.#path.join("/");
    const name = path ? `${path}/${operation.name}` : operation.name;
    for (const operand of operands) {
      if (operand) this.loops.expectHere(name, operand);
    }
    const { current } = this.loops;
    if (current && operation.mutates) throw new ShapeError(`${name}: a loop cannot change variables.`);
    const hoisted = current !== null && isHoisted(this, operation, operands);
    const tensors = results.map(({ dtype, shape }) => this.#tensor(dtype, shape, name));
    if (!hoisted) for (const tensor of tensors) this.loops.enter(tensor);
    const node: Node = {
      operation,
      operands,
      results: tensors,
      attributes: [...attributes],
      path,
      loop: hoisted ? null : current,
    };
    if (hoisted) this.nodes.splice(this.#loopBegin++, 0, node);
    else this.nodes.push(node);
    for (const tensor of tensors) this.#makers.set(tensor.id, node);
    return tensors;
  }

  /** Records ops that run once for each step. @throws ShapeError inside another loop. @internal */
  loop<R>(loop: Loop, record: () => R): R {
    checkOption("Graph.loop", "record", record, recorder);
    this.#loopBegin = this.nodes.length;
    return this.loops.run(loop, record);
  }

  /**
   * Moves the op that made a tensor to right after the ops that make its operands, and after the op of `earlier`: what goes on while
   * other ops run begins as soon as it can. An op whose operands a loop makes stays where it is.
   * @internal
   */
  hasten(tensor: Tensor, earlier: Tensor | null): void {
    const node = this.maker(tensor) as Node;
    const before = [...node.operands, earlier].filter((operand) => operand !== null);
    const makers = before.map((operand) => this.maker(operand));
    const known = before.every((operand, i) => makers[i] || this.isVariable(operand) || this.#isFeed(operand));
    if (!known || makers.some((maker) => maker?.loop)) return;
    const place = 1 + Math.max(-1, ...makers.map((maker) => (maker ? this.nodes.indexOf(maker) : -1)));
    this.nodes.splice(this.nodes.indexOf(node), 1);
    this.nodes.splice(place, 0, node);
  }

  #isFeed(tensor: Tensor): boolean {
    return [...this.#feeds.values()].includes(tensor);
  }

  /** Whether a tensor is a variable, or a view of one. @internal */
  isVariable(tensor: Tensor): boolean {
    const maker = this.maker(tensor);
    if (maker?.operation.view) return this.isVariable(maker.operands[0] as Tensor);
    return [...this.#variables.values()].some((variable) => variable.tensor === tensor);
  }

  /** The op that made a tensor; undefined for feeds, variables and stacks. @internal */
  maker(tensor: Tensor): Node | undefined {
    return this.#makers.get(tensor.id);
  }

  /** The finished program: without ops that nothing depends on. */
  program(): Program {
    const { nodes, places } = this.#liveNodes();
    const outputs = [...this.#outputs].map(([name, tensor]) => ({ name, value: tensor.id }));
    const feeds = [...this.#feeds].map(([name, tensor]) => ({ name, value: tensor.id }));
    const variables = [...this.#variables.values()];
    const program = planLifetimes({
      tensors: this.#tensors,
      nodes,
      places,
      homes: this.loops.homes,
      feeds,
      outputs,
      variables: variables.map(({ spec }) => spec),
      variableOf: new Map(variables.map(({ spec, tensor }) => [tensor.id, spec.name])),
    });
    // No part of the plain data that a program is, but there for whoever prints it.
    return Object.defineProperty(program, "toString", { value: () => programText(program) });
  }

  #tensor(dtype: ValueType, shape: Shape, name: string): Tensor {
    if (!shapeRule.fits(shape)) {
      const got = Array.isArray(shape) ? shapeText(shape) : describe(shape);
      throw new ShapeError(`${name}: expected a shape, ${shapeRule.expected}, got ${got}.`);
    }
    const tensor = new Tensor(this, this.#tensors.length, dtype, [...shape], name);
    this.#tensors.push(tensor);
    return tensor;
  }

  #liveNodes(): { nodes: Node[]; places: Map<number, Place> } {
    const wanted = new Set([...this.#outputs.values()].map((tensor) => tensor.id));
    const live = new Set<Node>();
    const isWanted = (result: Tensor) =>
      wanted.has(result.id) || this.loops.stacksOf(result).some((stack) => wanted.has(stack.id));
    // A step may read what a later op of the list wrote in the step before: repeat until nothing new is found.
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
    return { nodes: this.nodes.filter((node) => live.has(node)), places: this.loops.placesFor(wanted) };
  }

  /** A tensor in a stack's memory wants the stack. */
  #want(tensor: Tensor, wanted: Set<number>): void {
    wanted.add(tensor.id);
    const place = this.loops.placeOf(tensor);
    if (place && !wanted.has(place.stack.id)) this.#want(place.stack, wanted);
  }
}
