import * as ops from "../../lib/graph/ops/index.js";
import type { Tensor } from "../../lib/graph/tensor.js";
import type { Inputs, Recorded } from "./case.js";

const [T, B, I, H] = [4, 3, 2, 5];

const weights = (inputs: Inputs) => ({
  weight_ih: inputs.floats("weight_ih", [H, I]),
  weight_hh: inputs.floats("weight_hh", [H, H], { scale: 0.5 }),
  bias: inputs.floats("bias", [H]),
});

/** h' = tanh(W x + R h + b) */
function elman(x: Tensor, h: Tensor, { weight_ih, weight_hh, bias }: ReturnType<typeof weights>): Tensor {
  return ops.tanh(ops.add(ops.linear(x, weight_ih, bias), ops.linear(h, weight_hh)));
}

/** Ways of using a loop over time, each with what its gradient could get wrong. */
export const scans: readonly Recorded[] = [
  ...[false, true].map((reverse) => ({
    name: `a recurrent network${reverse ? ", reverse" : ""}: all states and the last`,
    record(inputs: Inputs) {
      const own = weights(inputs);
      const operands = {
        inputs: { x: inputs.floats("x", [T, B, I]) },
        state: { h: inputs.floats("h0", [B, H]) },
        reverse,
      };
      const { states, last } = ops.scan(operands, ({ x }, { h }) => ({ state: { h: elman(x, h, own) } }));
      return [states.h, last.h];
    },
  })),
  {
    name: "matrices large enough to be packed: one from outside, one that is the state, one that a step makes",
    record(inputs) {
      const [rows, width] = [18, 20];
      const weight = inputs.floats("weight", [width, width], { scale: 0.3 });
      const bias = inputs.floats("bias", [width]);
      const operands = {
        inputs: { x: inputs.floats("x", [3, rows, width]) },
        state: { m: inputs.floats("m0", [width, width], { scale: 0.3 }) },
      };
      const { outputs, last } = ops.scan(operands, ({ x }, { m }) => {
        const changed = ops.tanh(ops.linear(m, weight, bias));
        const made = ops.matmul(x, m);
        return {
          state: { m: changed },
          outputs: { y: ops.tanh(ops.matmul(made, ops.affine(changed, { scale: 0.5 }))) },
        };
      });
      return [outputs.y, last.m];
    },
  },
  {
    name: "only the last state is read",
    record(inputs) {
      const own = weights(inputs);
      const operands = { inputs: { x: inputs.floats("x", [T, B, I]) }, state: { h: inputs.floats("h0", [B, H]) } };
      return [ops.scan(operands, ({ x }, { h }) => ({ state: { h: elman(x, h, own) } })).last.h];
    },
  },
  {
    name: "one row of all states is read",
    record(inputs) {
      const own = weights(inputs);
      const operands = { inputs: { x: inputs.floats("x", [T, B, I]) }, state: { h: inputs.floats("h0", [B, H]) } };
      const { states } = ops.scan(operands, ({ x }, { h }) => ({ state: { h: elman(x, h, own) } }));
      return [ops.slice(states.h, { axis: 0, start: 1, end: 2 })];
    },
  },
  {
    name: "outputs beside the state, one of them the state, one a view, one from outside",
    record(inputs) {
      const own = weights(inputs);
      const outside = inputs.floats("outside", [B]);
      const operands = { inputs: { x: inputs.floats("x", [T, B, I]) }, state: { h: inputs.floats("h0", [B, H]) } };
      const { outputs, last } = ops.scan(operands, ({ x }, { h }) => {
        const next = elman(x, h, own);
        const turned = ops.reshape(ops.square(next), [H, B]);
        return { state: { h: next }, outputs: { next, before: h, turned, outside, x } };
      });
      return [outputs.next, outputs.before, outputs.turned, outputs.outside, outputs.x, last.h];
    },
  },
  {
    name: "two states that change places, and one that stays",
    record(inputs) {
      const operands = {
        inputs: { x: inputs.floats("x", [T, B]) },
        state: { a: inputs.floats("a", [B]), b: inputs.floats("b", [B]), c: inputs.floats("c", [B]) },
      };
      const { states, last } = ops.scan(operands, ({ x }, { a, b, c }) => ({
        state: { a: b, b: ops.multiply(ops.add(a, x), c), c },
      }));
      return [states.a, states.b, last.c];
    },
  },
  {
    name: "a state that each step replaces, and that only a value which nobody reads is made of",
    record(inputs) {
      const state = { h: inputs.floats("h0", [B]), k: inputs.floats("k0", [B]) };
      const operands = { inputs: { x: inputs.floats("x", [T, B]) }, state };
      return [ops.scan(operands, ({ x }, { h }) => ({ state: { h: x, k: ops.multiply(x, h) } })).last.h];
    },
  },
  {
    name: "what every step meets: once as a factor, once joined to the state, once as a whole sequence",
    record(inputs) {
      const factor = inputs.floats("factor", [H]);
      const context = inputs.floats("context", [B, I]);
      const weight = inputs.floats("weight", [H, H + I], { scale: 0.5 });
      const x = inputs.floats("x", [T, B, H]);
      const { states } = ops.scan({ inputs: { x }, state: { h: inputs.floats("h0", [B, H]) } }, ({ x: row }, { h }) => {
        const joined = ops.concat([h, context], 1);
        const all = ops.sumTo(ops.multiply(x, row), [B, H]);
        return {
          state: {
            h: ops.tanh(ops.add(ops.multiply(ops.linear(joined, weight), factor), ops.affine(all, { scale: 0.1 }))),
          },
        };
      });
      return [states.h];
    },
  },
  {
    name: "one weight in two places",
    record(inputs) {
      const weight = inputs.floats("weight", [H, H], { scale: 0.5 });
      const operands = { inputs: { x: inputs.floats("x", [T, B, H]) }, state: { h: inputs.floats("h0", [B, H]) } };
      const { last } = ops.scan(operands, ({ x }, { h }) => ({
        state: { h: ops.tanh(ops.add(ops.linear(x, weight), ops.linear(h, weight))) },
      }));
      return [last.h];
    },
  },
  {
    name: "a loop over the states of another, the other way round",
    record(inputs) {
      const own = weights(inputs);
      const first = ops.scan(
        { inputs: { x: inputs.floats("x", [T, B, I]) }, state: { h: inputs.floats("h0", [B, H]) } },
        ({ x }, { h }) => ({ state: { h: elman(x, h, own) } }),
      );
      const second = ops.scan(
        { inputs: { y: first.states.h }, state: { h: first.last.h }, reverse: true },
        ({ y }, { h }) => ({
          state: { h: ops.tanh(ops.add(y, ops.multiply(h, first.last.h))) },
        }),
      );
      return [second.states.h, first.states.h];
    },
  },
  ...[false, true].map((additive) => ({
    name: `a decoder with ${additive ? "additive" : "dot"} attention, fed with its context`,
    record(inputs: Inputs) {
      const S = 6;
      const memory = inputs.floats("memory", [S, B, H]);
      const keys = additive ? inputs.floats("keys", [S, B, H]) : memory;
      const v = additive ? inputs.floats("v", [H]) : null;
      const weight = inputs.floats("weight", [H, I + 2 * H], { scale: 0.5 });
      const lengths = inputs.integers("lengths", [B], [S, 2, 3]);
      const operands = {
        inputs: { x: inputs.floats("x", [T, B, I]) },
        state: { h: inputs.floats("h0", [B, H]), context: inputs.floats("c0", [B, H]) },
      };
      const { states, outputs } = ops.scan(operands, ({ x }, { h, context }) => {
        const next = ops.tanh(ops.linear(ops.concat([x, h, context], 1), weight));
        const attended = ops.attention({ query: ops.reshape(next, [1, B, H]), keys, values: memory, v, lengths });
        return {
          state: { h: next, context: ops.reshape(attended.context, [B, H]) },
          outputs: { weights: ops.reshape(attended.weights, [B, S]) },
        };
      });
      return [states.h, states.context, outputs.weights];
    },
  })),
  {
    name: "tokens as state, looked up in every step",
    record(inputs) {
      const table = inputs.floats("table", [5, H]);
      const operands = {
        inputs: {},
        steps: T,
        state: { token: inputs.integers("token", [B], [4, 0, 2]), h: inputs.floats("h0", [B, H]) },
      };
      const { states } = ops.scan(operands, (_, { token, h }) => {
        const next = ops.tanh(ops.add(h, ops.embedding(table, token)));
        return { state: { token: ops.copy(token), h: next } };
      });
      return [states.h];
    },
  },
  {
    name: "whole ops with saved values of their own: an lstm of one step",
    record(inputs) {
      const own = {
        weight_ih: inputs.floats("weight_ih", [4 * H, I]),
        weight_hh: inputs.floats("weight_hh", [4 * H, H], { scale: 0.5 }),
      };
      const operands = {
        inputs: { x: inputs.floats("x", [T, B, I]) },
        state: { h: inputs.floats("h0", [B, H]), c: inputs.floats("c0", [B, H]) },
      };
      const { states, last } = ops.scan(operands, ({ x }, { h, c }) => {
        const { hLast, cLast } = ops.lstm({ x: ops.reshape(x, [1, B, I]), h0: h, c0: c, ...own });
        return { state: { h: hLast, c: cLast } };
      });
      return [states.h, last.c];
    },
  },
];
