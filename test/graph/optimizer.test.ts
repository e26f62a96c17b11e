import { describe, expect, test } from "vitest";
import { ShapeError } from "../../lib/errors.js";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import type { Tensor } from "../../lib/graph/tensor.js";

type Operands = Record<"weight" | "gradient" | "scale" | "learningRate" | "moment" | "step", Tensor>;

const updates: Readonly<Record<string, (operands: Operands) => void>> = {
  sgd: ({ moment, step, ...own }) =>
    ops.sgd({ ...own, velocity: moment, momentum: 0.9, nesterov: false, weightDecay: 0 }),
  adam: ({ moment, ...own }) =>
    ops.adam({
      ...{ ...own, m: moment, v: moment },
      ...{ beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0, decoupled: false },
    }),
  rmsprop: ({ moment, step, ...own }) =>
    ops.rmsprop({ ...own, square: moment, alpha: 0.9, epsilon: 1e-8, momentum: 0, weightDecay: 0 }),
  adagrad: ({ moment, step, ...own }) => ops.adagrad({ ...own, square: moment, epsilon: 1e-8, weightDecay: 0 }),
};

describe.each(Object.entries(updates))("%s", (name, update) => {
  const recorded = (shapes: Partial<Record<keyof Operands, number[]>> = {}) => {
    const graph = new Graph();
    const variable = (own: "weight" | "moment") =>
      graph.variable({ name: own, dtype: "f32", shape: shapes[own] ?? [3, 4] });
    const feed = (own: keyof Operands, shape: number[]) => graph.feed(own, "f32", shapes[own] ?? shape);
    update({
      ...{ weight: variable("weight"), moment: variable("moment"), gradient: feed("gradient", [3, 4]) },
      ...{ scale: feed("scale", []), learningRate: feed("learningRate", []), step: feed("step", []) },
    });
  };

  test("takes a gradient and moments of the weight's shape", () => recorded());

  test.each([
    ["gradient", [4, 3]],
    ["moment", [3]],
    ["scale", [1]],
    ["learningRate", [3, 4]],
  ] as const)("refuses a %s of shape %j", (operand, shape) => {
    const act = () => recorded({ [operand]: [...shape] });
    expect(act).toThrow(ShapeError);
    expect(act).toThrow(new RegExp(`^${name}: `));
  });
});

test("sgd of a table's rows has neither momentum nor weight decay", () => {
  const update = (options: { momentum?: number; weightDecay?: number }) => {
    const graph = new Graph();
    ops.sgd({
      ...{ weight: graph.variable({ name: "table", dtype: "f32", shape: [5, 4] }), velocity: null },
      ...{ gradient: graph.feed("gradient", "f32", [3, 4]), ids: graph.feed("ids", "i32", [3]) },
      ...{ scale: graph.scalar("scale"), learningRate: graph.scalar("learningRate") },
      ...{ momentum: 0, nesterov: false, weightDecay: 0, ...options },
    });
  };
  expect(() => update({})).not.toThrow();
  for (const own of [{ momentum: 0.9 }, { weightDecay: 0.1 }]) {
    expect(() => update(own)).toThrow("sgd: ids need momentum 0 and weightDecay 0.");
  }
});
