import { expect, test } from "vitest";
import { InputError, OptionError } from "../../lib/errors.js";
import type { Executor, Values } from "../../lib/executor/executor.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import type { DType, Shape } from "../../lib/graph/program.js";
import type { Tensor } from "../../lib/graph/tensor.js";
import { wasmExecutors } from "../wasm.js";

const executors: Executor[] = [nativeExecutor(), new ReferenceExecutor(), ...wasmExecutors];

/** An operand without values is a variable of zeros. */
type Operand = readonly [dtype: DType, shape: Shape, values?: number | readonly number[]];
type Operands = Readonly<Record<string, Operand>>;
type Row = readonly [change: Operands, message: string];

const floats = (...values: number[]): Operand => ["f32", [values.length], values];
const ids = (...values: number[]): Operand => ["i32", [values.length], values];
const scalar = (value: number): Operand => ["f32", [], value];
const four = [1, 2, 3, 4];
const zeros: Operand = ["f32", [2]];
const random = ids(1, 1);
const [one, infinite] = [scalar(1), Number.POSITIVE_INFINITY];

/** An n-gram table of three words: magic, version, orders, words; then its n-grams of each order, the probabilities and an end. */
const table = [0x6d61676e, 2, 1, 3, 0, 0, 0, 0, 3, ...Array.from({ length: 28 }, () => 0)];
const ngrams = (changes: Readonly<Record<number, number>>, length = table.length): Operand =>
  ids(...Array.from({ length }, (_, i) => changes[i] ?? table[i] ?? 0));
const step: Operands = { ngrams: ngrams({}), states: ids(0), ids: ids(0) };
const notOf = (rows: number, id: number, position: number) =>
  `id ${id} at position ${position} is outside the table of ${rows} rows`;
const noTarget = (classes: number, id: number, position: number) =>
  `target ${id} at position ${position} is neither -1 nor one of the ${classes} classes`;
const noToken = (id: number, position: number) =>
  `token ${id} at position ${position} is neither -1 nor one of the 2 words`;
const notUsable = (why: string) => `the n-grams cannot be used: ${why}`;

/** By op: operands that fit, its other options, and the changes of the operands that are refused while it runs. */
const refused: Readonly<Record<string, readonly [operands: Operands, options: object, rows: readonly Row[]]>> = {
  adam: [
    { weight: zeros, gradient: floats(1, 1), m: zeros, v: zeros, scale: one, learningRate: one, step: one },
    { beta1: 0, beta2: 0, epsilon: 1, weightDecay: 0, decoupled: false },
    [[{ step: scalar(0) }, "expected the step to be at least 1, got 0"]],
  ],
  approach: [
    { variable: zeros, target: floats(1, 1), share: one, scale: one },
    {},
    [1.5, -0.5, Number.NaN].map((share) => [{ share: scalar(share) }, `expected a share from 0 to 1, got ${share}`]),
  ],
  attention: [
    { query: ["f32", [1, 1, 2], [1, 1]], keys: ["f32", [2, 1, 2], four], values: ["f32", [2, 1, 2], four] },
    {},
    [-1, 3].map((S) => [{ lengths: ids(S) }, `lengths[0] is ${S}, expected 0 to 2, the positions of the memory`]),
  ],
  cachedAttention: [
    {
      ...{
        query: ["f32", [1, 2], [1, 1]],
        cache: ["f32", [1, 8], [...four, ...four]],
        lineage: ["i32", [1, 2], [0, 0]],
      },
      ...{ times: ids(1), positions: ids(1) },
    },
    { heads: 1 },
    [
      [{ lineage: ["i32", [1, 2], [0, 1]] }, "id 1 at position 1 is outside the table of 1 rows"],
      [{ lineage: ["i32", [1, 2], [-1, 0]] }, "id -1 at position 0 is outside the table of 1 rows"],
      [{ positions: ids(2) }, "position 2 of row 0 is not in 0 to its time, 1"],
      [{ positions: ids(-1) }, "position -1 of row 0 is not in 0 to its time, 1"],
    ],
  ],
  crf: [
    {
      ...{ emissions: ["f32", [2, 1, 2], four], transitions: ["f32", [4, 2], [...four, ...four]] },
      ...{ lengths: ids(2), tags: ["i32", [2, 1], [0, 1]] },
    },
    {},
    [
      [{ tags: ["i32", [2, 1], [0, 2]] }, "tag 2 of row 0, step 1, is none of the 2 tags"],
      [{ tags: ["i32", [2, 1], [-1, 0]] }, "tag -1 of row 0, step 0, is none of the 2 tags"],
      ...[-1, 3].map((T): Row => [{ lengths: ids(T) }, `lengths[0] is ${T}, expected 0 to 2, the number of steps`]),
    ],
  ],
  crfPaths: [
    {
      ...{ emissions: ["f32", [2, 1, 2], four], transitions: ["f32", [4, 2], [...four, ...four]] },
      lengths: ids(2),
    },
    { K: 1 },
    [-1, 3].map((T) => [{ lengths: ids(T) }, `lengths[0] is ${T}, expected 0 to 2, the number of steps`]),
  ],
  dropout: [
    { x: floats(1, 1), rate: scalar(0), random },
    { stream: 0 },
    [1, -0.5].map((rate) => [{ rate: scalar(rate) }, `the rate is ${rate}, expected 0 <= rate < 1`]),
  ],
  embedding: [
    { weight: ["f32", [2, 1], [1, 2]], ids: ids(0, 1) },
    {},
    [
      [{ ids: ids(0, 2) }, notOf(2, 2, 1)],
      [{ ids: ids(-1, 0) }, notOf(2, -1, 0)],
    ],
  ],
  filterMaxima: [
    { x: ["f32", [1, 2, 2], four], weight: ["f32", [1, 2], [1, 1]], bias: floats(0), lengths: ids(2) },
    {},
    [-1, 3].map((C) => [{ lengths: ids(C) }, `lengths[0] is ${C}, expected 0 to 2, the places of x`]),
  ],
  follow: [
    { states: ids(0, 1), ids: ids(0, 1), classOf: ids(0, 1), next: ["i32", [2, 2], [0, 1, -1, 0]] },
    {},
    [
      ...["states", "ids", "classOf"].flatMap((name): Row[] => [
        [{ [name]: ids(0, 2) }, notOf(2, 2, 1)],
        [{ [name]: ids(-1, 0) }, notOf(2, -1, 0)],
      ]),
      [{ next: ["i32", [2, 2], [0, 1, 2, 0]] }, noTarget(2, 2, 2)],
      [{ next: ["i32", [2, 2], [0, -2, 1, 0]] }, noTarget(2, -2, 1)],
    ],
  ],
  keepRow: [
    { cache: ["f32", [1, 4], four], row: ["f32", [1, 2], [1, 2]], times: ids(0) },
    {},
    [[{ times: ids(-1) }, "time -1 of row 0 is below 0"]],
  ],
  lineage: [
    { before: ["i32", [1, 4], [0, 0, 0, 0]], times: ids(0) },
    {},
    [[{ times: ids(-1) }, "time -1 of row 0 is below 0"]],
  ],
  linearCrossEntropy: [
    { x: ["f32", [2, 1], [1, 2]], weight: ["f32", [3, 1], [1, 2, 3]], targets: ids(-1, 2) },
    {},
    [
      [{ targets: ids(0, 3) }, noTarget(3, 3, 1)],
      [{ targets: ids(-2, 0) }, noTarget(3, -2, 0)],
    ],
  ],
  mask: [
    { x: ["f32", [2, 1], [1, 2]], lengths: ids(2) },
    {},
    [-1, 3].map((T) => [{ lengths: ids(T) }, `lengths[0] is ${T}, expected 0 to 2, the number of steps of x`]),
  ],
  multiHeadAttention: [
    { query: ["f32", [1, 1, 1], [1]], memory: ["f32", [2, 1, 2], four] },
    { heads: 1 },
    [-1, 3].map((S) => [{ lengths: ids(S) }, `lengths[0] is ${S}, expected 0 to 2, the positions of the memory`]),
  ],
  nextPositions: [
    { positions: ids(0, 1) },
    {},
    [-1, 2 ** 31 - 1].map((position) => [
      { positions: ids(0, position) },
      `no position follows ${position}, position 1 of the batch`,
    ]),
  ],
  ngramLosses: [
    { ngrams: ngrams({}), states: ids(0), inputs: ["i32", [1, 1], [0]], targets: ["i32", [1, 1], [0]] },
    {},
    [
      ...[-1, 2].map((T): Row => [{ lengths: ids(T) }, `lengths[0] is ${T}, expected 0 to 1, the steps of the inputs`]),
      ...[-1, 1].map((state): Row => [{ states: ids(state) }, notOf(1, state, 0)]),
      ...[-1, 3].map((word): Row => [{ inputs: ["i32", [1, 1], [word]] }, notOf(3, word, 0)]),
      ...[-2, 3].map((word): Row => [{ targets: ["i32", [1, 1], [word]] }, noTarget(3, word, 0)]),
    ],
  ],
  ngramStep: [
    step,
    { V: 3 },
    [
      [{ ngrams: ngrams({}, 31) }, notUsable("it is no table of n-grams")],
      [{ ngrams: ngrams({ 0: 1 }) }, notUsable("it is no table of n-grams")],
      [{ ngrams: ngrams({ 1: 1 }) }, notUsable("it is a table of n-grams of another version")],
      [{ ngrams: ngrams({ 2: 0 }) }, notUsable("its order is out of range")],
      [{ ngrams: ngrams({ 2: 25 }) }, notUsable("its order is out of range")],
      [{ ngrams: ngrams({ 3: 4 }) }, notUsable("it is of another vocabulary")],
      [{ ngrams: ngrams({ 8: 4 }) }, notUsable("it is of another vocabulary")],
      [{ ngrams: ngrams({ 2: 2, 9: -1 }) }, notUsable("it is cut short")],
      [{ ngrams: ngrams({}, 36) }, notUsable("it is cut short")],
      [{ ngrams: ngrams({}, 38) }, notUsable("it is longer than its counts say")],
      ...[-1, 1].map((state): Row => [{ states: ids(state) }, notOf(1, state, 0)]),
      ...[-1, 3].map((word): Row => [{ ids: ids(word) }, notOf(3, word, 0)]),
    ],
  ],
  pick: [
    { x: ["f32", [2, 2], four], ids: ids(-1, 1) },
    {},
    [
      [{ ids: ids(0, 2) }, noTarget(2, 2, 1)],
      [{ ids: ids(-2, 0) }, noTarget(2, -2, 0)],
    ],
  ],
  recentIds: [
    { ids: ["i32", [2, 1], [0, 0]] },
    { n: 1 },
    [-1, 3].map((T) => [{ lengths: ids(T) }, `lengths[0] is ${T}, expected 0 to 2, the number of steps`]),
  ],
  rnn: [
    {
      ...{ x: ["f32", [2, 1, 1], [1, 1]], h0: ["f32", [1, 1], [0]] },
      ...{ weight_ih: ["f32", [1, 1], [1]], weight_hh: ["f32", [1, 1], [1]] },
    },
    {},
    [
      ...[-1, 3].map(
        (T): Row => [{ lengths: ids(T) }, `lengths[0] is ${T}, expected 0 to 2, the number of steps of x`],
      ),
      [{ x: ["i32", [2, 1], [0, 1]] }, notOf(1, 1, 1)],
      [{ x: ["i32", [2, 1], [-1, 0]] }, notOf(1, -1, 0)],
    ],
  ],
  sample: [
    { logits: ["f32", [2, 2], four], temperature: one, topK: ["i32", [], 0], topP: one, random },
    {},
    [
      ...[-1, infinite, Number.NaN].map(
        (T): Row => [{ temperature: scalar(T) }, "the temperature must be a number at least 0"],
      ),
      [{ topK: ["i32", [], -1] }, "topK must be at least 0"],
      ...[0, Number.NaN].map((topP): Row => [{ topP: scalar(topP) }, "topP must be above 0"]),
      [{ logits: ["f32", [2, 2], [1, 2, -infinite, -infinite]] }, "row 1 of the logits has no finite maximum"],
      [{ logits: ["f32", [2, 2], [1, 2, Number.NaN, 1]] }, "row 1 of the logits holds a NaN"],
    ],
  ],
  sgd: [
    {
      ...{ weight: ["f32", [2, 1]], gradient: ["f32", [2, 1], [1, 2]], ids: ids(1, -1) },
      ...{ scale: one, learningRate: one },
    },
    { momentum: 0, nesterov: false, weightDecay: 0 },
    [
      [{ ids: ids(0, 2) }, notOf(2, 2, 1)],
      [{ ids: ids(-2, 0) }, notOf(2, -2, 0)],
    ],
  ],
  spell: [
    { ids: ids(0), characters: ["i32", [2, 2], four], lengths: ids(2, 2) },
    {},
    [
      ...[-1, 3].map(
        (C): Row => [{ lengths: ids(2, C) }, `lengths[1] is ${C}, expected 0 to 2, the columns of characters`],
      ),
      ...[-1, 2].map((id): Row => [{ ids: ids(id) }, notOf(2, id, 0)]),
    ],
  ],
  sumRows: [
    { ids: ids(0, 1), rows: ["f32", [2, 1], [1, 2]] },
    {},
    [
      [{ ids: ids(0, 2) }, notOf(2, 2, 1)],
      [{ ids: ids(-1, 0) }, notOf(2, -1, 0)],
    ],
  ],
  vectorScan: [
    { a: ["f32", [2, 1, 1], [1, 2]], b: ["f32", [2, 1, 1], [1, 2]], h0: ["f32", [1, 1], [1]], lengths: ids(2) },
    {},
    [-1, 3].map((T) => [{ lengths: ids(T) }, `lengths[0] is ${T}, expected 0 to 2, the number of steps`]),
  ],
  wordVectorLoss: [
    {
      ...{
        input: ["f32", [2, 1], [1, 1]],
        output: ["f32", [1, 1], [1]],
        tokens: ids(0, 1),
        keep: floats(1, 1),
        random,
      },
      ...{ paths: ids(0, 1), starts: ids(0, 1, 2) },
    },
    { window: 1, dynamic: false, mean: false, longest: 1 },
    [
      [{ starts: ids(0, 2, 2) }, "the path of word 0 goes from 0 to 2, of 2 nodes and at most 1 a word"],
      [{ starts: ids(0, 1, 3) }, "the path of word 1 goes from 1 to 3, of 2 nodes and at most 1 a word"],
      [{ starts: ids(0, 1, 0) }, "the path of word 1 goes from 1 to 0, of 2 nodes and at most 1 a word"],
      [{ starts: ids(-1, 0, 1) }, "the path of word 0 goes from -1 to 0, of 2 nodes and at most 1 a word"],
      [{ paths: ids(2, 1) }, "node 1 of word 0 is outside the tree of 1 nodes"],
      [{ tokens: ids(0, 2) }, noToken(2, 1)],
      [{ tokens: ids(-2, 0) }, noToken(-2, 0)],
    ],
  ],
  wordVectorStep: [
    {
      ...{ input: ["f32", [2, 1]], output: ["f32", [2, 1]], tokens: ids(0, 1), keep: floats(1, 1), random },
      ...{ noise: floats(1, 1), alias: ids(0, 1), learningRate: one },
    },
    { window: 1, dynamic: false, mean: false, negatives: 1, block: 1 },
    [
      [{ alias: ids(0, 2) }, notOf(2, 2, 1)],
      [{ alias: ids(-1, 0) }, notOf(2, -1, 0)],
      [{ tokens: ids(0, 2) }, noToken(2, 1)],
    ],
  ],
};

/** Ops that take their operands one by one. */
const calls: Readonly<Record<string, (operands: Readonly<Record<string, Tensor>>) => Tensor | Record<string, Tensor>>> =
  {
    embedding: ({ weight, ids }) => ops.embedding(weight as Tensor, ids as Tensor),
    mask: ({ x, lengths }) => ops.mask(x as Tensor, lengths as Tensor),
    pick: ({ x, ids }) => ops.pick(x as Tensor, ids as Tensor),
    sumRows: ({ ids, rows }) => ops.sumRows(ids as Tensor, rows as Tensor, 2),
  };

/** A run of one op in a layer, all of whose results are outputs. */
async function run(executor: Executor, op: string, operands: Operands, options: object): Promise<unknown> {
  const graph = new Graph();
  const feeds: Record<string, Values> = {};
  const tensors: Record<string, Tensor> = {};
  for (const [name, [dtype, shape, values]] of Object.entries(operands)) {
    tensors[name] = values === undefined ? graph.variable({ name, dtype, shape }) : graph.feed(name, dtype, shape);
    const array = dtype === "i32" ? Int32Array : executor.floats;
    if (values !== undefined) feeds[name] = array.from(typeof values === "number" ? [values] : values);
  }
  const record = (ops as unknown as Record<string, (all: object) => Tensor | Record<string, Tensor> | undefined>)[op];
  const made = graph.within("layer", () => calls[op]?.(tensors) ?? record?.({ ...tensors, ...options })) ?? {};
  const results = "graph" in made ? { y: made as Tensor } : made;
  for (const [name, result] of Object.entries(results)) graph.output(name, result);
  return executor.compile(graph.program(), executor.createStore()).run(feeds);
}

/** A message without the zeros and "nan" of numbers in C++, and without the full stop of JavaScript's. */
const plain = (message: string) =>
  message
    .replace(/\d+\.\d+/g, (number) => `${Number(number)}`)
    .replace(/\bnan\b/, "NaN")
    .replace(/\.$/, "");

test.each(Object.entries(refused))(
  "%s: every executor refuses what it cannot use by the same words",
  async (op, own) => {
    const [operands, options, rows] = own;
    for (const executor of executors) {
      await run(executor, op, operands, options);
      for (const [change, message] of rows) {
        const error = await run(executor, op, { ...operands, ...change }, options).then(
          () => null,
          (error) => error,
        );
        expect(error, `${executor.name}, ${message}`).toBeInstanceOf(InputError);
        expect(plain(error.message), executor.name).toBe(`layer: ${message}`);
      }
    }
  },
);

test("an op that an executor lacks is named when the program is compiled", () => {
  const graph = new Graph();
  graph.output("y", ops.tanh(graph.feed("x", "f32", [1])));
  const program = graph.program();
  const other = { ...program, ops: program.ops.map((op) => ({ ...op, name: "tangent" })) };
  const executor = new ReferenceExecutor();
  expect(() => executor.compile(other, executor.createStore())).toThrow(
    new OptionError("The reference executor does not know the op tangent."),
  );
  expect(() => nativeExecutor().compile(other, nativeExecutor().createStore())).toThrow("tangent");
});
