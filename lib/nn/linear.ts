import { OptionError } from "../errors.js";
import * as ops from "../graph/ops/index.js";
import { sameShape, shapeText } from "../graph/program.js";
import type { Tensor } from "../graph/tensor.js";
import { matchShapes } from "../graph/tensor.js";
import type { OptionsOf } from "../options.js";
import { completeOptions, flag, option, optional, table, value } from "../options.js";
import { initializerOr } from "./initializerRule.js";
import { constant, fanInUniform } from "./initializers.js";
import type { Layer } from "./layer.js";
import { expectLayerName, size } from "./layer.js";
import { Parameter } from "./parameter.js";

/** Options of a Linear layer. @interface */
export type LinearOptions = OptionsOf<typeof rules>;

const rules = table("Linear", {
  /** I: features of x. */
  inputSize: option(size, { aka: ["in_features"] }),
  /** O: features of y. */
  outputSize: option(size, { aka: ["out_features", "units"] }),
  /** Bias, which starts at 0. Default true. */
  bias: option(flag(true), { aka: ["use_bias"] }),
  /** First values of the weight. Default: uniform in ±1/sqrt(I). */
  initializer: initializerOr(fanInUniform),
  /**
   * Another layer's table [O,I] as the weight: the output layer of a language model shares the input embedding [V,E]
   * (Press & Wolf 2017). Default: a weight of its own.
   */
  tied: optional(value<Parameter>("the Parameter of another layer", (tied) => tied instanceof Parameter)),
});

/** y = x Wᵀ + b. x [...,I] -> [...,O]. */
export class Linear implements Layer {
  /** [O,I] */
  readonly weight: Parameter;
  /** [O] */
  readonly bias: Parameter | null;
  readonly parameters: readonly Parameter[];
  readonly #inputSize: number;

  /** @throws OptionError for an unknown option, one outside its range, or a tied table of another shape. */
  constructor(
    readonly name: string,
    options: LinearOptions,
  ) {
    const { inputSize, outputSize, bias, initializer, tied } = completeOptions(
      expectLayerName("Linear", name),
      options,
      rules,
    );
    const shape = [outputSize, inputSize];
    if (tied && !sameShape(tied.shape, shape)) {
      throw new OptionError(
        `${name}: expected a tied table of shape [outputSize,inputSize] = ${shapeText(shape)}, ` +
          `got ${tied.name} ${shapeText(tied.shape)}.`,
      );
    }
    this.#inputSize = inputSize;
    this.weight = tied ?? new Parameter(`${name}.weight`, shape, initializer);
    this.bias = bias ? new Parameter(`${name}.bias`, [outputSize], constant(0)) : null;
    this.parameters = [...(tied ? [] : [this.weight]), ...(this.bias ? [this.bias] : [])];
  }

  apply(x: Tensor): Tensor {
    matchShapes(this.name, [["x", x, `... ${this.#inputSize}`]]);
    const { graph } = x;
    return graph.within(this.name, () => ops.linear(x, this.weight.in(graph), this.bias?.in(graph)));
  }

  /** The cross-entropy of this layer's softmax, in one op. x [N,I], targets i32 [N], -1 for none. */
  crossEntropy(x: Tensor, targets: Tensor): { losses: Tensor; count: Tensor } {
    matchShapes(this.name, [
      ["x", x, `N ${this.#inputSize}`],
      ["targets", targets, "N", "i32"],
    ]);
    const { graph } = x;
    return graph.within(this.name, () =>
      ops.linearCrossEntropy({ x, weight: this.weight.in(graph), bias: this.bias?.in(graph) ?? null, targets }),
    );
  }
}
