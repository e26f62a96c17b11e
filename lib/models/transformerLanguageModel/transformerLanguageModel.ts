import type { Tokenizer } from "../../data/index.js";
import { oneVocabulary } from "../../formats/index.js";
import type { ModelKind, ModelParts } from "../modelKind.js";
import type { CreateOptions, LoadOptions } from "../savedModel.js";
import { createModel, loadModelOf } from "../savedModel.js";
import { TextModel } from "../textModel/textModel.js";
import type { TransformerLanguageModelConfig } from "./network.js";
import { TransformerLanguageModelNetwork, transformerRules } from "./network.js";

export interface TransformerLanguageModelOptions
  extends Omit<TransformerLanguageModelConfig, "vocabularySize">,
    CreateOptions<Tokenizer> {}

/**
 * A Transformer language model over characters, bytes, words or subwords (Vaswani et al. 2017; Radford et al. 2019): each token from
 * those before it in its window, by attention instead of a state.
 *
 * ```ts
 * const model = await TransformerLanguageModel.create({ tokenizer, layers: 4, contextLength: 64 });
 * ```
 */
export class TransformerLanguageModel extends TextModel<TransformerLanguageModelNetwork> {
  static readonly kind: ModelKind<TransformerLanguageModel, Tokenizer, TransformerLanguageModelNetwork> = {
    name: "TransformerLanguageModel",
    options: transformerRules,
    vocabularies: oneVocabulary(),
    counts: ["layers"],
    reads: { data: ["WindowData", "SentenceData"], form: ["T", "B", "role", "lengths"] },
    network: (config) => new TransformerLanguageModelNetwork(config as unknown as TransformerLanguageModelConfig),
    make: (parts) => new TransformerLanguageModel(parts),
  };

  private constructor(parts: ModelParts<Tokenizer, TransformerLanguageModelNetwork>) {
    super(TransformerLanguageModel.kind, parts);
  }

  /** A model with new weights. @throws OptionError for options that do not fit together. */
  static create(options: TransformerLanguageModelOptions): Promise<TransformerLanguageModel> {
    return createModel(TransformerLanguageModel.kind, options);
  }

  /**
   * A model from its folder.
   * @throws FileError if a file is missing, truncated, altered, or of another model.
   */
  static load(folder: string, options: LoadOptions = {}): Promise<TransformerLanguageModel> {
    return loadModelOf(TransformerLanguageModel.kind, folder, options);
  }
}
