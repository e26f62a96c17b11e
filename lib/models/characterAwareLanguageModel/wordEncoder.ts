import * as ops from "../../graph/ops/index.js";
import type { Tensor } from "../../graph/tensor.js";
import { Embedding } from "../../nn/embedding.js";
import { Highway } from "../../nn/highway.js";
import type { Initializer } from "../../nn/initializers.js";
import { constant, fanInUniform } from "../../nn/initializers.js";
import type { Layer } from "../../nn/layer.js";
import { Parameter } from "../../nn/parameter.js";

/** The most filters of one width (Kim et al. 2016, table 2). */
const mostFilters = 200;

export interface WordEncoderOptions {
  /** Q */
  characterCount: number;
  characterEmbeddingSize: number;
  /** Filters read 1 to this many characters. */
  filterWidth: number;
  /** Filters of each width, for each character that they read. */
  filters: number;
  highwayLayers: number;
  initializer?: Initializer;
}

/**
 * A vector for each word from its characters (Kim et al. 2016, equations 5 to 8). characters i32 [N,C], lengths i32 [N] -> [N,F].
 *
 *   y_f = max over places of tanh(<C[*, i : i+w-1], H_f> + b_f)   then highway layers
 */
export class WordEncoder implements Layer {
  readonly parameters: readonly Parameter[];
  readonly outputSize: number;
  readonly #embedding: Embedding;
  readonly #filters: readonly { weight: Parameter; bias: Parameter }[];
  readonly #highways: readonly Highway[];

  constructor(
    readonly name: string,
    { characterCount, characterEmbeddingSize: E, filterWidth, filters, highwayLayers, ...first }: WordEncoderOptions,
  ) {
    const { initializer = fanInUniform } = first;
    this.#embedding = new Embedding(`${name}.embedding`, {
      vocabularySize: characterCount,
      embeddingSize: E,
      ...first,
    });
    this.#filters = Array.from({ length: filterWidth }, (_, i) => {
      const [width, count] = [i + 1, Math.min(mostFilters, filters * (i + 1))];
      return {
        weight: new Parameter(`${name}.filters${width}.weight`, [count, width * E], initializer),
        bias: new Parameter(`${name}.filters${width}.bias`, [count], constant(0)),
      };
    });
    const size = this.#filters.reduce((sum, { bias }) => sum + (bias.shape[0] as number), 0);
    this.#highways = Array.from({ length: highwayLayers }, (_, i) => {
      return new Highway(`${name}.highway${i}`, { size, ...first });
    });
    this.outputSize = size;
    this.parameters = [
      ...this.#embedding.parameters,
      ...this.#filters.flatMap(({ weight, bias }) => [weight, bias]),
      ...this.#highways.flatMap(({ parameters }) => parameters),
    ];
  }

  apply(characters: Tensor, lengths: Tensor): Tensor {
    const { graph } = characters;
    return graph.within(this.name, () => {
      const x = this.#embedding.apply(characters);
      const maxima = this.#filters.map(({ weight, bias }) =>
        ops.filterMaxima({ x, weight: weight.in(graph), bias: bias.in(graph), lengths }),
      );
      // The tanh of the largest is the largest tanh.
      const features = ops.tanh(maxima.length > 1 ? ops.concat(maxima, 1) : (maxima[0] as Tensor));
      return this.#highways.reduce((y, highway) => highway.apply(y), features);
    });
  }
}
