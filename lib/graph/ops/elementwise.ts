import { completeOptions, real } from "../../options.js";
import type { Operation } from "../operation.js";
import { defineOperation } from "../operation.js";
import { broadcastShape } from "../shapes.js";
import type { Tensor } from "../tensor.js";
import { matchShapes } from "../tensor.js";
import { sumTo } from "./reduce.js";

export type Binary = Operation<readonly ["a", "b"], readonly ["y"]>;
export type Unary = Operation<readonly ["x"], readonly ["y"]>;
export type FromOutput = Operation<readonly ["y", "dy"], readonly ["dx"]>;

type BinaryGradient = (context: { a: Tensor; b: Tensor; y: Tensor; dy: Tensor }) => [() => Tensor, () => Tensor];

function binary(name: string, gradient: BinaryGradient) {
  const operation = defineOperation({
    name,
    operands: ["a", "b"],
    results: ["y"],
    gradient: ({ a, b, y }, { dy }, needs) => {
      const [da, db] = gradient({ a, b, y, dy });
      return { da: needs.a && sumTo(da(), a.shape), db: needs.b && sumTo(db(), b.shape) };
    },
  });
  return (a: Tensor, b: Tensor): Tensor => {
    const y = broadcastShape(name, a, b);
    return a.graph.record(operation, { a, b }, { y }).y;
  };
}

/** a + b, broadcasting. */
export const add = binary("add", ({ dy }) => [() => dy, () => dy]);

/** a - b, broadcasting. */
export const subtract = binary("subtract", ({ dy }) => [() => dy, () => affine(dy, { scale: -1 })]);

/** a b elementwise, broadcasting. */
export const multiply = binary("multiply", ({ a, b, dy }) => [() => multiply(dy, b), () => multiply(dy, a)]);

/** a / b elementwise, broadcasting. */
export const divide = binary("divide", ({ b, y, dy }) => [
  () => divide(dy, b),
  () => affine(divide(multiply(dy, y), b), { scale: -1 }),
]);

function unary(name: string, gradient: (context: { x: Tensor; y: Tensor; dy: Tensor }) => Tensor) {
  const operation = defineOperation({
    name,
    operands: ["x"],
    results: ["y"],
    gradient: ({ x, y }, { dy }) => ({ dx: gradient({ x, y, dy }) }),
  });
  return (x: Tensor): Tensor => {
    matchShapes(name, [["x", x, "..."]]);
    return x.graph.record(operation, { x }, { y: x }).y;
  };
}

export const exp = unary("exp", ({ y, dy }) => multiply(dy, y));
/** Natural logarithm. */
export const log = unary("log", ({ x, dy }) => divide(dy, x));
export const sqrt = unary("sqrt", ({ y, dy }) => affine(divide(dy, y), { scale: 0.5 }));
export const square = unary("square", ({ x, dy }) => affine(multiply(dy, x), { scale: 2 }));
export const tanh = unary("tanh", fromOutput("tanhGradient"));
/** Logistic sigmoid 1 / (1 + exp(-x)). */
export const sigmoid = unary("sigmoid", fromOutput("sigmoidGradient"));
/** max(x, 0). */
export const relu = unary("relu", fromOutput("reluGradient"));

/** A gradient that needs no more of its op than what it gave. */
function fromOutput(name: string) {
  const operation = defineOperation({ name, operands: ["y", "dy"], results: ["dx"] });
  return ({ y, dy }: { y: Tensor; dy: Tensor }) => y.graph.record(operation, { y, dy }, { dx: y }).dx;
}

export const affineOperation = defineOperation({
  name: "affine",
  operands: ["x"],
  results: ["y"],
  attributes: ["scale", "shift"],
  gradient: ({ scale }, { dy }) => ({ dx: affine(dy, { scale }) }),
});

/** scale x + shift, with numbers known while recording. `scale` defaults to 1, `shift` to 0. */
export function affine(x: Tensor, options: { scale?: number; shift?: number }): Tensor {
  const { scale, shift } = completeOptions("affine", options, {
    scale: real({ initial: 1 }),
    shift: real({ initial: 0 }),
  });
  matchShapes("affine", [["x", x, "..."]]);
  return x.graph.record(affineOperation, { x }, { y: x }, { scale, shift }).y;
}

export const clampOperation = defineOperation({
  name: "clamp",
  operands: ["x", "limit"],
  results: ["y"],
  gradient: (seen, { dy }) => seen.graph.record(clampGradient, { ...seen, dy }, { dx: seen.x, dlimit: [] }),
});

export const clampGradient = defineOperation({
  name: "clampGradient",
  operands: ["x", "limit", "dy"],
  results: ["dx?", "dlimit?"],
});

/**
 * min(max(x, -limit), limit) for every element; `limit` is a run-time scalar. A negative limit is what every element becomes.
 * The gradient of x passes where x is within the limit, its ends included.
 */
export function clamp(x: Tensor, limit: Tensor): Tensor {
  matchShapes("clamp", [
    ["x", x, "..."],
    ["limit", limit, ""],
  ]);
  return x.graph.record(clampOperation, { x, limit }, { y: x }).y;
}
