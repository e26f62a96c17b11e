import { OptionError } from "../../errors.js";
import { defineOperation } from "../operation.js";
import type { Tensor } from "../tensor.js";
import { matchShapes } from "../tensor.js";

const globalNormOperation = defineOperation({ name: "globalNorm" });

/** The Euclidean norm of all gradients together, [], and of each alone, [n]. */
export function globalNorm(gradients: readonly Tensor[]): { norm: Tensor; norms: Tensor } {
  for (const gradient of gradients) matchShapes("globalNorm", [["gradient", gradient, "..."]]);
  const { graph } = gradients[0] as Tensor;
  const results = [{ shape: [] }, { shape: [gradients.length] }];
  const [norm, norms] = graph.record(globalNormOperation, gradients, results) as [Tensor, Tensor];
  return { norm, norms };
}

const clipScaleOperation = defineOperation({ name: "clipScale" });

/**
 * The factor that brings a global norm down to `maxNorm` (Pascanu et al. 2013): min(1, maxNorm / (norm + 1e-6)), as in
 * PyTorch. 1 when maxNorm is 0 or less. NaN when the norm is not finite: optimizers take that as "change nothing".
 */
export function clipScale(norm: Tensor, maxNorm: Tensor): Tensor {
  matchShapes("clipScale", [
    ["norm", norm, ""],
    ["maxNorm", maxNorm, ""],
  ]);
  return norm.graph.record(clipScaleOperation, [norm, maxNorm], [{ shape: [] }])[0] as Tensor;
}

/** What every update takes: the variable, its gradient, the clip scale and the learning rate, both run-time scalars. */
export interface UpdateOperands {
  weight: Tensor;
  /** Shaped like the weight. */
  gradient: Tensor;
  scale: Tensor;
  learningRate: Tensor;
}

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

const sgdOperation = defineOperation({
  name: "sgd",
  attributes: ["momentum", "nesterov", "weightDecay"],
  mutates: [0, 4],
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
  const { weight, gradient, scale, learningRate, ids, velocity, momentum, nesterov, weightDecay } = operands;
  if (ids) {
    if (momentum !== 0 || weightDecay !== 0) throw new OptionError("sgd: ids need momentum 0 and weightDecay 0.");
    matchShapes("sgd", [
      ["weight", weight, "V E"],
      ["ids", ids, "N", "i32"],
      ["gradient", gradient, "N E"],
    ]);
    expectUpdate("sgd", { ...operands, gradient: weight }, []);
  } else {
    expectUpdate("sgd", operands, velocity ? [velocity] : []);
  }
  const attributes = [momentum, Number(nesterov), weightDecay];
  weight.graph.record(sgdOperation, [weight, gradient, scale, learningRate, velocity, ids], [], attributes);
}

const adamOperation = defineOperation({
  name: "adam",
  attributes: ["beta1", "beta2", "epsilon", "weightDecay", "decoupled"],
  mutates: [0, 1, 2],
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
  const { weight, m, v, gradient, scale, learningRate, step, beta1, beta2, epsilon, weightDecay, decoupled } = operands;
  expectUpdate("adam", operands, [m, v]);
  matchShapes("adam", [["step", step, ""]]);
  const attributes = [beta1, beta2, epsilon, weightDecay, Number(decoupled)];
  weight.graph.record(adamOperation, [weight, m, v, gradient, scale, learningRate, step], [], attributes);
}

const rmspropOperation = defineOperation({
  name: "rmsprop",
  attributes: ["alpha", "epsilon", "momentum", "weightDecay"],
  mutates: [0, 1, 2],
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
  const { weight, square, velocity, gradient, scale, learningRate, alpha, epsilon, momentum, weightDecay } = operands;
  expectUpdate("rmsprop", operands, velocity ? [square, velocity] : [square]);
  const attributes = [alpha, epsilon, momentum, weightDecay];
  weight.graph.record(rmspropOperation, [weight, square, velocity, gradient, scale, learningRate], [], attributes);
}

const adagradOperation = defineOperation({
  name: "adagrad",
  attributes: ["epsilon", "weightDecay"],
  mutates: [0, 1],
});

/** Adagrad (Duchi et al. 2011): s += g²; w -= lr g / (sqrt(s) + ε). */
export function adagrad(operands: UpdateOperands & { square: Tensor; epsilon: number; weightDecay: number }): void {
  const { weight, square, gradient, scale, learningRate, epsilon, weightDecay } = operands;
  expectUpdate("adagrad", operands, [square]);
  weight.graph.record(adagradOperation, [weight, square, gradient, scale, learningRate], [], [epsilon, weightDecay]);
}
