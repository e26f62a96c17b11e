import type { Graph } from "../../lib/graph/graph.js";
import type { Shape } from "../../lib/graph/program.js";
import type { Tensor } from "../../lib/graph/tensor.js";
import { philox, uniform01 } from "../../lib/random/philox.js";

/** What a case may feed: floats whose gradient is checked, and fixed integers or scalars. */
export interface Inputs {
  /** A float input of this shape with values in ±scale, moved by `offset`. */
  floats(name: string, shape: Shape, options?: { scale?: number; offset?: number }): Tensor;
  integers(name: string, shape: Shape, values: readonly number[]): Tensor;
  scalar(name: string, value: number): Tensor;
}

/** One way of using an op: what it records, and the results that count. */
export interface Case {
  name: string;
  record(inputs: Inputs, graph: Graph): Tensor[];
  /** False where finite differences would take too long: the point is only to compare executors. */
  gradient?: boolean;
  /** Where the op cannot be differentiated. */
  forwardOnly?: boolean;
}

/** What a file of test/graph/cases says of its ops, each by name. */
export interface OpCases {
  cases: Readonly<Record<string, readonly Case[]>>;
  /** Ops without cases of their own, and where they are tested. The gradient of an op that has cases needs no entry. */
  testedElsewhere?: Readonly<Record<string, string>>;
  /** Where a float32 result may be further from the reference than tolerances.ts says. */
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

export function unary(op: (x: Tensor) => Tensor, options: { scale?: number; offset?: number } = {}): Case[] {
  return shapes.map((shape) => ({ name: `[${shape}]`, record: (inputs) => [op(inputs.floats("x", shape, options))] }));
}

export function binary(op: (a: Tensor, b: Tensor) => Tensor, offset = 0): Case[] {
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
    record: (inputs) => [op(inputs.floats("a", a), inputs.floats("b", b, { offset }))],
  }));
}
