import * as ops from "../graph/ops/index.js";
import type { Tensor } from "../graph/tensor.js";
import type { Initializer } from "./initializers.js";
import { constant, fanInUniform } from "./initializers.js";
import type { Layer } from "./parameter.js";
import { Parameter } from "./parameter.js";

/**
 * y = x Wᵀ + b. x [...,I] -> [...,O].
 *
 * Default initialisers: weight uniform in ±1/sqrt(I), bias 0. `tied` uses another layer's table as the weight: the output
 * layer of a language model shares the input embedding [V,E] (Press & Wolf 2017).
 */
export class Linear implements Layer {
  /** [O,I] */
  readonly weight: Parameter;
  /** [O] */
  readonly bias: Parameter | null;
  readonly parameters: readonly Parameter[];

  constructor(
    readonly name: string,
    readonly options: {
      inputSize: number;
      outputSize: number;
      bias?: boolean;
      initializer?: Initializer;
      tied?: Parameter;
    },
  ) {
    const { inputSize, outputSize, bias = true, initializer = fanInUniform, tied } = options;
    this.weight = tied ?? new Parameter(`${name}.weight`, [outputSize, inputSize], initializer);
    this.bias = bias ? new Parameter(`${name}.bias`, [outputSize], constant(0)) : null;
    this.parameters = [...(tied ? [] : [this.weight]), ...(this.bias ? [this.bias] : [])];
  }

  apply(x: Tensor): Tensor {
    const { graph } = x;
    return graph.within(this.name, () => ops.linear(x, this.weight.in(graph), this.bias?.in(graph)));
  }

  /** The cross-entropy of this layer's softmax, in one op. x [N,I], targets i32 [N], -1 for none. */
  crossEntropy(x: Tensor, targets: Tensor): { losses: Tensor; count: Tensor } {
    const { graph } = x;
    return graph.within(this.name, () =>
      ops.linearCrossEntropy({ x, weight: this.weight.in(graph), bias: this.bias?.in(graph) ?? null, targets }),
    );
  }
}
