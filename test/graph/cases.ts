import type { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
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

/** Reproducible numbers in ±1. */
export function numbers(count: number, seed: number): Float64Array {
  const words = new Uint32Array(4);
  return Float64Array.from({ length: count }, (_, i) => {
    philox([i, 0, 0, 0], [seed, 2], words);
    return 2 * uniform01(words[0] as number) - 1;
  });
}

const shapes: readonly Shape[] = [[], [1], [7], [3, 17], [2, 3, 33]];

function unary(op: (x: Tensor) => Tensor, options: { scale?: number; offset?: number } = {}): Case[] {
  return shapes.map((shape) => ({ name: `[${shape}]`, record: (inputs) => [op(inputs.floats("x", shape, options))] }));
}

function binary(op: (a: Tensor, b: Tensor) => Tensor, offset = 0): Case[] {
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

interface Sizes {
  T: number;
  B: number;
  I: number;
  H: number;
}

const small: readonly Sizes[] = [
  { T: 1, B: 1, I: 1, H: 1 },
  { T: 3, B: 2, I: 3, H: 5 },
  { T: 2, B: 3, I: 4, H: 17 },
];
/** Large enough for several threads, several blocks of hidden units and the matrix products' own blocking. */
const large: Sizes = { T: 5, B: 20, I: 65, H: 130 };

type Cell = (operands: Parameters<typeof ops.rnn>[0] & { c0: Tensor }) => Tensor[];

function recurrent(gates: number, cell: Cell, variants: Record<string, object>): Case[] {
  const cases: Case[] = [];
  for (const [variant, extra] of Object.entries(variants)) {
    for (const sizes of [...small, large]) {
      for (const [form, options] of Object.entries(forms)) {
        if (sizes === large && !["plain", "reverse, lengths", "ids"].includes(form)) continue;
        cases.push({
          name: `${variant} ${form} T=${sizes.T} B=${sizes.B} I=${sizes.I} H=${sizes.H}`,
          gradient: sizes !== large,
          record: (inputs) => cell({ ...recurrentOperands(inputs, sizes, { gates, ...options }), ...extra }),
        });
      }
    }
  }
  return cases;
}

const forms = {
  plain: {},
  reverse: { reverse: true },
  "without bias": { bias: false },
  lengths: { lengths: true },
  "reverse, lengths": { reverse: true, lengths: true },
  ids: { ids: true },
  "ids, reverse, lengths": { ids: true, reverse: true, lengths: true },
};

function recurrentOperands(
  inputs: Inputs,
  { T, B, I, H }: Sizes,
  form: { gates: number; reverse?: boolean; bias?: boolean; lengths?: boolean; ids?: boolean },
) {
  const rows = form.gates * H;
  const scale = 1 / Math.sqrt(H);
  // 0, T, and what lies between.
  const lengths = Array.from({ length: B }, (_, b) => [T, 0, Math.ceil(T / 2)][b % 3] as number);
  const ids = Array.from({ length: T * B }, (_, n) => (n * 7) % I);
  return {
    x: form.ids ? inputs.integers("ids", [T, B], ids) : inputs.floats("x", [T, B, I]),
    h0: inputs.floats("h0", [B, H]),
    c0: inputs.floats("c0", [B, H]),
    weight_ih: inputs.floats("weight_ih", form.ids ? [I, rows] : [rows, I], { scale }),
    weight_hh: inputs.floats("weight_hh", [rows, H], { scale }),
    bias_ih: form.bias === false ? null : inputs.floats("bias_ih", [rows], { scale }),
    bias_hh: form.bias === false ? null : inputs.floats("bias_hh", [rows], { scale }),
    lengths: form.lengths ? inputs.integers("lengths", [B], lengths) : null,
    reverse: form.reverse ?? false,
  };
}

function cellCases(record: (inputs: Inputs, B: number, H: number) => Tensor[]): Case[] {
  const sizes = [
    [1, 1],
    [3, 5],
    [2, 33],
    [70, 130],
  ] as const;
  return sizes.map(([B, H]) => ({
    name: `B=${B} H=${H}`,
    gradient: H < 50,
    record: (inputs) => record(inputs, B, H),
  }));
}

function attentionCases(): Case[] {
  const sizes = [
    { T: 1, B: 1, S: 1, K: 1, M: 1 },
    { T: 3, B: 2, S: 4, K: 5, M: 3 },
    { T: 1, B: 3, S: 7, K: 17, M: 2 },
    { T: 13, B: 9, S: 31, K: 70, M: 65 },
  ];
  return sizes.flatMap(({ T, B, S, K, M }) =>
    [
      { additive: false, lengths: true, group: 1 },
      { additive: true, lengths: true, group: 1 },
      { additive: false, lengths: false, group: 1 },
      { additive: true, lengths: false, group: 1 },
      { additive: false, lengths: true, group: 3 },
      { additive: true, lengths: true, group: 3 },
    ].map(({ additive, lengths, group }) => ({
      name: `${additive ? "additive" : "dot"} T=${T} B=${B} S=${S} K=${K} M=${M}${lengths ? " lengths" : ""} ${group} rows a memory`,
      gradient: T * B * S * K < 1000,
      forwardOnly: group > 1,
      record(inputs: Inputs) {
        const { context, weights } = ops.attention({
          query: inputs.floats("query", [T, B * group, K]),
          keys: inputs.floats("keys", [S, B, K]),
          values: inputs.floats("values", [S, B, M]),
          v: additive ? inputs.floats("v", [K]) : null,
          scale: additive ? 1 : 0.5,
          // All, none, and what lies between.
          lengths: lengths
            ? inputs.integers(
                "lengths",
                [B],
                Array.from({ length: B }, (_, b) => [S, 0, Math.ceil(S / 2)][b % 3] as number),
              )
            : null,
        });
        return [context, weights];
      },
    })),
  );
}

function crossEntropy(N: number, H: number, V: number, bias: boolean): Case {
  return {
    name: `N=${N} H=${H} V=${V}${bias ? "" : " without bias"}`,
    gradient: N * H * V < 2000,
    record: (inputs) => {
      const targets = Array.from({ length: N }, (_, n) => (n % 3 === 2 ? -1 : (n * 5) % V));
      const { losses } = ops.linearCrossEntropy({
        x: inputs.floats("x", [N, H]),
        weight: inputs.floats("weight", [V, H]),
        bias: bias ? inputs.floats("bias", [V]) : null,
        targets: inputs.integers("targets", [N], targets),
      });
      return [losses];
    },
  };
}

function matmul(transposeA: boolean, transposeB: boolean): Case[] {
  return [
    [1, 1, 1],
    [3, 5, 7],
    [17, 33, 65],
    [150, 200, 130],
  ].map(([M = 1, N = 1, K = 1]) => ({
    name: `${transposeA ? "aT" : "a"} ${transposeB ? "bT" : "b"} ${M}x${N}x${K}`,
    gradient: M < 100,
    record: (inputs) => [
      ops.matmul(inputs.floats("a", transposeA ? [K, M] : [M, K]), inputs.floats("b", transposeB ? [N, K] : [K, N]), {
        transposeA,
        transposeB,
      }),
    ],
  }));
}

/** Cases of every op that users can record, by its name in the catalogue. */
export const cases: Readonly<Record<string, readonly Case[]>> = {
  add: binary(ops.add),
  subtract: binary(ops.subtract),
  multiply: binary(ops.multiply),
  divide: binary(ops.divide, 3),
  exp: unary(ops.exp),
  log: unary(ops.log, { offset: 2 }),
  sqrt: unary(ops.sqrt, { offset: 2 }),
  square: unary(ops.square),
  tanh: unary(ops.tanh, { scale: 3 }),
  sigmoid: unary(ops.sigmoid, { scale: 5 }),
  relu: unary(ops.relu),
  affine: unary((x) => ops.affine(x, { scale: -1.5, shift: 0.25 })),
  clamp: [0.4, 0, -0.4, 2].map((offset) => ({
    name: `[40] within about ${offset}`,
    record: (i: Inputs) => [ops.clamp(i.floats("x", [40]), i.floats("limit", [], { scale: 0.01, offset }))],
  })),
  sumTo: [[], [17], [3, 1], [1, 17], [3, 17]].map((to) => ({
    name: `[3,17] to [${to}]`,
    record: (inputs: Inputs) => [ops.sumTo(inputs.floats("x", [2, 3, 17]), to)],
  })),
  broadcastTo: [[], [17], [3, 1]].map((from) => ({
    name: `[${from}] to [3,17]`,
    record: (inputs: Inputs) => [ops.broadcastTo(inputs.floats("x", from), [2, 3, 17])],
  })),
  max: [0, 1, 2].map((axis) => ({
    name: `axis ${axis}`,
    record: (inputs: Inputs) => [ops.max(inputs.floats("x", [4, 3, 5]), axis)],
  })),
  concat: [0, 1].map((axis) => ({
    name: `axis ${axis}`,
    record: (inputs: Inputs) =>
      axis === 0
        ? [ops.concat([inputs.floats("a", [2, 5]), inputs.floats("b", [1, 5]), inputs.floats("c", [3, 5])], 0)]
        : [ops.concat([inputs.floats("a", [3, 2]), inputs.floats("b", [3, 17])], 1)],
  })),
  mask: [
    { name: "features", shape: [4, 3, 17], lengths: [4, 0, 2] },
    { name: "one number a row", shape: [5, 2], lengths: [3, 5] },
  ].map(({ name, shape, lengths }) => ({
    name,
    record: (inputs: Inputs) => [
      ops.mask(inputs.floats("x", shape), inputs.integers("lengths", [lengths.length], lengths)),
    ],
  })),
  slice: [0, 1, 2].map((axis) => ({
    name: `axis ${axis}`,
    record: (inputs: Inputs) => [ops.slice(inputs.floats("x", [3, 4, 5]), { axis, start: 1, end: 3 })],
  })),
  pad: [0, 1, 2].map((axis) => ({
    name: `axis ${axis}`,
    record: (inputs: Inputs) => [ops.pad(inputs.floats("x", [3, 4, 5]), { axis, before: 2, after: 1 })],
  })),
  transpose: [
    [0, 1],
    [0, 2],
    [2, 1],
  ].map(([a = 0, b = 0]) => ({
    name: `${a} and ${b}`,
    record: (inputs: Inputs) => [ops.transpose(inputs.floats("x", [3, 4, 5]), a, b)],
  })),
  reshape: [
    { name: "[3,4] to [2,6]", record: (i) => [ops.square(ops.reshape(ops.square(i.floats("x", [3, 4])), [2, 6]))] },
  ],
  matmul: [...matmul(false, false), ...matmul(true, false), ...matmul(false, true), ...matmul(true, true)],
  linear: [
    {
      name: "[2,3,5] with bias",
      record: (i) => [ops.linear(i.floats("x", [2, 3, 5]), i.floats("w", [7, 5]), i.floats("b", [7]))],
    },
    { name: "[1,33] without bias", record: (i) => [ops.linear(i.floats("x", [1, 33]), i.floats("w", [17, 33]))] },
  ],
  embedding: [
    {
      name: "repeated ids",
      record: (i) => [ops.embedding(i.floats("w", [5, 19]), i.integers("ids", [3, 2], [4, 0, 4, 1, 4, 0]))],
    },
  ],
  attention: attentionCases(),
  lstmCell: cellCases((inputs, B, H) => {
    const { h, c } = ops.lstmCell(inputs.floats("a", [B, 4 * H]), inputs.floats("c", [B, H]));
    return [h, c];
  }),
  gruCell: cellCases((inputs, B, H) => [
    ops.gruCell(inputs.floats("a", [B, 3 * H]), inputs.floats("p", [B, 3 * H]), inputs.floats("h", [B, H])),
  ]),
  copy: [
    { name: "f32", record: (i) => [ops.copy(i.floats("x", [3, 17]))] },
    {
      name: "i32",
      record: (i) => [ops.embedding(i.floats("table", [4, 2]), ops.copy(i.integers("ids", [3], [2, 0, 3])))],
    },
  ],
  softmax: unary(ops.softmax, { scale: 4 }).slice(1),
  logSoftmax: unary(ops.logSoftmax, { scale: 4 }).slice(1),
  pick: [
    { name: "with none", record: (i) => [ops.pick(i.floats("x", [4, 6]), i.integers("ids", [4], [5, -1, 0, 3]))] },
  ],
  follow: [
    {
      name: "three classes, two states",
      record: (i) => {
        const after = ops.follow({
          states: i.integers("states", [6], [0, 1, 0, 1, 0, 1]),
          ids: i.integers("ids", [6], [0, 0, 1, 1, 3, 2]),
          classOf: i.integers("classOf", [4], [2, 0, 1, 1]),
          next: i.integers("next", [3, 2], [0, 1, 1, -1, 1, 0]),
        });
        return [ops.embedding(i.floats("table", [2, 3]), after)];
      },
    },
  ],
  restart: [
    { name: "a line end", begin: 0, end: 0 },
    { name: "a mark for the end and one for the beginning", begin: 2, end: 5 },
  ].map(({ name, begin, end }) => ({
    name,
    record: (i: Inputs) => {
      const { ids, keep } = ops.restart(i.integers("ids", [2, 4], [0, 3, 5, 2, 1, 5, 5, 0]), { begin, end });
      return [ops.embedding(i.floats("table", [6, 3]), ids), ops.multiply(i.floats("state", [8, 3]), keep)];
    },
  })),
  linearCrossEntropy: [
    crossEntropy(1, 1, 2, true),
    crossEntropy(7, 5, 11, true),
    crossEntropy(7, 5, 11, false),
    crossEntropy(300, 40, 200, true),
  ],
  dropout: [false, true].map((overTime) => ({
    name: overTime ? "variational" : "elementwise",
    record: (inputs: Inputs) => [
      ops.dropout({
        x: inputs.floats("x", [3, 5, 19]),
        rate: inputs.scalar("rate", 0.4),
        random: inputs.integers("random", [2], [7, 3]),
        stream: 2,
        overTime,
      }),
    ],
  })),
  layerNorm: [3, 17, 300].map((F) => ({
    name: `F=${F}`,
    gradient: F < 100,
    record: (inputs: Inputs) => [
      ops.layerNorm({
        x: inputs.floats("x", [2, 3, F]),
        gain: inputs.floats("gain", [F]),
        bias: inputs.floats("bias", [F]),
      }),
    ],
  })),
  rnn: recurrent(1, ({ c0: _, ...o }) => Object.values(ops.rnn(o)), { tanh: {}, relu: { activation: "relu" } }),
  lstm: recurrent(4, (o) => Object.values(ops.lstm(o)), { lstm: {} }),
  gru: recurrent(3, ({ c0: _, ...o }) => Object.values(ops.gru(o)), { after: {}, before: { reset: "before" } }),
};

/** Ops without cases of their own, and where they are tested. */
export const testedElsewhere: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      "tanh",
      "sigmoid",
      "relu",
      "clamp",
      "max",
      "embedding",
      "attention",
      "lstmCell",
      "gruCell",
      "softmax",
      "logSoftmax",
      "pick",
      "linearCrossEntropy",
      "layerNorm",
      "rnn",
      "lstm",
      "gru",
    ].map((name) => [`${name}Gradient`, `the gradient of ${name}`]),
  ),
  ...Object.fromEntries(
    ["globalNorm", "clipScale", "sgd", "adam", "rmsprop", "adagrad"].map((name) => [
      name,
      "test/parity/optimizers.test.ts",
    ]),
  ),
  attentionSum: "the gradient of attention",
  additiveGradient: "the gradient of attention",
  sumRows: "test/train/tableRows.test.ts",
  assign: "test/graph/properties.test.ts",
  sample: "test/graph/properties.test.ts",
};
