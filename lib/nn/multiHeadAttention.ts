import { OptionError, ShapeError } from "../errors.js";
import * as ops from "../graph/ops/index.js";
import { elementsOf } from "../graph/program.js";
import type { Tensor } from "../graph/tensor.js";
import { matchShapes, operand, operandIfAny } from "../graph/tensor.js";
import type { OptionsOf } from "../options.js";
import { checkOption, completeOptions, flag, option, optional, real, table, whole } from "../options.js";
import { initializerOr, initializerRule } from "./initializerRule.js";
import { xavierUniform } from "./initializers.js";
import type { Layer } from "./layer.js";
import { expectLayerName, size } from "./layer.js";
import { Linear } from "./linear.js";
import type { Parameter } from "./parameter.js";

/** Options of a MultiHeadAttention. @interface */
export type MultiHeadAttentionOptions = OptionsOf<typeof rules>;

const rules = table("MultiHeadAttention", {
  /** F: features of x and of the result. */
  size: option(size, { aka: ["d_model", "embed_dim", "n_embd"] }),
  /** Heads, a divisor of `size`. */
  heads: option(whole({ minimum: 1 }), { aka: ["num_heads", "n_head", "nhead"] }),
  /** M: features of the memory that is read. Default: `size`. */
  memorySize: option(optional(size), { aka: ["kdim", "vdim"] }),
  /** Base of the angles by which rotary positions turn queries and keys (Su et al. 2021). Default: no such positions. */
  rotaryBase: option(optional(real({ above: 0 })), { aka: ["rope_theta"] }),
  /** Biases. Default true. */
  bias: option(flag(true), { aka: ["use_bias"] }),
  /** First values of the weights. Default: xavier (Glorot & Bengio 2010). */
  initializer: initializerOr(xavierUniform),
  /** First values of the output's weights, where they differ. Default: as `initializer`. */
  outputInitializer: optional(initializerRule),
});

const readingRules = table("MultiHeadAttention.apply", {
  /** Memory to read, [S,B,M]. Default: x itself. */
  memory: operandIfAny,
  /** Positions of the memory that exist, i32 [B]. Default: all. */
  lengths: operandIfAny,
  /** Hide what comes later. Default false. */
  causal: flag(),
});

/** Options of `MultiHeadAttention.apply`. @interface */
export type AttentionReading = Partial<OptionsOf<typeof readingRules>>;

const cacheRules = { memory: operand, lineage: operand, times: operand, positions: operand };

const lookRules = { memory: operand, lengths: operandIfAny };

/** A memory that steps read: see `MultiHeadAttention.look`. */
export interface AttentionLook {
  /** Its keys, then its values, [S,B,2F]. */
  memory: Tensor;
  /** Positions that exist, i32 [B]. Default: all. */
  lengths?: Tensor | null;
}

/** The past of rows, what they have read before a step: see `MultiHeadAttention.step`. */
export interface AttentionCache {
  /** Keys and values of the last L steps, [N,2FL], to which the step adds its own in the same memory (`ops.keepRow`). */
  memory: Tensor;
  /** The rows of the memory that hold what each row has read, its own at this step included, i32 [N,L] (`ops.lineage`). */
  lineage: Tensor;
  /** Steps before this one, i32 [N]. */
  times: Tensor;
  /** Tokens of its text that each row has read before, i32 [N]. */
  positions: Tensor;
}

/**
 * Attention by several heads (Vaswani et al. 2017, section 3.2.2): Concat(head_1, ..., head_h) W^O with
 * head_i = softmax(Q_i K_iᵀ / √D) V_i, the queries of one sequence and the keys and values of a memory, which may be itself.
 *
 * x [T,B,F], memory [S,B,M] -> [T,B,F]. The weights of all heads are one matrix, those of keys and values too.
 */
export class MultiHeadAttention implements Layer {
  readonly parameters: readonly Parameter[];
  readonly #size: number;
  readonly #heads: number;
  readonly #memorySize: number;
  readonly #rotaryBase: number | undefined;
  readonly #query: Linear;
  /** Keys of all heads, then their values. */
  readonly #memory: Linear;
  readonly #output: Linear;

  /** @throws OptionError for an unknown option, one outside its range, or heads that do not divide the features. */
  constructor(
    readonly name: string,
    options: MultiHeadAttentionOptions,
  ) {
    const complete = completeOptions(expectLayerName("MultiHeadAttention", name), options, rules);
    const { size: F, heads, memorySize = F, rotaryBase, bias, initializer, outputInitializer = initializer } = complete;
    if (F % heads !== 0) throw new OptionError(`${name}: ${heads} heads cannot share ${F} features: choose a divisor.`);
    if (rotaryBase !== undefined && (F / heads) % 2 !== 0) {
      throw new OptionError(
        `${name}: rotary positions turn pairs of features, and each of ${heads} heads of ${F} features has ${F / heads}. Choose heads so ` +
          "that it is even (heads; --heads on the command line), or other positions (positions; --positions).",
      );
    }
    this.#size = F;
    this.#heads = heads;
    this.#memorySize = memorySize;
    this.#rotaryBase = rotaryBase;
    this.#query = new Linear(`${name}.query`, { inputSize: F, outputSize: F, bias, initializer });
    this.#memory = new Linear(`${name}.memory`, { inputSize: memorySize, outputSize: 2 * F, bias, initializer });
    this.#output = new Linear(`${name}.output`, { inputSize: F, outputSize: F, bias, initializer: outputInitializer });
    this.parameters = [this.#query, this.#memory, this.#output].flatMap(({ parameters }) => parameters);
  }

  /** Attention of every step of x to a memory, by default x itself. */
  apply(x: Tensor, reading: AttentionReading = {}): Tensor {
    const operands = this.#read(x, reading);
    const context = x.graph.within(this.name, () => ops.multiHeadAttention(operands));
    return this.#output.apply(context);
  }

  /** The weights by which `apply` averages: [heads,T,B,S]. */
  weights(x: Tensor, reading: AttentionReading = {}): Tensor {
    const operands = this.#read(x, reading);
    return x.graph.within(this.name, () => ops.multiHeadWeights(operands));
  }

  /**
   * `apply` with `causal` from the first step on, and the cache that as many calls of `step` fill. x [T,B,F], T at most `length`.
   * @returns y [T,B,F], and memory [B,2FL] for the keys and values of L = `length` steps.
   * @throws ShapeError for more steps than L.
   */
  begin(x: Tensor, length: number): { y: Tensor; memory: Tensor } {
    checkOption(this.name, "length", length, size);
    const F = this.#size;
    const { query, memory: rows } = this.#project(x, x);
    const [T, B] = rows.shape as [number, number];
    if (T > length) throw new ShapeError(`${this.name}: ${x} has more steps than a cache of ${length} holds.`);
    const { context, memory } = x.graph.within(this.name, () => {
      const byRow = ops.pad(ops.transpose(rows, 0, 1), { axis: 1, before: 0, after: length - T });
      const context = ops.multiHeadAttention({ query, memory: rows, causal: true, heads: this.#heads });
      return { context, memory: ops.reshape(byRow, [B, 2 * F * length]) };
    });
    return { y: this.#output.apply(context), memory };
  }

  /** Size of an entry of state that holds the keys and values of the last `length` tokens. */
  cacheSize(length: number): number {
    checkOption(this.name, "length", length, size);
    return 2 * this.#size * length;
  }

  /** One step of `apply` with `causal`, for rows that each have read some tokens. x [N,F] -> y [N,F], and the cache after it. */
  step(x: Tensor, cache: AttentionCache): { y: Tensor; memory: Tensor } {
    const F = this.#size;
    const { N } = matchShapes(this.name, [["x", x, `N ${F}`]]) as { N: number };
    const { memory: kept, ...seen } = completeOptions(this.name, cache, cacheRules);
    const step = ops.reshape(x, [1, N, F]);
    const { query, memory: row } = this.#project(step, step, seen.positions);
    const { context, memory } = x.graph.within(this.name, () => {
      const memory = ops.keepRow({ cache: kept, row: ops.reshape(row, [N, 2 * F]), times: seen.times });
      const attended = { query: ops.reshape(query, [N, F]), cache: memory, ...seen, heads: this.#heads };
      return { context: ops.cachedAttention(attended), memory };
    });
    return { y: this.#output.apply(context), memory };
  }

  /** The keys and values of a memory [S,B,M], [S,B,2F], computed once for all steps that read it (see `look`). */
  keysAndValues(memory: Tensor): Tensor {
    matchShapes(this.name, [["memory", memory, `S B ${this.#memorySize}`]]);
    return this.#memory.apply(memory);
  }

  /**
   * One step of `apply` to a memory whose keys and values are computed. x [N,F], N = B·k: k rows after each other read one memory.
   * @param read.memory [S,B,2F], see `keysAndValues`. @param read.lengths i32 [B], positions that exist. Default: all.
   * @returns y [N,F], and the mean of the heads' weights, [N,S].
   */
  look(x: Tensor, read: AttentionLook): { y: Tensor; weights: Tensor } {
    const F = this.#size;
    const { memory, lengths } = completeOptions(this.name, read, lookRules);
    const { N, S, B } = matchShapes(this.name, [
      ["x", x, `N ${F}`],
      ["memory", memory, `S B ${2 * F}`],
    ]) as Record<"N" | "S" | "B", number>;
    if (N % B !== 0) throw new ShapeError(`${this.name}: ${N} rows cannot share ${B} memories equally.`);
    const k = N / B;
    const rows = this.#query.apply(x);
    const attended = x.graph.within(this.name, () => {
      const operands = { query: swapped(rows, [B, k]), memory, lengths, heads: this.#heads };
      const all = ops.multiHeadWeights(operands);
      const mean = ops.affine(ops.sumTo(all, [1, k, B, S]), { scale: 1 / this.#heads });
      const context = ops.multiHeadAttention(operands);
      const back = (tensor: Tensor, width: number) => ops.reshape(swapped(tensor, [k, B]), [N, width]);
      return { context: back(context, F), weights: back(ops.reshape(mean, [k, B, S]), S) };
    });
    return { y: this.#output.apply(attended.context), weights: attended.weights };
  }

  #read(x: Tensor, reading: AttentionReading) {
    const { memory, ...seen } = completeOptions(this.name, reading, readingRules);
    return { ...this.#project(x, memory ?? x), ...seen, heads: this.#heads };
  }

  /** The queries of x, and the keys and values of a memory. @param positions i32 [B] of step 0. */
  #project(x: Tensor, memory: Tensor, positions: Tensor | null = null): { query: Tensor; memory: Tensor } {
    matchShapes(this.name, [
      ["x", x, `T B ${this.#size}`],
      ["memory", memory, `S B ${this.#memorySize}`],
    ]);
    const [query, rows] = [this.#query.apply(x), this.#memory.apply(memory)];
    if (this.#rotaryBase === undefined) return { query, memory: rows };
    if (memory !== x && positions === null) {
      throw new ShapeError(`${this.name}: rotary positions are those of one sequence, and the memory is another.`);
    }
    const turned = { heads: this.#heads, base: this.#rotaryBase, positions };
    return x.graph.within(this.name, () => ({
      query: ops.rotary({ x: query, ...turned }),
      memory: ops.rotary({ x: rows, size: this.#size, ...turned }),
    }));
  }
}

/** [a·b,...] or [a,b,...] as [b,a,...]. */
function swapped(x: Tensor, [a, b]: readonly [number, number]): Tensor {
  const width = elementsOf(x.shape) / (a * b);
  // Where one of them is 1, the order is the same.
  if (a === 1 || b === 1) return ops.reshape(x, [b, a, width]);
  return ops.transpose(ops.reshape(x, [a, b, width]), 0, 1);
}
