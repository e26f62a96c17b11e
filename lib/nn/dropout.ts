import * as ops from "../graph/ops/index.js";
import type { Tensor } from "../graph/tensor.js";
import { expectNumber } from "../options.js";

/**
 * Zeroes elements while training, with probability `rate` (Srivastava et al. 2014); elsewhere it changes nothing.
 *
 * `variational` uses one mask for all time steps of x [T,...] (Gal & Ghahramani 2016). The rate is the run-time scalar
 * named `name`, so a schedule can change it without recompiling.
 */
export class Dropout {
  constructor(
    readonly name: string,
    readonly options: { rate: number; variational?: boolean },
  ) {
    expectNumber(name, "rate", options.rate, { minimum: 0, below: 1 });
  }

  apply(x: Tensor): Tensor {
    const { graph } = x;
    const { rate, variational = false } = this.options;
    if (!graph.training || rate === 0) return x;
    const scalar = graph.scalar(this.name, rate);
    return graph.within(this.name, () =>
      ops.dropout({ x, rate: scalar, random: graph.random(), stream: graph.nextStream(), overTime: variational }),
    );
  }
}
