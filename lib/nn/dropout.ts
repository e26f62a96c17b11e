import * as ops from "../graph/ops/index.js";
import type { Tensor } from "../graph/tensor.js";
import { expectTensor } from "../graph/tensor.js";
import type { OptionsOf } from "../options.js";
import { completeOptions, flag, option, real, table } from "../options.js";
import { expectLayerName } from "./layer.js";

/** Options of a Dropout. @interface */
export type DropoutOptions = OptionsOf<typeof rules>;

/** Rule of a probability of dropout. */
export const dropoutRate = real({ minimum: 0, below: 1 });

const rules = table("Dropout", {
  /** Probability of zeroing one element, at least 0 and below 1. */
  rate: option(dropoutRate, { aka: ["p", "dropout"] }),
  /** One mask for all time steps of x [T,...] (Gal & Ghahramani 2016). Default false. */
  variational: flag(),
  /** Whether x has no axis of rows of the batch, as weights have none: processes that share a batch draw the same mask. Default false. */
  shared: flag(),
});

/**
 * Zeroes elements while training, with probability `rate` (Srivastava et al. 2014); elsewhere it changes nothing.
 *
 * The rate is the run-time scalar named `name`, so a schedule can change it without recompiling.
 */
export class Dropout {
  readonly options: Required<DropoutOptions>;

  /** @throws OptionError for an unknown option or one outside its range. */
  constructor(
    readonly name: string,
    options: DropoutOptions,
  ) {
    this.options = completeOptions(expectLayerName("Dropout", name), options, rules);
  }

  /** x [...,B,F], or of any shape where `shared` -> the same shape. */
  apply(x: Tensor): Tensor {
    const { graph } = expectTensor(this.name, "x", x);
    const { rate, variational, shared } = this.options;
    if (!graph.training || rate === 0) return x;
    const scalar = graph.scalar(this.name, rate);
    const { first, of } = graph.rows ?? { first: 0, of: 0 };
    const part = shared || !graph.rows ? {} : { part: { axis: x.shape.length - 2, first, of } };
    return graph.within(this.name, () =>
      ops.dropout({
        ...{ x, rate: scalar, random: graph.random(), stream: graph.nextStream(), overTime: variational },
        ...part,
      }),
    );
  }
}
