import { ShapeError } from "../errors.js";
import * as ops from "../graph/ops/index.js";
import type { Tensor } from "../graph/tensor.js";
import { operandIfAny } from "../graph/tensor.js";
import type { Completed, OptionsOf } from "../options.js";
import { flag, option, optional, real, table, whole, word } from "../options.js";
import { Dropout, dropoutRate } from "./dropout.js";
import { activations, FeedForward } from "./feedForward.js";
import { initializerRule } from "./initializerRule.js";
import type { Layer } from "./layer.js";
import { size } from "./layer.js";
import { LayerNorm } from "./layerNorm.js";
import type { AttentionCache, AttentionLook } from "./multiHeadAttention.js";
import { MultiHeadAttention } from "./multiHeadAttention.js";
import type { Parameter } from "./parameter.js";

/** Options of a Transformer. @interface */
export type TransformerOptions = OptionsOf<typeof transformerRules>;

/** The rules of a stack's options, which its blocks share. */
export const transformerRules = table("Transformer", {
  /** F: features of x and of the result. */
  size: option(size, { aka: ["d_model", "n_embd", "hidden_size"] }),
  /** Heads of each attention, a divisor of `size`. */
  heads: option(whole({ minimum: 1 }), { aka: ["num_heads", "n_head", "nhead"] }),
  /** Blocks on top of each other. Default 1. */
  layers: option(whole({ minimum: 1, maximum: 1000, initial: 1 }), { aka: ["num_layers", "n_layer"] }),
  /** M: features of a memory that every block reads between its other two parts, as a decoder does. Default: none. */
  memorySize: optional(size),
  /** Let no step see a later one, as in a decoder. Default false. */
  causal: flag(),
  /** H: features between the two products of the feed-forward part. Default: see FeedForward. */
  hiddenSize: option(optional(size), { aka: ["dim_feedforward", "d_ff", "n_inner"] }),
  /** The function between them: see FeedForward. Default gelu. */
  activation: word(activations, "gelu"),
  /**
   * Where the layer normalisations stand: "pre", before each part, and once after the last (Xiong et al. 2020); "post", after each sum
   * (Vaswani et al. 2017). Default pre.
   */
  normalization: option(word(["pre", "post"], "pre"), { aka: ["norm_first"] }),
  /** Layer normalisation after the last block; PyTorch's nn.Transformer has it with "post", too. Default: with "pre". */
  finalNorm: option(optional(flag()), { aka: ["final_layer_norm"] }),
  /** Dropout of what each part adds. Default 0. */
  dropout: { ...dropoutRate, initial: 0 },
  /** Base of the angles of rotary positions (Su et al. 2021). Default: no such positions. */
  rotaryBase: option(optional(real({ above: 0 })), { aka: ["rope_theta"] }),
  /** Biases. Default true. */
  bias: option(flag(true), { aka: ["use_bias"] }),
  /** First values of the weights. Default: xavier (Glorot & Bengio 2010). */
  initializer: optional(initializerRule),
  /** First values of the weights by which each part adds to the sum. Default: as `initializer`. */
  outputInitializer: optional(initializerRule),
});

/** A part of a block: what it adds to x, with its own normalisation and dropout. */
class Part {
  readonly norm: LayerNorm;
  readonly #dropout: Dropout;
  readonly #pre: boolean;

  constructor(
    readonly name: string,
    { size: F, normalization, dropout }: { size: number; normalization: "pre" | "post"; dropout: number },
  ) {
    this.norm = new LayerNorm(`${name}.norm`, { size: F });
    this.#dropout = new Dropout(`${name}.dropout`, { rate: dropout });
    this.#pre = normalization === "pre";
  }

  /** The features that the part reads of x. */
  input(x: Tensor): Tensor {
    return this.#pre ? this.norm.apply(x) : x;
  }

  /** x + f(norm(x)), or norm(x + f(x)). */
  around(x: Tensor, f: (x: Tensor) => Tensor): Tensor {
    const added = this.#dropout.apply(f(this.input(x)));
    const sum = ops.add(x, added);
    return this.#pre ? sum : this.norm.apply(sum);
  }
}

/** The rules of what a Transformer reads. */
export const readingRules = table("Transformer.apply", {
  /** Steps of x that exist, i32 [B]. Default: all. */
  lengths: operandIfAny,
  /** Output of an encoder, [S,B,M], with `memorySize`. Default: none. */
  memory: operandIfAny,
  /** Positions of the memory that exist, i32 [B]. Default: all. */
  memoryLengths: operandIfAny,
});

/** The sequences that a Transformer reads, besides x. @interface */
export type TransformerReading = Partial<OptionsOf<typeof readingRules>>;

/** The same with null for what is not read. */
export type CompleteReading = Required<TransformerReading>;

/** A block: attention to itself, to a memory if it has one, and a feed-forward part. */
export class TransformerBlock implements Layer {
  readonly parameters: readonly Parameter[];
  readonly #attention: MultiHeadAttention;
  readonly #memoryAttention: MultiHeadAttention | null;
  readonly #feedForward: FeedForward;
  readonly #parts: { attention: Part; memory: Part | null; feedForward: Part };
  readonly #causal: boolean;

  constructor(
    readonly name: string,
    options: Completed<typeof transformerRules>,
  ) {
    const { size: F, heads, hiddenSize, activation, memorySize, rotaryBase, bias, causal } = options;
    const { initializer, outputInitializer } = options;
    const first = {
      bias,
      ...(initializer ? { initializer } : {}),
      ...(outputInitializer ? { outputInitializer } : {}),
    };
    const part = (of: string) => new Part(`${name}.${of}`, options);
    const rotary = rotaryBase === undefined ? {} : { rotaryBase };
    const inner = hiddenSize === undefined ? {} : { hiddenSize };
    this.#causal = causal;
    this.#attention = new MultiHeadAttention(`${name}.attention`, { size: F, heads, ...rotary, ...first });
    this.#memoryAttention =
      memorySize === undefined
        ? null
        : new MultiHeadAttention(`${name}.memoryAttention`, { size: F, heads, memorySize, ...first });
    this.#feedForward = new FeedForward(`${name}.feedForward`, { size: F, activation, ...inner, ...first });
    this.#parts = {
      attention: part("attention"),
      memory: this.#memoryAttention && part("memoryAttention"),
      feedForward: part("feedForward"),
    };
    const { attention, memory, feedForward } = this.#parts;
    this.parameters = [
      ...[attention.norm, this.#attention, memory?.norm, this.#memoryAttention, feedForward.norm, this.#feedForward],
    ].flatMap((layer) => layer?.parameters ?? []);
  }

  apply(x: Tensor, { lengths, memory, memoryLengths }: CompleteReading): Tensor {
    const attended = this.#attended(x, lengths);
    const read = memory && { memory, lengths: memoryLengths };
    const informed = this.#informed(attended, read && ((attention, y) => attention.apply(y, read)));
    return this.#parts.feedForward.around(informed, (y) => this.#feedForward.apply(y));
  }

  /** The weights of the attention to x itself: [heads,T,B,T]. */
  weights(x: Tensor, { lengths }: CompleteReading): Tensor {
    return this.#attention.weights(this.#parts.attention.input(x), { lengths, causal: this.#causal });
  }

  /** The weights of the attention to a memory: [heads,T,B,S]. @throws ShapeError for a block that reads none. */
  memoryWeights(x: Tensor, { lengths, memory, memoryLengths }: CompleteReading): Tensor {
    const { attention, part } = this.#memoryPart;
    return attention.weights(part.input(this.#attended(x, lengths)), { memory, lengths: memoryLengths });
  }

  /** `apply` of a block that is `causal` and reads no memory, and the cache that as many calls of `step` fill. */
  begin(x: Tensor, length: number): { y: Tensor; memory: Tensor } {
    let memory = x;
    const attended = this.#parts.attention.around(x, (y) => {
      const begun = this.#attention.begin(y, length);
      memory = begun.memory;
      return begun.y;
    });
    return { y: this.#parts.feedForward.around(attended, (y) => this.#feedForward.apply(y)), memory };
  }

  /** Size of an entry of state that holds the keys and values of the last `length` tokens. */
  cacheSize(length: number): number {
    return this.#attention.cacheSize(length);
  }

  /** The keys and values of a memory [S,B,M] that steps read, [S,B,2F]. @throws ShapeError for a block that reads none. */
  keysAndValues(memory: Tensor): Tensor {
    return this.#memoryPart.attention.keysAndValues(memory);
  }

  /** One step with `causal`. x [N,F] -> y [N,F], the cache after it, and the mean weights [N,S] of a memory that was read. */
  step(
    x: Tensor,
    cache: AttentionCache,
    read: AttentionLook | null,
  ): { y: Tensor; memory: Tensor; weights: Tensor | null } {
    let { memory } = cache;
    let weights: Tensor | null = null;
    const attended = this.#parts.attention.around(x, (y) => {
      const step = this.#attention.step(y, cache);
      memory = step.memory;
      return step.y;
    });
    const informed = this.#informed(
      attended,
      read &&
        ((attention, y) => {
          const look = attention.look(y, read);
          weights = look.weights;
          return look.y;
        }),
    );
    return { y: this.#parts.feedForward.around(informed, (y) => this.#feedForward.apply(y)), memory, weights };
  }

  #attended(x: Tensor, lengths: Tensor | null): Tensor {
    return this.#parts.attention.around(x, (y) => this.#attention.apply(y, { lengths, causal: this.#causal }));
  }

  /** x with what the block reads of a memory. @param look records it; null where there is none. */
  #informed(x: Tensor, look: ((attention: MultiHeadAttention, y: Tensor) => Tensor) | null): Tensor {
    if (!look) return x;
    const { attention, part } = this.#memoryPart;
    return part.around(x, (y) => look(attention, y));
  }

  get #memoryPart(): { attention: MultiHeadAttention; part: Part } {
    const { memory: part } = this.#parts;
    if (part && this.#memoryAttention) return { attention: this.#memoryAttention, part };
    throw new ShapeError(`${this.name} reads no memory: make the Transformer with memorySize.`);
  }
}
