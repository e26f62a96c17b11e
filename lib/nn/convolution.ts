import * as ops from "../graph/ops/index.js";
import type { Tensor } from "../graph/tensor.js";
import { matchShapes } from "../graph/tensor.js";
import type { OptionsOf } from "../options.js";
import { completeOptions, option, optional, table, whole } from "../options.js";
import { initializerOr } from "./initializerRule.js";
import { constant, heNormal } from "./initializers.js";
import type { Layer } from "./layer.js";
import { size as atLeastOne, expectLayerName } from "./layer.js";
import { Parameter } from "./parameter.js";

/** Options of a Convolution. @interface */
export type ConvolutionOptions = OptionsOf<typeof rules>;

const rules = table("Convolution", {
  /** I: channels of x. */
  inputSize: option(atLeastOne, { aka: ["in_channels"] }),
  /** O: channels of y. */
  outputSize: option(atLeastOne, { aka: ["out_channels", "filters"] }),
  /** Side of the square that each pixel of y sees. Default 3. */
  size: option(whole({ minimum: 1, initial: 3 }), { aka: ["kernel_size"] }),
  /** Pixels from one place of it to the next. Default 1. */
  stride: whole({ minimum: 1, initial: 1 }),
  /** Zeros around x. Default: half of `size`, so that with a stride of 1 y is as large as x. */
  padding: optional(whole()),
  /** First values of the weight. Default: normal, of deviation sqrt(2 / (I size size)) (He et al. 2015). */
  initializer: initializerOr(heNormal),
});

/**
 * A convolution over images: y = patches(x) Wᵀ + b. x [B,rows,columns,I] -> [B,rows',columns',O], channels last: a patch of the image
 * is then a few runs of memory.
 *
 * Its weight has PyTorch's shape [O,I,size,size].
 */
export class Convolution implements Layer {
  readonly weight: Parameter;
  /** [O], which starts at 0. */
  readonly bias: Parameter;
  readonly parameters: readonly Parameter[];
  readonly #options: { inputSize: number; outputSize: number; size: number; stride: number; padding: number };

  /** @throws OptionError for an unknown option or one outside its range. */
  constructor(
    readonly name: string,
    options: ConvolutionOptions,
  ) {
    const complete = completeOptions(expectLayerName("Convolution", name), options, rules);
    const { inputSize, outputSize, size, initializer, padding = Math.floor(size / 2) } = complete;
    this.#options = { ...complete, padding };
    // Initializers know matrices: a filter is a row.
    const first: typeof initializer = (shape, random) => {
      return initializer([shape[0] as number, inputSize * size * size], random);
    };
    this.weight = new Parameter(`${name}.weight`, [outputSize, inputSize, size, size], first);
    this.bias = new Parameter(`${name}.bias`, [outputSize], constant(0));
    this.parameters = [this.weight, this.bias];
  }

  apply(x: Tensor): Tensor {
    const { inputSize: I, outputSize: O, size, stride, padding } = this.#options;
    matchShapes(this.name, [["x", x, `B H W ${I}`]]);
    const { graph } = x;
    return graph.within(this.name, () => {
      const byPixel = ops.transpose(ops.reshape(this.weight.in(graph), [O, I, size * size]), 1, 2);
      const weight = ops.reshape(byPixel, [O, size, size, I]);
      return ops.convolution({ x, weight, bias: this.bias.in(graph), stride, padding });
    });
  }
}
