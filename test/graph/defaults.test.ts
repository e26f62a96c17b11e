import { expect, test } from "vitest";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import type { Tensor } from "../../lib/graph/tensor.js";

type Operands = Record<string, Tensor>;

/** Operands of a graph by name and shape; names in capitals hold whole numbers. */
function operands(graph: Graph, shapes: Record<string, number[]>): Operands {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      graph.feed(name, name === "ids" || name === "random" ? "i32" : "f32", shape),
    ]),
  );
}

const recurrent = (gates: number) => ({
  x: [5, 2, 3],
  h0: [2, 4],
  weight_ih: [4 * gates, 3],
  weight_hh: [4 * gates, 4],
});
const matrices = { a: [3, 3], b: [3, 3] };

/** Each op without options, and with its defaults as its documentation has them. */
const rows: Record<
  string,
  { shapes: Record<string, number[]>; call: (given: never, options: object) => unknown; defaults: object }
> = {
  rnn: {
    shapes: recurrent(1),
    call: (given: Operands, options) => ops.rnn({ ...given, ...options } as never),
    defaults: { bias_ih: null, bias_hh: null, lengths: null, reverse: false, activation: "tanh" },
  },
  gru: {
    shapes: recurrent(3),
    call: (given: Operands, options) => ops.gru({ ...given, ...options } as never),
    defaults: { bias_ih: null, bias_hh: null, lengths: null, reverse: false, reset: "after" },
  },
  lstm: {
    shapes: { ...recurrent(4), c0: [2, 4] },
    call: (given: Operands, options) => ops.lstm({ ...given, ...options } as never),
    defaults: { bias_ih: null, bias_hh: null, lengths: null, reverse: false },
  },
  dropout: {
    shapes: { x: [3, 4], rate: [], random: [2] },
    call: (given: Operands, options) => ops.dropout({ ...given, stream: 3, ...options } as never),
    defaults: { overTime: false },
  },
  layerNorm: {
    shapes: { x: [3, 4], gain: [4], bias: [4] },
    call: (given: Operands, options) => ops.layerNorm({ ...given, ...options } as never),
    defaults: { epsilon: 1e-5 },
  },
  attention: {
    shapes: { query: [1, 2, 4], keys: [3, 2, 4], values: [3, 2, 5] },
    call: (given: Operands, options) => ops.attention({ ...given, ...options } as never),
    defaults: { v: null, scale: 1, lengths: null },
  },
  linear: {
    shapes: { x: [3, 4], weight: [5, 4] },
    call: ({ x, weight }: Operands, options) =>
      ops.linear(x as Tensor, weight as Tensor, ...(Object.values(options) as [])),
    defaults: { bias: null },
  },
  linearCrossEntropy: {
    shapes: { x: [3, 4], weight: [5, 4], ids: [3] },
    call: ({ ids, ...given }: Operands, options) =>
      ops.linearCrossEntropy({ ...given, targets: ids, ...options } as never),
    defaults: { bias: null },
  },
  matmul: {
    shapes: matrices,
    call: ({ a, b }: Operands, options) => ops.matmul(a as Tensor, b as Tensor, options),
    defaults: { transposeA: false, transposeB: false },
  },
  affine: {
    shapes: { x: [3] },
    call: ({ x }: Operands, options) => ops.affine(x as Tensor, options),
    defaults: { scale: 1, shift: 0 },
  },
  scan: {
    shapes: { x: [5, 4], h: [4] },
    call: ({ x, h }: Operands, options) =>
      ops.scan({ inputs: { x: x as Tensor }, state: { h: h as Tensor }, ...options }, (row, state) => ({
        state: { h: ops.add(row.x, state.h) },
      })),
    defaults: { reverse: false, steps: 5 },
  },
};

/** The ops that a call records, with the numbers that choose what they do. */
function recorded({ shapes, call }: (typeof rows)[string], options: object) {
  const graph = new Graph();
  call(operands(graph, shapes) as never, options);
  return graph.nodes.map(({ operation, operands: given, results, attributes, loop }) => ({
    name: operation.name,
    operands: given.map((operand) => operand?.id ?? null),
    results: results.map(({ id, shape }) => ({ id, shape })),
    attributes,
    loop,
  }));
}

test.each(Object.entries(rows))("%s without options is what it is with its defaults written out", (_, row) => {
  const plain = recorded(row, {});
  expect(plain.length).toBeGreaterThan(0);
  expect(recorded(row, row.defaults)).toEqual(plain);
});

/** Another value of an option that is a number, a word or a choice; tensors are not made here. */
function otherThan(option: string, value: unknown): unknown {
  if (typeof value === "boolean") return !value;
  if (typeof value === "number") return option === "steps" ? undefined : value + 0.5;
  return { tanh: "relu", after: "before" }[String(value)];
}

const others = Object.entries(rows).flatMap(([name, row]) =>
  Object.entries(row.defaults)
    .map(([option, value]) => [name, option, otherThan(option, value), row] as const)
    .filter(([, , other]) => other !== undefined),
);

test.each(others)("%s with %s: %j is another program", (_, option, other, row) => {
  expect(recorded(row, { [option]: other })).not.toEqual(recorded(row, {}));
});
