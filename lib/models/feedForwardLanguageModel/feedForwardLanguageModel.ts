import type { Tokenizer } from "../../data/index.js";
import { WordVectors } from "../../data/index.js";
import { oneVocabulary } from "../../formats/index.js";
import type { ModelKind, ModelParts } from "../modelKind.js";
import type { CreateOptions, LoadOptions } from "../savedModel.js";
import { createModel, loadModelOf } from "../savedModel.js";
import { TextModel } from "../textModel/textModel.js";
import type { FeedForwardLanguageModelConfig } from "./network.js";
import { FeedForwardLanguageModelNetwork, feedForwardRules } from "./network.js";

export interface FeedForwardLanguageModelOptions
  extends Omit<FeedForwardLanguageModelConfig, "vocabularySize">,
    CreateOptions<Tokenizer> {}

/**
 * A neural probabilistic language model (Bengio et al. 2003): each token from the vectors of a fixed number before it, by one tanh layer.
 *
 * ```ts
 * const model = await FeedForwardLanguageModel.create({ tokenizer, order: 5 });
 * ```
 */
export class FeedForwardLanguageModel extends TextModel<FeedForwardLanguageModelNetwork> {
  static readonly kind: ModelKind<FeedForwardLanguageModel, Tokenizer, FeedForwardLanguageModelNetwork> = {
    name: "FeedForwardLanguageModel",
    options: feedForwardRules,
    vocabularies: oneVocabulary(),
    counts: [],
    reads: { data: ["WindowData", "SentenceData"], form: ["T", "B", "role", "lengths"] },
    network: (config) => new FeedForwardLanguageModelNetwork(config as unknown as FeedForwardLanguageModelConfig),
    make: (parts) => new FeedForwardLanguageModel(parts),
  };

  private constructor(parts: ModelParts<Tokenizer, FeedForwardLanguageModelNetwork>) {
    super(FeedForwardLanguageModel.kind, parts);
  }

  /** A model with new weights. @throws OptionError for options that do not fit together. */
  static create(options: FeedForwardLanguageModelOptions): Promise<FeedForwardLanguageModel> {
    return createModel(FeedForwardLanguageModel.kind, options);
  }

  /**
   * A model from its folder.
   * @throws FileError if a file is missing, truncated, altered, or of another model.
   */
  static load(folder: string, options: LoadOptions = {}): Promise<FeedForwardLanguageModel> {
    return loadModelOf(FeedForwardLanguageModel.kind, folder, options);
  }

  /** The vectors of all tokens as they are now: the last rows of the table C, whose first ones are for what stands before a text. */
  async wordVectors(): Promise<WordVectors> {
    const { network, store, tokenizer } = this;
    const size = network.config.embeddingSize;
    const values = Float32Array.from(await store.read(network.embedding.weight.name));
    const tokens = Array.from({ length: tokenizer.size }, (_, id) => tokenizer.token(id));
    return new WordVectors(tokens, values.slice(-tokens.length * size), size);
  }
}
