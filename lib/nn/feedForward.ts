import * as ops from "../graph/ops/index.js";
import type { Tensor } from "../graph/tensor.js";
import { matchShapes } from "../graph/tensor.js";
import type { OptionsOf } from "../options.js";
import { completeOptions, flag, option, optional, table, word } from "../options.js";
import { initializerOr, initializerRule } from "./initializerRule.js";
import { xavierUniform } from "./initializers.js";
import type { Layer } from "./layer.js";
import { expectLayerName, size } from "./layer.js";
import { Linear } from "./linear.js";
import type { Parameter } from "./parameter.js";

/** Functions between the two products of a FeedForward. */
export const activations = ["gelu", "relu", "swiglu"] as const;

/** Options of a FeedForward. @interface */
export type FeedForwardOptions = OptionsOf<typeof rules>;

const rules = table("FeedForward", {
  /** F: features of x and of the result. */
  size: option(size, { aka: ["d_model", "n_embd"] }),
  /** H: features between the two products. Default: 4F, and 8F/3 for swiglu, which has three products. */
  hiddenSize: option(optional(size), { aka: ["dim_feedforward", "d_ff", "n_inner"] }),
  /**
   * "relu" (Vaswani et al. 2017), "gelu" (Hendrycks & Gimpel 2016), or "swiglu": silu(x W) ⊙ x V (Shazeer 2020). Default gelu.
   */
  activation: option(word(activations, "gelu"), { aka: ["act", "activation_function", "hidden_act"] }),
  /** Biases. Default true. */
  bias: option(flag(true), { aka: ["use_bias"] }),
  /** First values of the weights. Default: xavier (Glorot & Bengio 2010). */
  initializer: initializerOr(xavierUniform),
  /** First values of the output's weights, where they differ. Default: as `initializer`. */
  outputInitializer: optional(initializerRule),
});

/** The usual number of features between the products, for F features: swiglu's three then have the weights of two. */
export function feedForwardSizeOf(F: number, activation: (typeof activations)[number]): number {
  return activation === "swiglu" ? Math.ceil((8 * F) / 3) : 4 * F;
}

/** The part of a Transformer that sees each position alone: activation(x W1 + b1) W2 + b2 (Vaswani et al. 2017, equation 2). */
export class FeedForward implements Layer {
  readonly parameters: readonly Parameter[];
  readonly #size: number;
  readonly #activation: (typeof activations)[number];
  readonly #hidden: Linear;
  /** W of swiglu. */
  readonly #gate: Linear | null;
  readonly #output: Linear;

  /** @throws OptionError for an unknown option or one outside its range. */
  constructor(
    readonly name: string,
    options: FeedForwardOptions,
  ) {
    const complete = completeOptions(expectLayerName("FeedForward", name), options, rules);
    const { size: F, activation, bias, initializer, outputInitializer = initializer } = complete;
    const { hiddenSize = feedForwardSizeOf(F, activation) } = complete;
    this.#size = F;
    this.#activation = activation;
    const inner = { inputSize: F, outputSize: hiddenSize, bias, initializer };
    this.#hidden = new Linear(`${name}.hidden`, inner);
    this.#gate = activation === "swiglu" ? new Linear(`${name}.gate`, inner) : null;
    this.#output = new Linear(`${name}.output`, {
      ...{ inputSize: hiddenSize, outputSize: F, bias },
      initializer: outputInitializer,
    });
    this.parameters = [this.#hidden, this.#gate, this.#output].flatMap((layer) => layer?.parameters ?? []);
  }

  /** x [...,F] -> [...,F] */
  apply(x: Tensor): Tensor {
    matchShapes(this.name, [["x", x, `... ${this.#size}`]]);
    const hidden = this.#hidden.apply(x);
    return this.#output.apply(x.graph.within(this.name, () => this.#activate(x, hidden)));
  }

  #activate(x: Tensor, hidden: Tensor): Tensor {
    if (this.#activation === "relu") return ops.relu(hidden);
    if (this.#activation === "gelu" || !this.#gate) return ops.gelu(hidden);
    const gate = this.#gate.apply(x);
    return ops.multiply(ops.multiply(gate, ops.sigmoid(gate)), hidden);
  }
}
