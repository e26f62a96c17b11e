import { Graph } from "../../lib/graph/graph.js";
import type * as ops from "../../lib/graph/ops/index.js";
import type { Shape } from "../../lib/graph/program.js";
import { elementsOf, firstValues } from "../../lib/graph/program.js";
import type { Tensor } from "../../lib/graph/tensor.js";
import { philox, uniform01 } from "../../lib/random/philox.js";

/** The operands of a case, in a graph of its own, with their values. */
export class Inputs {
  readonly graph = new Graph();
  readonly feeds: Record<string, Float64Array | Int32Array | number> = {};
  /** Those whose gradient is checked. */
  readonly differentiable: Tensor[] = [];

  /** A float input in ±scale, moved by `offset`. */
  floats(name: string, shape: Shape, { scale = 1, offset = 0 } = {}): Tensor {
    const tensor = this.graph.feed(name, "f32", shape);
    this.differentiable.push(tensor);
    const seed = this.differentiable.length;
    this.feeds[name] = numbers(elementsOf(shape), seed).map((value) => Math.fround(value * scale + offset));
    return tensor;
  }

  integers(name: string, shape: Shape, values: readonly number[]): Tensor {
    this.feeds[name] = Int32Array.from(values);
    return this.graph.feed(name, "i32", shape);
  }

  scalar(name: string, value: number): Tensor {
    this.feeds[name] = value;
    return this.graph.scalar(name);
  }

  /** A variable of numbers from 0 to 1. */
  variable(name: string, shape: Shape): Tensor {
    const first = async () => Float32Array.from(numbers(elementsOf(shape), 200), Math.abs);
    return this.graph.variable({ name, dtype: "f32", shape, [firstValues]: first });
  }
}

/** One way of using an op as it is recorded, and the results that count. */
export interface Recorded {
  name: string;
  record(inputs: Inputs): Tensor[];
  /** False where finite differences would take too long: the point is only to compare executors. */
  gradient?: boolean;
  /** Where the op cannot be differentiated. */
  forwardOnly?: boolean;
}

type OpFunction = (...args: never[]) => unknown;

/** One way of calling an op. */
export interface Case<F extends OpFunction = OpFunction> extends Omit<Recorded, "record"> {
  args(inputs: Inputs): Parameters<F>;
  /** The results that count. Default: all. */
  results?(returned: ReturnType<F>, inputs: Inputs, args: Parameters<F>): Tensor[];
}

/** Cases by the name of the function that users call. The first one's arguments also meet the hostile ones of test/surface. */
export type Cases = { readonly [Name in keyof typeof ops]?: readonly Case<(typeof ops)[Name]>[] };

/** Statements of a file of test/graph/cases about its ops, each by name. */
export interface OpCases {
  cases: Cases;
  /** Ops without cases of their own, and where they are tested. The gradient of an op that has cases needs no entry. */
  testedElsewhere?: Readonly<Record<string, string>>;
  /** Where a float32 result may be further from the reference than `otherwise` says. */
  tolerances?: Readonly<Record<string, number>>;
}

/** Reproducible numbers in ±1. */
export function numbers(count: number, seed: number): Float64Array {
  const words = new Uint32Array(4);
  return Float64Array.from({ length: count }, (_, i) => {
    philox([i, 0, 0, 0], [seed, 2], words);
    return 2 * uniform01(words[0] as number) - 1;
  });
}

const shapes: readonly Shape[] = [[], [1], [7], [3, 17], [2, 3, 33]];

export function unary(options: { scale?: number; offset?: number } = {}): Case<typeof ops.tanh>[] {
  return shapes.map((shape) => ({ name: `[${shape}]`, args: (inputs) => [inputs.floats("x", shape, options)] }));
}

export function binary(offset = 0): Case<typeof ops.add>[] {
  const pairs: [Shape, Shape][] = [
    [[5], [5]],
    [[3, 17], [17]],
    [
      [3, 17],
      [3, 1],
    ],
    [
      [2, 1, 5],
      [4, 1],
    ],
    [[], [6]],
    [[4, 300], [1]],
  ];
  return pairs.map(([a, b]) => ({
    name: `[${a}] and [${b}]`,
    args: (inputs) => [inputs.floats("a", a), inputs.floats("b", b, { offset })],
  }));
}
