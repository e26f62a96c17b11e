import { OptionError, ShapeError } from "../errors.js";
import type { Operation } from "./operation.js";
import { planMemory } from "./plan.js";
import type { DType, Program, Shape, VariableSpec } from "./program.js";
import { sameShape, shapeText } from "./program.js";
import { Tensor } from "./tensor.js";

/** An op as recorded: like `Op` of a Program, with tensors instead of ids. */
export interface Node {
  readonly operation: Operation;
  readonly operands: readonly (Tensor | null)[];
  readonly results: readonly Tensor[];
  readonly attributes: readonly number[];
  readonly path: string;
}

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
  readonly #defaults = new Map<string, number>();
  #streams = 0;

  /** @param options.training whether dropout and other noise is recorded. Default false. */
  constructor({ training = false }: { training?: boolean } = {}) {
    this.training = training;
  }

  /** A value that the caller supplies for each run. Shape [] is a run-time scalar. */
  feed(name: string, dtype: DType, shape: Shape): Tensor {
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
    const known = this.#variables.get(spec.name);
    if (known) {
      if (known.spec.dtype === spec.dtype && sameShape(known.spec.shape, spec.shape)) return known.tensor;
      throw new ShapeError(
        `Graph: variable ${JSON.stringify(spec.name)} has shape ${shapeText(known.spec.shape)} and cannot also have ` +
          `${shapeText(spec.shape)}: two layers share one name.`,
      );
    }
    const tensor = this.#tensor(spec.dtype, spec.shape, spec.name);
    this.#variables.set(spec.name, { spec: { name: spec.name, dtype: spec.dtype, shape: [...spec.shape] }, tensor });
    return tensor;
  }

  /** Zeros. A variable that nobody writes: stores fill new variables with zeros. */
  zeros(shape: Shape): Tensor {
    return this.variable({ name: `zeros${shapeText(shape)}`, dtype: "f32", shape });
  }

  /** Names a value that every run returns. */
  output(name: string, tensor: Tensor): void {
    if (this.#outputs.has(name)) throw new OptionError(`Graph: output ${JSON.stringify(name)} exists already.`);
    if (tensor.graph !== this) throw new ShapeError(`Graph: output ${JSON.stringify(name)} belongs to another graph.`);
    this.#outputs.set(name, tensor);
  }

  /** Runs `record` with `name` as part of the path that messages show. */
  within<R>(name: string, record: () => R): R {
    this.#path.push(name);
    try {
      return record();
    } finally {
      this.#path.pop();
    }
  }

  /** Adds an op. Called by the functions of lib/graph/ops, which have checked the operands. */
  record(
    operation: Operation,
    operands: readonly (Tensor | null | undefined)[],
    results: readonly { readonly dtype?: DType; readonly shape: Shape }[],
    attributes: readonly number[] = [],
  ): Tensor[] {
    const path = this.#path.join("/");
    const name = path ? `${path}/${operation.name}` : operation.name;
    for (const operand of operands) {
      if (operand && operand.graph !== this) throw new ShapeError(`${name}: ${operand} belongs to another graph.`);
    }
    const tensors = results.map(({ dtype = "f32", shape }) => this.#tensor(dtype, shape, name));
    this.nodes.push({
      operation,
      operands: operands.map((operand) => operand ?? null),
      results: tensors,
      attributes: [...attributes],
      path,
    });
    return tensors;
  }

  /** The op that made a tensor; undefined for feeds and variables. */
  maker(tensor: Tensor): Node | undefined {
    return this.nodes.find(({ results }) => results.includes(tensor));
  }

  /** The finished program: ops that nothing depends on are left out, memory is planned. */
  program(): Program {
    const nodes = this.#liveNodes();
    const outputs = [...this.#outputs].map(([name, tensor]) => ({ name, value: tensor.id }));
    const feeds = [...this.#feeds].map(([name, tensor]) => ({ name, value: tensor.id }));
    const variables = [...this.#variables.values()];
    return planMemory({
      tensors: this.#tensors,
      nodes,
      feeds,
      outputs,
      variables: variables.map(({ spec }) => spec),
      variableOf: new Map(variables.map(({ spec, tensor }) => [tensor.id, spec.name])),
    });
  }

  #tensor(dtype: DType, shape: Shape, name: string): Tensor {
    for (const size of shape) {
      if (Number.isInteger(size) && size > 0) continue;
      throw new ShapeError(`${name}: a shape holds whole numbers above 0, got ${shapeText(shape)}.`);
    }
    const tensor = new Tensor(this, this.#tensors.length, dtype, [...shape], name);
    this.#tensors.push(tensor);
    return tensor;
  }

  #liveNodes(): Node[] {
    const wanted = new Set([...this.#outputs.values()].map((tensor) => tensor.id));
    const live: Node[] = [];
    for (const node of [...this.nodes].reverse()) {
      const mutates = (node.operation.mutates ?? []).length > 0;
      if (!mutates && !node.results.some((result) => wanted.has(result.id))) continue;
      for (const operand of node.operands) if (operand) wanted.add(operand.id);
      live.push(node);
    }
    return live.reverse();
  }
}
