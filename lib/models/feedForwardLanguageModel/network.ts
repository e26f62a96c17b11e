import * as ops from "../../graph/ops/index.js";
import type { Tensor } from "../../graph/tensor.js";
import { Dropout } from "../../nn/dropout.js";
import { Embedding } from "../../nn/embedding.js";
import { initializer, normal } from "../../nn/initializers.js";
import { Linear } from "../../nn/linear.js";
import type { Parameter } from "../../nn/parameter.js";
import type { State, StepEntry } from "../../nn/stateEntry.js";
import type { OptionsOf } from "../../options.js";
import { completeOptions, flag, option, real, table, text, whole } from "../../options.js";
import type { TokenNetwork, TokenSequences } from "../textModel/tokenNetwork.js";

/** The architecture of a feed-forward language model, as stored in config.json. @interface */
export type FeedForwardLanguageModelConfig = OptionsOf<typeof feedForwardRules>;

/** The rules of the architecture's options. */
export const feedForwardRules = table("FeedForwardLanguageModel", {
  /** V: tokens of the vocabulary. */
  vocabularySize: option(whole({ minimum: 1 }), { flag: null, aka: ["vocab_size", "n_vocab"] }),
  /** n: a token is predicted from the n - 1 before it. Default 5. */
  order: option(whole({ minimum: 2, maximum: 1000, initial: 5 }), { aka: ["ngram_size", "ngram", "n"] }),
  /** E: size of token vectors. Default 100. */
  embeddingSize: option(whole({ minimum: 1, initial: 100 }), {
    aka: ["embedding", "embedding_dim", "input_embedding_dimension", "projection"],
  }),
  /** H: units of the tanh layer. Default 200. */
  hiddenSize: option(whole({ minimum: 1, initial: 200 }), { aka: ["hidden", "units", "num_hidden"] }),
  /** Connect the token vectors to the output layer as well, past the tanh layer (W of the paper's equation 1). Default false. */
  direct: option(flag(), { aka: ["direct_connections", "skip_connections"] }),
  /** Dropout on the token vectors and on the tanh layer. Default 0. */
  dropout: option(real({ minimum: 0, below: 1, initial: 0 }), { aka: ["dropout_rate", "p"] }),
  /** First values of all weight matrices: "uniform:0.1", "normal:0.02", "xavier" ... Default: each layer's own. */
  initializer: option(text({ initial: "default" }), {
    aka: ["init", "initialization", "kernel_initializer", "init_range"],
    written: { as: "rule" },
  }),
  /**
   * Make each line a text of its own, whose first words are predicted from its beginning, in training (SentenceData), measuring and
   * writing, instead of one running text (WindowData). Default false.
   */
  sentences: option(flag(), { aka: ["sentence_level", "line_by_line"] }),
});

/**
 * The layers of a neural probabilistic language model (Bengio et al. 2003, equation 1):
 *
 *   x = [C(w_{t-1}); C(w_{t-2}); ...; C(w_{t-n+1})]   y = b + W x + U tanh(d + H x)   P(w_t) = softmax(y)
 *
 * Its state is the last n - 1 tokens, and no step needs the one before: the products of all steps of a window are one.
 * Before the beginning of a text stands a vector of its own, row 0 of the table; token i has row i + 1.
 */
export class FeedForwardLanguageModelNetwork implements TokenNetwork {
  readonly config: Required<FeedForwardLanguageModelConfig>;
  readonly parameters: readonly Parameter[];
  readonly stateEntries: readonly StepEntry[];
  /** C, [V+1,E] */
  readonly embedding: Embedding;
  readonly #hidden: Linear;
  /** [U, W], [V,H] or [V,H+(n-1)E] */
  readonly #output: Linear;
  readonly #inputDropout: Dropout;
  readonly #hiddenDropout: Dropout;

  constructor(config: FeedForwardLanguageModelConfig) {
    this.config = completeOptions("FeedForwardLanguageModel", config, feedForwardRules);
    const { vocabularySize, order, embeddingSize, hiddenSize, direct, dropout } = this.config;
    const chosen = this.config.initializer;
    const first = chosen === "default" ? {} : { initializer: initializer(chosen) };
    const inputSize = (order - 1) * embeddingSize;
    this.embedding = new Embedding("embedding", {
      vocabularySize: vocabularySize + 1,
      embeddingSize,
      initializer: normal(0.1),
      ...first,
    });
    this.#hidden = new Linear("hidden", { inputSize, outputSize: hiddenSize, ...first });
    this.#output = new Linear("output", {
      inputSize: hiddenSize + (direct ? inputSize : 0),
      outputSize: vocabularySize,
      ...first,
    });
    this.#inputDropout = new Dropout("embedding.dropout", { rate: dropout });
    this.#hiddenDropout = new Dropout("hidden.dropout", { rate: dropout });
    this.parameters = [this.embedding, this.#hidden, this.#output].flatMap(({ parameters }) => parameters);
    this.stateEntries = [{ name: "recent", size: order - 1, dtype: "i32" }];
  }

  losses({ inputs, targets, state, lengths }: TokenSequences): { losses: Tensor; count: Tensor; last: State } {
    const [T, B] = inputs.shape as [number, number];
    const n = this.config.order - 1;
    const before = state?.recent ?? null;
    const { recent, last } = ops.recentIds({ ids: inputs, n, before, lengths: lengths ?? null });
    const { losses, count } = this.#output.crossEntropy(this.#features(recent), ops.reshape(targets, [T * B]));
    return { losses, count, last: { recent: last } };
  }

  nextLogits(ids: Tensor, state: State): { logits: Tensor; last: State } {
    const { last } = ops.recentIds({ ids, n: this.config.order - 1, before: state.recent as Tensor });
    const recent = ops.reshape(last, [1, ...last.shape]);
    return { logits: this.#output.apply(this.#features(recent)), last: { recent: last } };
  }

  /** Features that the output layer reads. recent i32 [T,B,n-1] -> [T B,F]. */
  #features(recent: Tensor): Tensor {
    const { order, embeddingSize, direct } = this.config;
    const [T, B] = recent.shape as [number, number];
    // Dropout finds the rows of the batch along the last axis but one.
    const dropped = (dropout: Dropout, x: Tensor, size: number) =>
      ops.reshape(dropout.apply(ops.reshape(x, [T, B, size])), [T * B, size]);
    const x = dropped(this.#inputDropout, this.embedding.apply(recent), (order - 1) * embeddingSize);
    const tanh = ops.tanh(this.#hidden.apply(x));
    const hidden = dropped(this.#hiddenDropout, tanh, tanh.shape[1] as number);
    return direct ? ops.concat([hidden, x], 1) : hidden;
  }
}
