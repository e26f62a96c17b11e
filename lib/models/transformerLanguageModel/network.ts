import { OptionError } from "../../errors.js";
import * as ops from "../../graph/ops/index.js";
import type { Tensor } from "../../graph/tensor.js";
import { Dropout } from "../../nn/dropout.js";
import { Embedding } from "../../nn/embedding.js";
import { normal } from "../../nn/initializers.js";
import { smoothedCrossEntropy, stepsThatExist } from "../../nn/labelSmoothing.js";
import { Linear } from "../../nn/linear.js";
import type { Parameter } from "../../nn/parameter.js";
import { Positions } from "../../nn/positions.js";
import type { State, StepEntry } from "../../nn/stateEntry.js";
import { Transformer } from "../../nn/transformer.js";
import type { OptionsOf } from "../../options.js";
import { completeOptions, flag, option, real, table, whole, word } from "../../options.js";
import type { TokenLosses, TokenNetwork, TokenSequences } from "../textModel/tokenNetwork.js";
import { blockRules, completeBlocks } from "../transformerOptions.js";

/** The architecture of a Transformer language model, as stored in config.json. @interface */
export type TransformerLanguageModelConfig = OptionsOf<typeof transformerLanguageModelRules>;

/** The rules of the architecture's options. */
export const transformerLanguageModelRules = table("TransformerLanguageModel", {
  /** V: tokens of the vocabulary. */
  vocabularySize: option(whole({ minimum: 1 }), { flag: null, aka: ["vocab_size", "n_vocab"] }),
  /** Blocks on top of each other. Default 4. */
  layers: option(whole({ minimum: 1, maximum: 1000, initial: 4 }), { aka: ["num_layers", "n_layer"] }),
  /** Heads of each attention, a divisor of `hiddenSize`. Default 4. */
  heads: option(whole({ minimum: 1, initial: 4 }), { aka: ["num_heads", "n_head", "nhead"] }),
  /** F: features of a token, from the embedding to the output layer. Default 128. */
  hiddenSize: option(whole({ minimum: 1, initial: 128 }), { aka: ["hidden", "d_model", "n_embd", "embed_dim"] }),
  ...blockRules,
  /** L: tokens that a window has at most, and that a step looks back over when text is written. Default 64. */
  contextLength: option(whole({ minimum: 1, maximum: 1 << 20, initial: 64 }), {
    aka: ["block_size", "n_ctx", "n_positions", "max_len", "context"],
  }),
  /**
   * How attention knows the order: "rotary" (Su et al. 2021), which writes on past `contextLength` looking at the last tokens; "learned"
   * or "sinusoidal" vectors (Vaswani et al. 2017), with which a text begins afresh after every `contextLength` tokens. Default rotary.
   */
  positions: option(word(["rotary", "learned", "sinusoidal"], "rotary"), { aka: ["position_embedding_type"] }),
  /** Dropout on the embedding and on what each part adds. Default 0. */
  dropout: option(real({ minimum: 0, below: 1, initial: 0 }), { aka: ["dropout_rate", "p"] }),
  /** Share the embedding table with the output layer (Press & Wolf 2017). Default true. */
  tied: option(flag(true), { aka: ["tie_weights", "tie_word_embeddings", "tied_weights"] }),
  /**
   * Make each line a text of its own, of at most `contextLength` tokens with its end, in training (SentenceData), measuring and writing, instead of
   * one running text (WindowData). Default false.
   */
  sentences: option(flag(), { aka: ["sentence_level", "line_by_line"] }),
});

/** A configuration with every default filled in. @throws OptionError for what does not fit. */
function completeConfig(config: TransformerLanguageModelConfig): Required<TransformerLanguageModelConfig> {
  return completeBlocks(completeOptions("TransformerLanguageModel", config, transformerLanguageModelRules));
}

/** Deviation of the first weights, as in GPT-2. */
const deviation = 0.02;

/**
 * The layers of a Transformer language model (Radford et al. 2019): embedding and positions -> blocks -> softmax over the vocabulary.
 *
 * Windows are read from position 0 each, so training carries no state. A step keeps the keys and values of the last L tokens.
 */
export class TransformerLanguageModelNetwork implements TokenNetwork {
  readonly config: Required<TransformerLanguageModelConfig>;
  readonly parameters: readonly Parameter[];
  readonly stateEntries: readonly StepEntry[];
  readonly carriedEntries: readonly StepEntry[] = [];
  readonly windowLength: number;
  readonly positionVectors: number;
  readonly embedding: Embedding;
  readonly transformer: Transformer;
  readonly output: Linear;
  readonly #positions: Positions | null;
  readonly #dropout: Dropout;

  constructor(config: TransformerLanguageModelConfig) {
    this.config = completeConfig(config);
    const { vocabularySize, layers, heads, hiddenSize: size, contextLength: length, dropout, tied } = this.config;
    const { feedForwardSize, positions, activation, normalization, finalNorm } = this.config;
    const initializer = normal(deviation);
    this.embedding = new Embedding("embedding", { vocabularySize, embeddingSize: size, initializer });
    this.#positions =
      positions === "rotary" ? null : new Positions("positions", { size, length, kind: positions, initializer });
    this.#dropout = new Dropout("embedding.dropout", { rate: dropout });
    this.transformer = new Transformer("blocks", {
      size,
      heads,
      layers,
      hiddenSize: feedForwardSize,
      activation,
      normalization,
      finalNorm,
      dropout,
      causal: true,
      initializer,
      ...(positions === "rotary" ? { rotaryBase: 10_000 } : {}),
      // Each block adds twice to the sum, which would otherwise grow with their number (Radford et al. 2019).
      outputInitializer: normal(deviation / Math.sqrt(2 * layers)),
    });
    this.output = new Linear("output", {
      inputSize: size,
      outputSize: vocabularySize,
      bias: false,
      initializer,
      ...(tied ? { tied: this.embedding.weight } : {}),
    });
    this.parameters = [this.embedding, this.#positions, this.transformer, this.output].flatMap(
      (layer) => layer?.parameters ?? [],
    );
    this.windowLength = length;
    this.positionVectors = positions === "rotary" ? 0 : length;
    this.stateEntries = [...this.transformer.stateEntries(length), { name: "position", size: 1, dtype: "i32" }];
  }

  losses({ inputs, targets, lengths }: TokenSequences): TokenLosses {
    const [T, B] = inputs.shape as [number, number];
    const { hiddenSize, labelSmoothing } = this.config;
    this.#expectRoom(T);
    const features = this.transformer.apply(this.#embed(inputs), { lengths: lengths ?? null });
    const rows = ops.reshape(features, [T * B, hiddenSize]);
    const flat = ops.reshape(targets, [T * B]);
    const share = inputs.graph.training ? labelSmoothing : 0;
    const smoothing = { share, exists: share > 0 && lengths ? stepsThatExist({ T, B, lengths }) : null };
    const losses = smoothedCrossEntropy(this.output, { x: rows, targets: flat }, smoothing);
    return { ...losses, last: {}, hidden: features };
  }

  nextLogits(ids: Tensor, state: State): { logits: Tensor; last: State } {
    const [, N] = ids.shape as [number, number];
    const { position: before, ...memories } = state as { position: Tensor };
    const positions = ops.reshape(before, [N]);
    const embedded = this.embedding.apply(ops.reshape(ids, [N]));
    const x = this.#positions ? this.#positions.step(embedded, positions) : embedded;
    const { y, state: last } = this.transformer.step(x, memories, { positions });
    const position = ops.nextPositions({ positions: before, modulus: this.positionVectors });
    return { logits: this.output.apply(y), last: { ...last, position } };
  }

  stateAfter(ids: Tensor, last: Tensor): State {
    const { contextLength: length } = this.config;
    const position = ops.nextPositions({ positions: last, modulus: this.positionVectors });
    const state = this.transformer.begin(this.#embed(ids), { last, length });
    return { ...state, position: ops.reshape(position, [ids.shape[1] as number, 1]) };
  }

  /** The weights of each block's heads, from the lowest block up: [heads,T,B,T]. ids i32 [T,B]. */
  attentionWeights(ids: Tensor): Tensor[] {
    this.#expectRoom(ids.shape[0] as number);
    return this.transformer.weights(this.#embed(ids));
  }

  #expectRoom(T: number): void {
    const { contextLength } = this.config;
    if (T <= contextLength) return;
    throw new OptionError(
      `TransformerLanguageModel: this model reads at most ${contextLength} tokens at a time (contextLength), got ${T}. ` +
        "Make windows or lines shorter, or train a model with a longer context.",
    );
  }

  #embed(ids: Tensor): Tensor {
    const embedded = this.embedding.apply(ids);
    return this.#dropout.apply(this.#positions ? this.#positions.apply(embedded) : embedded);
  }
}
