import { OptionError } from "../errors.js";
import * as ops from "../graph/ops/index.js";
import type { Tensor } from "../graph/tensor.js";
import { expectKnownOptions, expectNumber, expectOneOf } from "../options.js";
import type { Initializer } from "./initializers.js";
import { fanInUniform } from "./initializers.js";
import { Linear } from "./linear.js";
import type { Layer } from "./parameter.js";
import { Parameter } from "./parameter.js";

export const scorers = ["additive", "dot", "general", "scaled"] as const;

export interface AttentionOptions {
  /** Q */
  querySize: number;
  /** M */
  memorySize: number;
  /**
   * How a query q is compared with a position m of the memory.
   * "additive": vᵀ tanh(W q + U m) (Bahdanau et al. 2015; Luong's "concat"). "dot": qᵀ m, "general": qᵀ W m (Luong et al. 2015).
   * "scaled": qᵀ m / √M (Vaswani et al. 2017). Default "additive".
   */
  scorer?: (typeof scorers)[number];
  /** A, the size of W q for additive scores. Default: querySize. */
  size?: number;
  /** First values of the weights. Default: uniform in ±1/sqrt(inputs). */
  initializer?: Initializer;
}

/** What attention reads: recorded once for all steps. */
export interface Memory {
  /** [S,B,K] */
  keys: Tensor;
  /** [S,B,M] */
  values: Tensor;
  /** i32 [B], or null: all S positions. */
  lengths: Tensor | null;
}

/** Attention over a memory: context = sum over positions of softmax(scores) · memory. */
export class Attention implements Layer {
  readonly parameters: readonly Parameter[];
  readonly #scorer: (typeof scorers)[number];
  readonly #scale: number;
  readonly #query: Linear | null = null;
  readonly #memory: Linear | null = null;
  readonly #v: Parameter | null = null;

  /** @throws OptionError if "dot" or "scaled" scores are asked for queries and a memory of different sizes. */
  constructor(
    readonly name: string,
    options: AttentionOptions,
  ) {
    expectKnownOptions(name, options, ["querySize", "memorySize", "scorer", "size", "initializer"]);
    const whole = { integer: true, minimum: 1 } as const;
    const querySize = expectNumber(name, "querySize", options.querySize, whole);
    const memorySize = expectNumber(name, "memorySize", options.memorySize, whole);
    const initializer = options.initializer ?? fanInUniform;
    this.#scorer = expectOneOf(name, "scorer", options.scorer ?? "additive", scorers);
    this.#scale = this.#scorer === "scaled" ? 1 / Math.sqrt(memorySize) : 1;
    if (options.size !== undefined && this.#scorer !== "additive") {
      throw new OptionError(`${name}: size belongs to additive scores, and the scores are "${this.#scorer}".`);
    }
    const linear = (part: string, inputSize: number, outputSize: number) =>
      new Linear(`${name}.${part}`, { inputSize, outputSize, bias: false, initializer });
    if (this.#scorer === "additive") {
      const size = expectNumber(name, "size", options.size ?? querySize, whole);
      this.#query = linear("query", querySize, size);
      this.#memory = linear("memory", memorySize, size);
      this.#v = new Parameter(`${name}.v`, [size], (shape, random) => initializer([1, ...shape], random));
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
    return { keys: this.#memory ? this.#memory.apply(values) : values, values, lengths };
  }

  /** query [T,N,Q] -> context [T,N,M], weights [T,N,S]. See ops.attention for N that is a multiple of B. */
  apply(query: Tensor, memory: Memory): { context: Tensor; weights: Tensor } {
    const { graph } = query;
    const projected = this.#query ? this.#query.apply(query) : query;
    return graph.within(this.name, () =>
      ops.attention({ query: projected, ...memory, v: this.#v?.in(graph) ?? null, scale: this.#scale }),
    );
  }
}
