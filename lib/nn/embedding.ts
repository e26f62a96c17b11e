import * as ops from "../graph/ops/index.js";
import type { Tensor } from "../graph/tensor.js";
import { matchShapes } from "../graph/tensor.js";
import { completeOptions } from "../options.js";
import { initializerOr } from "./initializerRule.js";
import type { Initializer } from "./initializers.js";
import { normal } from "./initializers.js";
import type { Layer } from "./layer.js";
import { expectLayerName, size } from "./layer.js";
import { Parameter } from "./parameter.js";

export interface EmbeddingOptions {
  /** V */
  vocabularySize: number;
  /** E */
  embeddingSize: number;
  /** First values. Default: normal with deviation 1, as in PyTorch: small vectors make recurrent layers learn slowly at first. */
  initializer?: Initializer;
}

const rules = { vocabularySize: size, embeddingSize: size, initializer: initializerOr(normal(1)) };

/**
 * A table of vectors, one for each token (Bengio et al. 2003).
 *
 * ids i32 [...] -> [...,E]. An id outside the table is an InputError while running.
 */
export class Embedding implements Layer {
  readonly options: Required<EmbeddingOptions>;
  /** [V,E] */
  readonly weight: Parameter;
  readonly parameters: readonly Parameter[];

  /** @throws OptionError for an unknown option or one outside its range. */
  constructor(
    readonly name: string,
    options: EmbeddingOptions,
  ) {
    this.options = completeOptions(expectLayerName("Embedding", name), options, rules);
    const { vocabularySize, embeddingSize, initializer } = this.options;
    this.weight = new Parameter(`${name}.weight`, [vocabularySize, embeddingSize], initializer);
    this.parameters = [this.weight];
  }

  apply(ids: Tensor): Tensor {
    matchShapes(this.name, [["ids", ids, "...", "i32"]]);
    return ids.graph.within(this.name, () => ops.embedding(this.weight.in(ids.graph), ids));
  }
}
