import * as ops from "../graph/ops/index.js";
import type { Tensor } from "../graph/tensor.js";
import { matchShapes } from "../graph/tensor.js";
import type { OptionsOf } from "../options.js";
import { completeOptions, flag, option, table } from "../options.js";
import { Dropout, dropoutRate } from "./dropout.js";
import { initializerOr } from "./initializerRule.js";
import { normal } from "./initializers.js";
import type { Layer } from "./layer.js";
import { expectLayerName, size } from "./layer.js";
import { Parameter } from "./parameter.js";

/** Options of an Embedding. @interface */
export type EmbeddingOptions = OptionsOf<typeof rules>;

const rules = table("Embedding", {
  /** V: rows of the table. */
  vocabularySize: option(size, { aka: ["num_embeddings", "input_dim"] }),
  /** E: size of a vector. */
  embeddingSize: option(size, { aka: ["embedding_dim", "output_dim"] }),
  /** First values; small vectors make recurrent layers learn slowly at first. Default: normal with deviation 1, as in PyTorch. */
  initializer: initializerOr(normal(1)),
  /** Leave the vectors as they are in training. Default false. */
  frozen: option(flag(), { aka: ["freeze", "trainable"] }),
  /**
   * Probability of leaving a row of the table out of an update, wherever its id stands in the batch (Gal & Ghahramani 2016): the vectors
   * of the others are divided by 1 less that. Default 0.
   */
  dropout: option({ ...dropoutRate, initial: 0 }, { aka: ["embedding_dropout", "dropoute"] }),
});

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
  readonly #rows: Dropout;

  /** @throws OptionError for an unknown option or one outside its range. */
  constructor(
    readonly name: string,
    options: EmbeddingOptions,
  ) {
    this.options = completeOptions(expectLayerName("Embedding", name), options, rules);
    const { vocabularySize, embeddingSize, initializer, frozen, dropout } = this.options;
    this.#rows = new Dropout(`${name}.rows`, { rate: dropout, shared: true });
    const shape = [vocabularySize, embeddingSize];
    this.weight = new Parameter(`${name}.weight`, shape, initializer, { frozen, table: true });
    this.parameters = [this.weight];
  }

  apply(ids: Tensor): Tensor {
    matchShapes(this.name, [["ids", ids, "...", "i32"]]);
    return ids.graph.within(this.name, () => {
      const vectors = ops.embedding(this.weight.in(ids.graph), ids);
      const { dropout, vocabularySize } = this.options;
      if (!ids.graph.training || dropout === 0) return vectors;
      const ones = ops.broadcastTo(ops.affine(ids.graph.zeros([]), { shift: 1 }), [vocabularySize, 1]);
      return ops.multiply(vectors, ops.embedding(this.#rows.apply(ones), ids));
    });
  }
}
