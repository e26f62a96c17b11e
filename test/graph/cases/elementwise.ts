import type { Cases } from "../case.js";
import { binary, unary } from "../case.js";

export const cases: Cases = {
  add: binary(),
  subtract: binary(),
  multiply: binary(),
  divide: binary(3),
  exp: unary(),
  log: unary({ offset: 2 }),
  sqrt: unary({ offset: 2 }),
  square: unary(),
  tanh: unary({ scale: 3 }),
  sigmoid: unary({ scale: 5 }),
  relu: unary(),
  affine: [{ name: "[3,17]", args: (i) => [i.floats("x", [3, 17]), { scale: -1.5, shift: 0.25 }] }],
  clamp: [0.4, 0, -0.4, 2].map((offset) => ({
    name: `[40] within about ${offset}`,
    args: (i) => [i.floats("x", [40]), i.floats("limit", [], { scale: 0.01, offset })],
  })),
};
