import * as ostinato from "../../lib/index.js";
import type { Entry } from "./row.js";
import { entry } from "./row.js";
import * as things from "./things.js";

const { ops } = ostinato;
const { tensors, recurrent, update } = things;

const unary = Object.fromEntries(
  [
    "exp",
    "log",
    "sqrt",
    "square",
    "tanh",
    "sigmoid",
    "relu",
    "softmax",
    "logSoftmax",
    "copy",
    "asRows",
    "sum",
    "mean",
  ].map((name) => [`ops.${name}`, entry(ops[name as "exp"], () => [tensors().x])]),
);
const binary = Object.fromEntries(
  ["add", "subtract", "multiply", "divide"].map((name) => [
    `ops.${name}`,
    entry(ops[name as "add"], () => {
      const { x, y } = tensors();
      return [x, y];
    }),
  ]),
);

export const operationRows: Record<string, Entry> = {
  ...unary,
  ...binary,
  "ops.assign": entry(ops.assign, () => {
    const { variable, gradient } = update();
    return [variable("v"), gradient];
  }),
  "ops.attention": entry(ops.attention, () => {
    const { f } = tensors();
    return [{ query: f("q", 1, 2, 4), keys: f("k", 3, 2, 4), values: f("m", 3, 2, 4), scale: 1 }];
  }),
  "ops.gruCell": entry(ops.gruCell, () => {
    const { f } = tensors();
    return [f("a", 2, 12), f("p", 2, 12), f("h", 2, 4)];
  }),
  "ops.lstmCell": entry(ops.lstmCell, () => {
    const { f } = tensors();
    return [f("a", 2, 16), f("c", 2, 4)];
  }),
  "ops.linearCrossEntropy": entry(ops.linearCrossEntropy, () => {
    const { x, f, ids } = tensors();
    return [{ x, weight: f("w", 5, 4), bias: f("b", 5), targets: ids }];
  }),
  "ops.dropout": entry(ops.dropout, () => {
    const { x, s, random } = tensors();
    return [{ x, rate: s, random, stream: 1, overTime: true }];
  }),
  "ops.affine": entry(ops.affine, () => [tensors().x, { scale: 2, shift: 1 }]),
  "ops.clamp": entry(ops.clamp, () => {
    const { x, s } = tensors();
    return [x, s];
  }),
  "ops.embedding": entry(ops.embedding, () => {
    const { x, ids } = tensors();
    return [x, ids];
  }),
  "ops.sumRows": entry(ops.sumRows, () => {
    const { x, ids } = tensors();
    return [ids, x, 7];
  }),
  "ops.gru": entry(ops.gru, () => [{ ...recurrent(3), reset: "before" }]),
  "ops.lstm": entry(ops.lstm, () => {
    const operands = recurrent(4);
    return [{ ...operands, c0: operands.h0.graph.feed("c0", "f32", [2, 4]) }];
  }),
  "ops.rnn": entry(ops.rnn, () => [{ ...recurrent(1), activation: "relu" }]),
  "ops.layerNorm": entry(ops.layerNorm, () => {
    const { x, f } = tensors();
    return [{ x, gain: f("g", 4), bias: f("b", 4), epsilon: 1e-5 }];
  }),
  "ops.linear": entry(ops.linear, () => {
    const { x, f } = tensors();
    return [x, f("w", 5, 4), f("b", 5)];
  }),
  "ops.matmul": entry(ops.matmul, () => {
    const { x, y } = tensors();
    return [x, y, { transposeA: true, transposeB: false }];
  }),
  "ops.sgd": entry(ops.sgd, () => {
    const { variable, step: _, ...operands } = update();
    return [{ ...operands, velocity: variable("v"), momentum: 0.9, nesterov: false, weightDecay: 0 }];
  }),
  "ops.adam": entry(ops.adam, () => {
    const { variable, ...operands } = update();
    const rule = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0, decoupled: true };
    return [{ ...operands, m: variable("m"), v: variable("v"), ...rule }];
  }),
  "ops.rmsprop": entry(ops.rmsprop, () => {
    const { variable, step: _, ...operands } = update();
    return [{ ...operands, square: variable("s"), alpha: 0.9, epsilon: 1e-8, momentum: 0, weightDecay: 0 }];
  }),
  "ops.adagrad": entry(ops.adagrad, () => {
    const { variable, step: _, ...operands } = update();
    return [{ ...operands, square: variable("s"), epsilon: 1e-8, weightDecay: 0 }];
  }),
  "ops.globalNorm": entry(ops.globalNorm, () => [[tensors().x]]),
  "ops.clipScale": entry(ops.clipScale, () => {
    const { s, f } = tensors();
    return [s, f("most")];
  }),
  "ops.pick": entry(ops.pick, () => {
    const { x, ids } = tensors();
    return [x, ids];
  }),
  "ops.follow": entry(ops.follow, () => {
    const { i, ids } = tensors();
    return [{ states: i("states", 3), ids, classOf: i("classOf", 7), next: i("next", 2, 5) }];
  }),
  "ops.restart": entry(ops.restart, () => [tensors().ids, { begin: 0, end: 1 }]),
  "ops.mask": entry(ops.mask, () => {
    const { f, i } = tensors();
    return [f("in", 3, 2, 4), i("lengths", 2)];
  }),
  "ops.argmax": entry(ops.argmax, () => [tensors().x, 1]),
  "ops.max": entry(ops.max, () => [tensors().x, 1]),
  "ops.sumTo": entry(ops.sumTo, () => [tensors().x, [4]]),
  "ops.broadcastTo": entry(ops.broadcastTo, () => [tensors().x, [2, 3, 4]]),
  "ops.sample": entry(ops.sample, () => {
    const { x, s, f, i, random } = tensors();
    return [{ logits: x, temperature: s, topK: i("k"), topP: f("p"), random }];
  }),
  "ops.scan": entry(ops.scan, () => {
    const { f, x } = tensors();
    const body = (_: unknown, { h }: Record<string, ostinato.Tensor>) => ({ state: { h: ops.tanh(h as never) } });
    return [{ inputs: { x }, state: { h: f("h", 2) }, steps: 3, reverse: false }, body];
  }),
  "ops.concat": entry(ops.concat, () => {
    const { x, y } = tensors();
    return [[x, y], 0];
  }),
  "ops.pad": entry(ops.pad, () => [tensors().x, { axis: 0, before: 1, after: 1 }]),
  "ops.reshape": entry(ops.reshape, () => [tensors().x, [4, 3]]),
  "ops.slice": entry(ops.slice, () => [tensors().x, { axis: 0, start: 1, end: 2 }]),
  "ops.transpose": entry(ops.transpose, () => [tensors().x, 0, 1]),
};
