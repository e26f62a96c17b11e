import * as ops from "../graph/ops/index.js";
import type { Tensor } from "../graph/tensor.js";
import { matchShapes } from "../graph/tensor.js";
import type { OptionsOf } from "../options.js";
import { completeOptions, option, real, table } from "../options.js";
import { initializerOr } from "./initializerRule.js";
import { constant, fanInUniform } from "./initializers.js";
import type { Layer } from "./layer.js";
import { size as atLeastOne, expectLayerName } from "./layer.js";
import { Parameter } from "./parameter.js";

/** Options of a Highway layer. @interface */
export type HighwayOptions = OptionsOf<typeof rules>;

const rules = table("Highway", {
  /** F: features of x and of y. */
  size: option(atLeastOne, { aka: ["features", "input_dim"] }),
  /** First value of the gate's bias; below 0 the layer begins by carrying x. Default -2. */
  gateBias: option(real({ initial: -2 }), { aka: ["bias", "transform_bias"] }),
  /** First values of both weights. Default: uniform in ±1/sqrt(F). */
  initializer: initializerOr(fanInUniform),
});

/**
 * A highway layer (Srivastava et al. 2015): a gate says how much of each feature is made anew, and how much carried.
 *
 *   t = σ(W_T x + b_T)   y = t ⊙ relu(W_H x + b_H) + (1 - t) ⊙ x
 *
 * x [...,F] -> [...,F].
 */
export class Highway implements Layer {
  readonly parameters: readonly Parameter[];
  readonly #size: number;
  readonly #transform: { weight: Parameter; bias: Parameter };
  readonly #gate: { weight: Parameter; bias: Parameter };

  /** @throws OptionError for an unknown option or one outside its range. */
  constructor(
    readonly name: string,
    options: HighwayOptions,
  ) {
    const { size, gateBias, initializer } = completeOptions(expectLayerName("Highway", name), options, rules);
    const affine = (part: string, bias: number) => ({
      weight: new Parameter(`${name}.${part}.weight`, [size, size], initializer),
      bias: new Parameter(`${name}.${part}.bias`, [size], constant(bias)),
    });
    this.#size = size;
    this.#transform = affine("transform", 0);
    this.#gate = affine("gate", gateBias);
    this.parameters = [this.#transform, this.#gate].flatMap(({ weight, bias }) => [weight, bias]);
  }

  apply(x: Tensor): Tensor {
    matchShapes(this.name, [["x", x, `... ${this.#size}`]]);
    const { graph } = x;
    return graph.within(this.name, () => {
      const linear = ({ weight, bias }: { weight: Parameter; bias: Parameter }) =>
        ops.linear(x, weight.in(graph), bias.in(graph));
      const made = ops.relu(linear(this.#transform));
      return ops.add(x, ops.multiply(ops.sigmoid(linear(this.#gate)), ops.subtract(made, x)));
    });
  }
}
