import * as ops from "../graph/ops/index.js";
import type { Tensor } from "../graph/tensor.js";
import type { Parameter } from "../nn/parameter.js";
import type { OptionsOf, OptionTable } from "../options.js";
import { completeOptions, expectOneOf, flag, option, real, table, whole } from "../options.js";

/** Operands of one update; all but the tensors of the parameter are run-time scalars. */
export interface Update {
  parameter: Parameter;
  gradient: Tensor;
  /** Rows of a table that the gradient belongs to; see Optimizer.rowwise. */
  ids?: Tensor | null;
  /** The clip scale; NaN means "change nothing". */
  scale: Tensor;
  learningRate: Tensor;
  /** Number of this update, from 1. */
  step: Tensor;
}

/** The mean of the weights after each update from some moment on, as a moment that an optimizer keeps (Polyak & Juditsky 1992). */
export interface Averaging {
  /** Name of the moment. It takes the share `averageShare` of the way to the weight after an update. */
  readonly moment: string;
  /** The rule of when it begins: see ASGDOptions. */
  readonly nonMonotone: number;
}

/** Run-time scalar: 0 before averaging has begun, then 1, 1/2, 1/3 ... */
export const averageShare = "averageShare";

/**
 * A rule that turns gradients into new weights. It records one fused update for each parameter; its moments are
 * variables of the store named after the parameter: "adam.m/rnn.weight_ih_l0".
 */
export interface Optimizer {
  readonly name: string;
  /** The base learning rate that a schedule multiplies. */
  readonly learningRate: number;
  /** The configuration in words and numbers, for files and reports. */
  readonly options: Readonly<Record<string, number | boolean>>;
  /** Names of the moments it keeps for each parameter. */
  readonly moments: readonly string[];
  /** The mean that measurements, samples and saved models use in place of the weights, once it has begun. Default: none. */
  readonly averaging?: Averaging;
  /**
   * Whether a weight whose gradient is 0 stays as it is, so that a table of which one batch uses a few rows is updated
   * only there, with the same result. Plain SGD. With momentum, weight decay or Adam's moments every row moves at every
   * step, as in PyTorch's dense optimizers, and those get the whole gradient.
   */
  readonly rowwise: boolean;
  record(update: Update): void;
}

/** The store's name of a moment. */
export function momentName(optimizer: Optimizer, moment: string, parameter: Pick<Parameter, "name">): string {
  return `${optimizer.name}.${moment}/${parameter.name}`;
}

/** The operands that every update takes. */
function operandsOf({ parameter, gradient, scale, learningRate }: Update) {
  return { weight: parameter.in(gradient.graph), gradient, scale, learningRate };
}

function momentsOf(optimizer: Optimizer, { parameter, gradient }: Update): Record<string, Tensor> {
  return Object.fromEntries(
    optimizer.moments.map((moment) => [
      moment,
      gradient.graph.variable({ name: momentName(optimizer, moment, parameter), dtype: "f32", shape: parameter.shape }),
    ]),
  );
}

/** A learning rate. */
const rate = (initial: number) => option(real({ minimum: 0, initial }), { aka: ["lr", "eta"] });

/** A share of what was before, kept from update to update. */
const decay = (initial: number) => real({ minimum: 0, below: 1, initial });

const penalty = (initial: number) => option(real({ minimum: 0, initial }), { aka: ["l2", "wd"] });

const epsilon = (initial: number) => option(real({ above: 0, initial }), { aka: ["eps"] });

const sgdRules = table("sgd", {
  /** Learning rate, which the schedule multiplies. Default 1. */
  learningRate: rate(1),
  /** Share of the last step that the next one repeats. Default 0. */
  momentum: decay(0),
  /** Look ahead along the momentum (Nesterov 1983; Sutskever et al. 2013). Default false. */
  nesterov: option(flag(), { needs: { momentum: true } }),
  /** L2 penalty, added to the gradient. Default 0. */
  weightDecay: penalty(0),
});

/** Options of `sgd`. @interface */
export type SGDOptions = OptionsOf<typeof sgdRules>;

/** Stochastic gradient descent, with momentum if asked for. @throws OptionError for an option outside its range. */
export function sgd(options: SGDOptions = {}): Optimizer {
  const { learningRate, momentum, weightDecay, nesterov } = completeOptions("sgd", options, sgdRules);
  const optimizer: Optimizer = {
    name: "sgd",
    learningRate,
    options: { learningRate, momentum, nesterov, weightDecay },
    moments: momentum > 0 ? ["velocity"] : [],
    rowwise: momentum === 0 && weightDecay === 0,
    record: (update) => {
      const { velocity } = momentsOf(optimizer, update);
      const { ids = null } = update;
      ops.sgd({ ...operandsOf(update), ids, velocity: velocity ?? null, momentum, nesterov, weightDecay });
    },
  };
  return optimizer;
}

const asgdRules = table("asgd", {
  /** Learning rate, which the schedule multiplies. Default 1. */
  learningRate: rate(1),
  /** L2 penalty, added to the gradient. Default 0. */
  weightDecay: penalty(0),
  /**
   * n: averaging begins after the first validation whose loss is higher than the lowest of those before the last n (Merity et al. 2018);
   * 0: with the first update. Default 5.
   */
  nonMonotone: option(whole({ initial: 5 }), { aka: ["nonmono", "non_mono"] }),
});

/** Options of `asgd`. @interface */
export type ASGDOptions = OptionsOf<typeof asgdRules>;

/**
 * Stochastic gradient descent whose result is the mean of the weights after each update, from a moment on that the validation chooses:
 * NT-ASGD (Polyak & Juditsky 1992; Merity et al. 2018). What is measured and saved is the mean; the updates go on from the weights.
 * @throws OptionError for an option outside its range.
 */
export function asgd(options: ASGDOptions = {}): Optimizer {
  const { learningRate, weightDecay, nonMonotone } = completeOptions("asgd", options, asgdRules);
  const optimizer: Optimizer = {
    name: "asgd",
    learningRate,
    options: { learningRate, weightDecay, nonMonotone },
    moments: ["average"],
    averaging: { moment: "average", nonMonotone },
    rowwise: weightDecay === 0,
    record: (update) => {
      const { average } = momentsOf(optimizer, update) as { average: Tensor };
      const { ids = null, scale } = update;
      const operands = operandsOf(update);
      ops.sgd({ ...operands, ids, velocity: null, momentum: 0, nesterov: false, weightDecay });
      const share = scale.graph.scalar(averageShare, 0);
      ops.approach({ variable: average, target: operands.weight, share, scale });
    },
  };
  return optimizer;
}

const adamRules = table("adam", {
  /** Learning rate, which the schedule multiplies. Default 0.001. */
  learningRate: rate(1e-3),
  /** Decay of the mean of gradients. Default 0.9. */
  beta1: option(decay(0.9), { aka: ["beta_1"] }),
  /** Decay of the mean of squared gradients. Default 0.999. */
  beta2: option(decay(0.999), { aka: ["beta_2"] }),
  /** Keeps the step finite where all gradients are 0. Default 1e-8. */
  epsilon: epsilon(1e-8),
  /** L2 penalty, added to the gradient. Default 0. */
  weightDecay: penalty(0),
});

const adamwRules = table("adamw", {
  ...adamRules,
  /** Pull of the weight itself towards 0. Default 0.01. */
  weightDecay: penalty(0.01),
  /** Let `weightDecay` pull matrices only, not biases and the gains of normalisations, as GPT-2's training does. Default false. */
  matricesOnly: flag(),
});

/** Options of `adam`. @interface */
export type AdamOptions = OptionsOf<typeof adamRules>;

/** Options of `adamw`. @interface */
export type AdamWOptions = OptionsOf<typeof adamwRules>;

function adamRule(name: "adam" | "adamw", complete: Required<AdamOptions>, matricesOnly = false): Optimizer {
  const decoupled = name === "adamw";
  const { learningRate, beta1, beta2, epsilon, weightDecay } = complete;
  const optimizer: Optimizer = {
    name,
    learningRate,
    options: { learningRate, beta1, beta2, epsilon, weightDecay, ...(matricesOnly ? { matricesOnly } : {}) },
    moments: ["m", "v"],
    rowwise: false,
    record: (update) => {
      const { m, v } = momentsOf(optimizer, update) as { m: Tensor; v: Tensor };
      const { step, parameter } = update;
      const own = matricesOnly && parameter.shape.length < 2 ? 0 : weightDecay;
      ops.adam({ ...operandsOf(update), step, m, v, beta1, beta2, epsilon, weightDecay: own, decoupled });
    },
  };
  return optimizer;
}

/** Adam (Kingma & Ba 2015). @throws OptionError for an option outside its range. */
export function adam(options: AdamOptions = {}): Optimizer {
  return adamRule("adam", completeOptions("adam", options, adamRules));
}

/** Adam with decoupled weight decay (Loshchilov & Hutter 2019). @throws OptionError for an option outside its range. */
export function adamw(options: AdamWOptions = {}): Optimizer {
  const { matricesOnly, ...complete } = completeOptions("adamw", options, adamwRules);
  return adamRule("adamw", complete, matricesOnly);
}

const rmspropRules = table("rmsprop", {
  /** Learning rate, which the schedule multiplies. Default 0.002. */
  learningRate: rate(2e-3),
  /** Decay of the mean of squared gradients, as in char-rnn. Default 0.95. */
  alpha: option(decay(0.95), { aka: ["rho", "decay_rate"] }),
  /** Keeps the step finite where all gradients are 0. Default 1e-8. */
  epsilon: epsilon(1e-8),
  /** Share of the last step that the next one repeats. Default 0. */
  momentum: decay(0),
  /** L2 penalty, added to the gradient. Default 0. */
  weightDecay: penalty(0),
});

/** Options of `rmsprop`. @interface */
export type RMSpropOptions = OptionsOf<typeof rmspropRules>;

/** RMSprop (Tieleman & Hinton 2012). @throws OptionError for an option outside its range. */
export function rmsprop(options: RMSpropOptions = {}): Optimizer {
  const { learningRate, alpha, epsilon, momentum, weightDecay } = completeOptions("rmsprop", options, rmspropRules);
  const optimizer: Optimizer = {
    name: "rmsprop",
    learningRate,
    options: { learningRate, alpha, epsilon, momentum, weightDecay },
    moments: momentum > 0 ? ["square", "velocity"] : ["square"],
    rowwise: false,
    record: (update) => {
      const { square, velocity } = momentsOf(optimizer, update) as { square: Tensor; velocity?: Tensor };
      ops.rmsprop({ ...operandsOf(update), square, velocity: velocity ?? null, alpha, epsilon, momentum, weightDecay });
    },
  };
  return optimizer;
}

const adagradRules = table("adagrad", {
  /** Learning rate, which the schedule multiplies. Default 0.01. */
  learningRate: rate(1e-2),
  /** Keeps the step finite where all gradients are 0. Default 1e-10. */
  epsilon: epsilon(1e-10),
  /** L2 penalty, added to the gradient. Default 0. */
  weightDecay: penalty(0),
});

/** Options of `adagrad`. @interface */
export type AdagradOptions = OptionsOf<typeof adagradRules>;

/** Adagrad (Duchi et al. 2011). @throws OptionError for an option outside its range. */
export function adagrad(options: AdagradOptions = {}): Optimizer {
  const { learningRate, epsilon, weightDecay } = completeOptions("adagrad", options, adagradRules);
  const optimizer: Optimizer = {
    name: "adagrad",
    learningRate,
    options: { learningRate, epsilon, weightDecay },
    moments: ["square"],
    rowwise: false,
    record: (update) => {
      const { square } = momentsOf(optimizer, update) as { square: Tensor };
      ops.adagrad({ ...operandsOf(update), square, epsilon, weightDecay });
    },
  };
  return optimizer;
}

const byName = { sgd, adam, adamw, rmsprop, adagrad, asgd };

/** A rule by name. @useDeclaredType */
export type OptimizerName = keyof typeof byName;

export const optimizerNames = Object.keys(byName) as OptimizerName[];

/** The options of each rule. */
export const optimizerTables: Readonly<Record<OptimizerName, OptionTable>> = {
  sgd: sgdRules,
  adam: adamRules,
  adamw: adamwRules,
  rmsprop: rmspropRules,
  adagrad: adagradRules,
  asgd: asgdRules,
};

/** The optimizer of a name, as on the command line. @throws OptionError for an unknown name or option. */
export function optimizer(name: string, options: Record<string, number | boolean | undefined> = {}): Optimizer {
  const known = expectOneOf("optimizer", "name", name, optimizerNames);
  return byName[known](Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)));
}
