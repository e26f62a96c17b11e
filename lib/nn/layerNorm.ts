import * as ops from "../graph/ops/index.js";
import type { Tensor } from "../graph/tensor.js";
import { constant } from "./initializers.js";
import type { Layer } from "./parameter.js";
import { Parameter } from "./parameter.js";

/** Layer normalisation over the last axis (Ba et al. 2016). x [...,F] -> [...,F]. `epsilon` defaults to 1e-5. */
export class LayerNorm implements Layer {
  /** [F], starts at 1 */
  readonly gain: Parameter;
  /** [F], starts at 0 */
  readonly bias: Parameter;
  readonly parameters: readonly Parameter[];

  constructor(
    readonly name: string,
    readonly options: { size: number; epsilon?: number },
  ) {
    this.gain = new Parameter(`${name}.weight`, [options.size], constant(1));
    this.bias = new Parameter(`${name}.bias`, [options.size], constant(0));
    this.parameters = [this.gain, this.bias];
  }

  apply(x: Tensor): Tensor {
    const { graph } = x;
    const { epsilon } = this.options;
    return graph.within(this.name, () =>
      ops.layerNorm({
        x,
        gain: this.gain.in(graph),
        bias: this.bias.in(graph),
        ...(epsilon === undefined ? {} : { epsilon }),
      }),
    );
  }
}
