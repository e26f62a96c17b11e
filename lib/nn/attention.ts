import { OptionError } from "../errors.js";
import * as ops from "../graph/ops/index.js";
import type { Tensor } from "../graph/tensor.js";
import { matchShapes } from "../graph/tensor.js";
import type { OptionsOf } from "../options.js";
import { checkOption, completeOptions, option, optional, table, value, word } from "../options.js";
import { initializerOr } from "./initializerRule.js";
import { fanInUniform } from "./initializers.js";
import type { Layer } from "./layer.js";
import { expectLayerName, size } from "./layer.js";
import { Linear } from "./linear.js";
import { Parameter } from "./parameter.js";

export const scorers = ["additive", "dot", "general", "scaled"] as const;

/** Options of an Attention. @interface */
export type AttentionOptions = OptionsOf<typeof rules>;

/** The memory that attention reads, recorded once for all steps. */
export interface Memory {
  /** [S,B,K] */
  keys: Tensor;
  /** [S,B,M] */
  values: Tensor;
  /** i32 [B], or null: all S positions. */
  lengths: Tensor | null;
}

const rules = table("Attention", {
  /** Q: features of a query. */
  querySize: size,
  /** M: features of a position of the memory. */
  memorySize: size,
  /**
   * How a query q is compared with a position m of the memory.
   * "additive": vᵀ tanh(W q + U m) (Bahdanau et al. 2015; Luong's "concat"). "dot": qᵀ m, "general": qᵀ W m (Luong et al. 2015).
   * "scaled": qᵀ m / √M (Vaswani et al. 2017). Default additive.
   */
  scorer: option(word(scorers, "additive"), { aka: ["score", "attention_type"] }),
  /** A, the size of W q for additive scores. Default: `querySize`. */
  size: optional(size),
  /** First values of the weights. Default: uniform in ±1/sqrt(inputs). */
  initializer: initializerOr(fanInUniform),
});

const aMemory = value<Memory>("what memory() returns", (memory) => typeof memory === "object" && memory !== null);

/** Attention over a memory: context = sum over positions of softmax(scores) · memory. */
export class Attention implements Layer {
  readonly parameters: readonly Parameter[];
  readonly #scorer: (typeof scorers)[number];
  readonly #scale: number;
  readonly #querySize: number;
  readonly #memorySize: number;
  readonly #query: Linear | null = null;
  readonly #memory: Linear | null = null;
  readonly #v: Parameter | null = null;

  /** @throws OptionError if "dot" or "scaled" scores are asked for queries and a memory of different sizes. */
  constructor(
    readonly name: string,
    options: AttentionOptions,
  ) {
    const complete = completeOptions(expectLayerName("Attention", name), options, rules);
    const { querySize, memorySize, scorer, initializer } = complete;
    this.#scorer = scorer;
    this.#scale = scorer === "scaled" ? 1 / Math.sqrt(memorySize) : 1;
    this.#querySize = querySize;
    this.#memorySize = memorySize;
    if (complete.size !== undefined && this.#scorer !== "additive") {
      throw new OptionError(`${name}: size belongs to additive scores, and the scores are "${this.#scorer}".`);
    }
    const linear = (part: string, inputSize: number, outputSize: number) =>
      new Linear(`${name}.${part}`, { inputSize, outputSize, bias: false, initializer });
    if (this.#scorer === "additive") {
      const { size: common = querySize } = complete;
      this.#query = linear("query", querySize, common);
      this.#memory = linear("memory", memorySize, common);
      this.#v = new Parameter(`${name}.v`, [common], (shape, random) => initializer([1, ...shape], random));
    } else if (this.#scorer === "general") {
      this.#query = linear("query", querySize, memorySize);
    } else if (querySize !== memorySize) {
      throw new OptionError(
        `${name}: "${this.#scorer}" compares a query with a memory of the same size, got ${querySize} and ${memorySize}. ` +
          'Use "general" or "additive" scores, or an encoder whose directions together are as large as the decoder.',
      );
    }
    this.parameters = [
      ...(this.#query?.parameters ?? []),
      ...(this.#memory?.parameters ?? []),
      ...(this.#v ? [this.#v] : []),
    ];
  }

  /** Makes a memory ready to be read. values [S,B,M], lengths i32 [B]. */
  memory(values: Tensor, lengths: Tensor | null = null): Memory {
    matchShapes(this.name, [
      ["values", values, `S B ${this.#memorySize}`],
      ["lengths?", lengths, "B", "i32"],
    ]);
    return { keys: this.#memory ? this.#memory.apply(values) : values, values, lengths };
  }

  /** query [T,N,Q] -> context [T,N,M], weights [T,N,S]. See ops.attention for N that is a multiple of B. */
  apply(query: Tensor, memory: Memory): { context: Tensor; weights: Tensor } {
    matchShapes(this.name, [["query", query, `T N ${this.#querySize}`]]);
    checkOption(this.name, "memory", memory, aMemory);
    const { graph } = query;
    const projected = this.#query ? this.#query.apply(query) : query;
    return graph.within(this.name, () =>
      ops.attention({ query: projected, ...memory, v: this.#v?.in(graph) ?? null, scale: this.#scale }),
    );
  }
}
