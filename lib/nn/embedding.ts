import * as ops from "../graph/ops/index.js";
import type { Tensor } from "../graph/tensor.js";
import type { Initializer } from "./initializers.js";
import { normal } from "./initializers.js";
import type { Layer } from "./parameter.js";
import { Parameter } from "./parameter.js";

/**
 * A table of vectors, one for each token (Bengio et al. 2003).
 *
 * ids i32 [...] -> [...,E]. An id outside the table is an InputError while running.
 * Default initialiser: normal with deviation 1, as in PyTorch: small vectors make recurrent layers learn slowly at first.
 */
export class Embedding implements Layer {
  /** [V,E] */
  readonly weight: Parameter;
  readonly parameters: readonly Parameter[];

  constructor(
    readonly name: string,
    readonly options: { vocabularySize: number; embeddingSize: number; initializer?: Initializer },
  ) {
    const { vocabularySize, embeddingSize, initializer = normal(1) } = options;
    this.weight = new Parameter(`${name}.weight`, [vocabularySize, embeddingSize], initializer);
    this.parameters = [this.weight];
  }

  apply(ids: Tensor): Tensor {
    return ids.graph.within(this.name, () => ops.embedding(this.weight.in(ids.graph), ids));
  }
}
