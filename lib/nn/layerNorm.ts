import * as ops from "../graph/ops/index.js";
import type { Tensor } from "../graph/tensor.js";
import { matchShapes } from "../graph/tensor.js";
import type { OptionsOf } from "../options.js";
import { completeOptions, option, real, table } from "../options.js";
import { constant } from "./initializers.js";
import type { Layer } from "./layer.js";
import { expectLayerName, size } from "./layer.js";
import { Parameter } from "./parameter.js";

/** Options of a LayerNorm. @interface */
export type LayerNormOptions = OptionsOf<typeof rules>;

const rules = table("LayerNorm", {
  /** F: features of x. */
  size: option(size, { aka: ["normalized_shape"] }),
  /** Added to the variance. Default 0.00001. */
  epsilon: real({ above: 0, initial: 1e-5 }),
});

/** Layer normalisation over the last axis (Ba et al. 2016). x [...,F] -> [...,F]. */
export class LayerNorm implements Layer {
  readonly options: Required<LayerNormOptions>;
  /** [F], starts at 1 */
  readonly gain: Parameter;
  /** [F], starts at 0 */
  readonly bias: Parameter;
  readonly parameters: readonly Parameter[];

  /** @throws OptionError for an unknown option or one outside its range. */
  constructor(
    readonly name: string,
    options: LayerNormOptions,
  ) {
    this.options = completeOptions(expectLayerName("LayerNorm", name), options, rules);
    const shape = [this.options.size];
    this.gain = new Parameter(`${name}.weight`, shape, constant(1));
    this.bias = new Parameter(`${name}.bias`, shape, constant(0));
    this.parameters = [this.gain, this.bias];
  }

  apply(x: Tensor): Tensor {
    const { size: F, epsilon } = this.options;
    matchShapes(this.name, [["x", x, `... ${F}`]]);
    const { graph } = x;
    return graph.within(this.name, () =>
      ops.layerNorm({ x, gain: this.gain.in(graph), bias: this.bias.in(graph), epsilon }),
    );
  }
}
