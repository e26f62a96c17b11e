import type { Dimension, Expression } from "./dimension.js";
import type { OnnxAttribute, OnnxGraph, OnnxNode, OnnxPort, OnnxTensor, OnnxType } from "./onnxModel.js";

/** A value of the graph. */
export interface OnnxValue {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly Dimension[];
  /** Its numbers, where it is a variable of the program: a weight. */
  readonly values?: Float32Array | Int32Array;
  /** Whether it is a variable that nobody writes: all zeros. */
  readonly zeros?: boolean;
}

type Inputs = readonly (string | OnnxValue | null)[];

/** A graph of ONNX that grows node by node. Constants and sizes are made once. */
export class OnnxBuilder {
  readonly inputs: OnnxPort[] = [];
  readonly outputs: OnnxPort[] = [];
  readonly #nodes: OnnxNode[] = [];
  readonly #tensors: Map<string, OnnxTensor>;
  /** Names of sizes that depend on those that callers choose, by what they are. */
  readonly #sizes: Map<string, string>;
  readonly #count: { value: number };
  readonly #isBody: boolean;
  #path = "";

  /** @param outer the graph that a body of a loop is part of: it sees the values there, and its tensors are put there. */
  private constructor(outer?: OnnxBuilder) {
    this.#tensors = outer ? outer.#tensors : new Map();
    this.#sizes = new Map(outer ? outer.#sizes : []);
    this.#count = outer ? outer.#count : { value: 0 };
    this.#path = outer ? outer.#path : "";
    this.#isBody = outer !== undefined;
  }

  /** A new graph. */
  static create(): OnnxBuilder {
    return new OnnxBuilder();
  }

  /** The body of a loop in this graph. */
  body(): OnnxBuilder {
    return new OnnxBuilder(this);
  }

  /** Names the nodes that follow after a layer of the model. */
  within(path: string): void {
    this.#path = path;
  }

  /** A name that no other value has. */
  fresh(hint: string): string {
    return `${this.#path === "" ? "" : `${this.#path}/`}${hint}_${this.#count.value++}`;
  }

  /** Adds a node. @param outputs names of its outputs, "" for those that are not wanted. Default: one with a fresh name. */
  node(
    type: string,
    inputs: Inputs,
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    outputs: readonly string[] = [this.fresh(type)],
  ): string {
    const names = inputs.map((input) => (typeof input === "string" ? input : (input?.name ?? "")));
    while (names.at(-1) === "") names.pop();
    this.#nodes.push({ type, name: this.fresh(`node ${type}`), inputs: names, outputs, attributes });
    return outputs[0] as string;
  }

  /** A tensor in the file. */
  tensor(tensor: OnnxTensor): string {
    if (!this.#tensors.has(tensor.name)) this.#tensors.set(tensor.name, tensor);
    return tensor.name;
  }

  /** Float numbers, a scalar where no shape is said. */
  floats(values: readonly number[], shape: readonly number[] = []): string {
    const name = `float ${values.join(" ")} [${shape}]`;
    return this.tensor({ name, type: "f32", shape, values: Float32Array.from(values) });
  }

  /** Whole numbers of 32 bits, as those of programs are; a scalar where no shape is said. */
  integers(values: readonly number[], shape: readonly number[] = []): string {
    const name = `int32 ${values.join(" ")} [${shape}]`;
    return this.tensor({ name, type: "i32", shape, values: Int32Array.from(values) });
  }

  /** Whole numbers of 64 bits, as ONNX has for sizes, axes and indices. */
  longs(values: readonly number[], shape: readonly number[] = [values.length]): string {
    const name = `int64 ${values.join(" ")} [${shape}]`;
    return this.tensor({ name, type: "i64", shape, values: BigInt64Array.from(values, BigInt) });
  }

  /** Axes of an operator. */
  axes(...axes: readonly number[]): string {
    return this.longs(axes);
  }

  /** Some sizes as a tensor i64 [sizes]. */
  sizes(dimensions: readonly Dimension[]): string {
    if (dimensions.every((size) => typeof size === "number")) return this.longs(dimensions as number[]);
    const known = this.#sizes.get(key(dimensions));
    if (known) return known;
    const parts = dimensions.map((size) => (typeof size === "number" ? this.longs([size]) : this.#size(size)));
    const name = parts.length === 1 ? (parts[0] as string) : this.node("Concat", parts, { axis: 0 });
    this.#sizes.set(key(dimensions), name);
    return name;
  }

  /** One size as a scalar i64. */
  size(dimension: Dimension): string {
    if (typeof dimension === "number") return this.longs([dimension], []);
    return this.node("Squeeze", [this.sizes([dimension]), this.axes(0)]);
  }

  /** The size of an axis of an input is what a symbol stands for. */
  chooses(symbol: string, input: OnnxValue, axis: number): void {
    const size = { factor: 1, symbols: [symbol], rest: 0 };
    if (this.#sizes.has(key([size]))) return;
    this.#sizes.set(key([size]), this.node("Gather", [this.node("Shape", [input]), this.longs([axis])]));
  }

  /** The same elements under another shape. */
  reshape(value: string | OnnxValue, shape: readonly Dimension[], outputs?: readonly string[]): string {
    const open = shape.filter((size) => typeof size !== "number");
    const target =
      open.length > 1 ? this.sizes(shape) : this.longs(shape.map((size) => (typeof size === "number" ? size : -1)));
    return this.node("Reshape", [value, target], {}, outputs);
  }

  /** Rows of axis 0 to size - 1 as i32 [size]. */
  range(size: Dimension): string {
    const long = this.node("Range", [this.longs([0], []), this.size(size), this.longs([1], [])]);
    return this.node("Cast", [long], { to: 6 });
  }

  /** Whether a step is within its row: t < lengths[b], bool [T,B]. */
  lengthMask(lengths: OnnxValue, T: Dimension): string {
    const steps = this.node("Unsqueeze", [this.range(T), this.axes(1)]);
    return this.node("Less", [steps, this.node("Unsqueeze", [lengths, this.axes(0)])]);
  }

  /** The finished graph, without what nothing depends on. */
  graph(name: string): OnnxGraph {
    const wanted = new Set(this.outputs.map((output) => output.name));
    const nodes = [...this.#nodes].reverse().filter((node) => {
      if (!node.outputs.some((output) => wanted.has(output))) return false;
      for (const input of namesRead(node)) wanted.add(input);
      return true;
    });
    // Those of a body stand outside, and its inputs are given by place.
    const tensors = this.#isBody ? [] : [...this.#tensors.values()].filter((tensor) => wanted.has(tensor.name));
    const inputs = this.#isBody ? this.inputs : this.inputs.filter((input) => wanted.has(input.name));
    return { name, nodes: nodes.reverse(), tensors, inputs, outputs: this.outputs };
  }

  #size({ factor, symbols, rest }: Expression): string {
    const one = (symbol: string) => this.#sizes.get(key([{ factor: 1, symbols: [symbol], rest: 0 }])) as string;
    let size = symbols.map(one).reduce((product, symbol) => this.node("Mul", [product, symbol]));
    if (factor !== 1) size = this.node("Mul", [size, this.longs([factor])]);
    return rest === 0 ? size : this.node("Add", [size, this.longs([rest])]);
  }
}

/** Values that a node reads, those of the graphs in its attributes too. */
function namesRead({ inputs, attributes }: OnnxNode): string[] {
  const inner = Object.values(attributes).flatMap((value) =>
    typeof value === "object" && "nodes" in value
      ? [...value.nodes.flatMap(namesRead), ...value.outputs.map(({ name }) => name)]
      : [],
  );
  return [...inputs, ...inner];
}

function key(dimensions: readonly Dimension[]): string {
  return JSON.stringify(dimensions);
}
