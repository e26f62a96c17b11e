import { OptionError, ShapeError } from "../../errors.js";
import { checkOption, completeOptions, flag, list, real } from "../../options.js";
import { defineOperation } from "../operation.js";
import type { Tensor } from "../tensor.js";
import { matchShapes, operand, operandIfAny } from "../tensor.js";

export const globalNormOperation = defineOperation({
  name: "globalNorm",
  operands: ["...gradients"],
  results: ["norm", "norms"],
});

/** The Euclidean norm of all gradients together, [], and of each alone, [n]. */
export function globalNorm(gradients: readonly Tensor[]): { norm: Tensor; norms: Tensor } {
  const [first] = checkOption("globalNorm", "gradients", gradients, list(operand));
  if (!first) throw new ShapeError("globalNorm: expected at least one gradient.");
  const { graph } = first;
  for (const gradient of gradients) matchShapes("globalNorm", [["gradient", gradient, "..."]]);
  return graph.record(globalNormOperation, { gradients }, { norm: [], norms: [gradients.length] });
}

export const clipScaleOperation = defineOperation({
  name: "clipScale",
  operands: ["norm", "maxNorm"],
  results: ["scale"],
});

/**
 * The factor that brings a global norm down to `maxNorm` (Pascanu et al. 2013): min(1, maxNorm / (norm + 1e-6)), as in
 * PyTorch. 1 when maxNorm is 0 or less. NaN when the norm is not finite: optimizers take that as "change nothing".
 */
export function clipScale(norm: Tensor, maxNorm: Tensor): Tensor {
  matchShapes("clipScale", [
    ["norm", norm, ""],
    ["maxNorm", maxNorm, ""],
  ]);
  return norm.graph.record(clipScaleOperation, { norm, maxNorm }, { scale: [] }).scale;
}

/** Operands of every update: the variable, its gradient, the clip scale and the learning rate, both run-time scalars. @inline */
export interface UpdateOperands {
  weight: Tensor;
  /** Shaped like the weight. */
  gradient: Tensor;
  scale: Tensor;
  learningRate: Tensor;
}

const update = { weight: operand, gradient: operand, scale: operand, learningRate: operand };
const [decay, small, penalty] = [real({ minimum: 0, below: 1 }), real({ above: 0 }), real({ minimum: 0 })];

function expectUpdate(
  name: string,
  { weight, gradient, scale, learningRate }: UpdateOperands,
  moments: readonly Tensor[],
) {
  const pattern = weight.shape.join(" ");
  matchShapes(name, [
    ["weight", weight, pattern],
    ["gradient", gradient, pattern],
    ["scale", scale, ""],
    ["learningRate", learningRate, ""],
    ...moments.map((moment) => ["moment", moment, pattern] as const),
  ]);
}

export const sgdOperation = defineOperation({
  name: "sgd",
  operands: ["weight", "gradient", "scale", "learningRate", "velocity?", "ids? i32"],
  results: [],
  attributes: ["momentum", "nesterov", "weightDecay"],
  mutates: ["weight", "velocity"],
});

/**
 * Stochastic gradient descent with momentum (PyTorch's form: v = μ v + g; w -= lr v, or lr (g + μ v) with Nesterov).
 * @param operands.ids i32 [N], of `sumRows`: the gradient [N,E] belongs to these rows of the weight [V,E], and the others
 *   stay; -1 stands for no row. Not with momentum or weight decay, which would change them too.
 */
export function sgd(
  operands: UpdateOperands & {
    ids?: Tensor | null;
    velocity?: Tensor | null;
    momentum: number;
    nesterov: boolean;
    weightDecay: number;
  },
): void {
  const complete = completeOptions("sgd", operands, {
    ...update,
    ids: operandIfAny,
    velocity: operandIfAny,
    momentum: decay,
    nesterov: flag(),
    weightDecay: penalty,
  });
  const { weight, gradient, ids, velocity, momentum, nesterov, weightDecay } = complete;
  if (ids) {
    if (momentum !== 0 || weightDecay !== 0) throw new OptionError("sgd: ids need momentum 0 and weightDecay 0.");
    matchShapes("sgd", [
      ["weight", weight, "V E"],
      ["ids", ids, "N", "i32"],
      ["gradient", gradient, "N E"],
    ]);
    expectUpdate("sgd", { ...complete, gradient: weight }, []);
  } else {
    expectUpdate("sgd", complete, velocity ? [velocity] : []);
  }
  weight.graph.record(sgdOperation, complete, {}, { momentum, nesterov: Number(nesterov), weightDecay });
}

export const adamOperation = defineOperation({
  name: "adam",
  operands: ["weight", "m", "v", "gradient", "scale", "learningRate", "step"],
  results: [],
  attributes: ["beta1", "beta2", "epsilon", "weightDecay", "decoupled"],
  mutates: ["weight", "m", "v"],
});

/**
 * Adam (Kingma & Ba 2015) with bias correction; `decoupled` applies the weight decay to the weight itself (AdamW,
 * Loshchilov & Hutter 2019). `step` counts from 1.
 */
export function adam(
  operands: UpdateOperands & {
    m: Tensor;
    v: Tensor;
    step: Tensor;
    beta1: number;
    beta2: number;
    epsilon: number;
    weightDecay: number;
    decoupled: boolean;
  },
): void {
  const complete = completeOptions("adam", operands, {
    ...update,
    m: operand,
    v: operand,
    step: operand,
    beta1: decay,
    beta2: decay,
    epsilon: small,
    weightDecay: penalty,
    decoupled: flag(),
  });
  const { weight, m, v, step, decoupled } = complete;
  expectUpdate("adam", complete, [m, v]);
  matchShapes("adam", [["step", step, ""]]);
  weight.graph.record(adamOperation, complete, {}, { ...complete, decoupled: Number(decoupled) });
}

export const rmspropOperation = defineOperation({
  name: "rmsprop",
  operands: ["weight", "square", "velocity?", "gradient", "scale", "learningRate"],
  results: [],
  attributes: ["alpha", "epsilon", "momentum", "weightDecay"],
  mutates: ["weight", "square", "velocity"],
});

/** RMSprop (Tieleman & Hinton 2012), PyTorch's form: s = α s + (1-α) g²; w -= lr g / (sqrt(s) + ε). */
export function rmsprop(
  operands: UpdateOperands & {
    square: Tensor;
    velocity?: Tensor | null;
    alpha: number;
    epsilon: number;
    momentum: number;
    weightDecay: number;
  },
): void {
  const complete = completeOptions("rmsprop", operands, {
    ...update,
    square: operand,
    velocity: operandIfAny,
    alpha: decay,
    epsilon: small,
    momentum: decay,
    weightDecay: penalty,
  });
  const { weight, square, velocity } = complete;
  expectUpdate("rmsprop", complete, velocity ? [square, velocity] : [square]);
  weight.graph.record(rmspropOperation, complete, {}, complete);
}

export const adagradOperation = defineOperation({
  name: "adagrad",
  operands: ["weight", "square", "gradient", "scale", "learningRate"],
  results: [],
  attributes: ["epsilon", "weightDecay"],
  mutates: ["weight", "square"],
});

/** Adagrad (Duchi et al. 2011): s += g²; w -= lr g / (sqrt(s) + ε). */
export function adagrad(operands: UpdateOperands & { square: Tensor; epsilon: number; weightDecay: number }): void {
  const rules = { ...update, square: operand, epsilon: small, weightDecay: penalty };
  const complete = completeOptions("adagrad", operands, rules);
  expectUpdate("adagrad", complete, [complete.square]);
  complete.weight.graph.record(adagradOperation, complete, {}, complete);
}

export const approachOperation = defineOperation({
  name: "approach",
  operands: ["variable", "target", "share", "scale"],
  results: [],
  mutates: ["variable"],
});

/**
 * Takes a variable a share of the way to a target: v += share (target - v). With shares of 1, 1/2, 1/3 ... it is the mean of the targets so
 * far (Polyak & Juditsky 1992). Nothing changes where the share is 0 or the scale is NaN.
 * @param operands.share run-time scalar from 0 to 1; at 1 the variable is the target.
 * @param operands.scale the clip scale of an update.
 */
export function approach(operands: { variable: Tensor; target: Tensor; share: Tensor; scale: Tensor }): void {
  const complete = completeOptions("approach", operands, {
    variable: operand,
    target: operand,
    share: operand,
    scale: operand,
  });
  const { variable, target, share, scale } = complete;
  matchShapes("approach", [
    ["variable", variable, "..."],
    ["target", target, variable.shape.join(" ")],
    ["share", share, ""],
    ["scale", scale, ""],
  ]);
  variable.graph.record(approachOperation, complete, {});
}
