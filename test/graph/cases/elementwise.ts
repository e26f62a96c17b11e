import * as ops from "../../../lib/graph/ops/index.js";
import type { Inputs, OpCases } from "../case.js";
import { binary, unary } from "../case.js";

export const cases: OpCases["cases"] = {
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
};
