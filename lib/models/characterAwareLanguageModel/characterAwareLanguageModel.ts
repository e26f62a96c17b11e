import type { Tokenizer } from "../../data/index.js";
import type { VocabularyFile } from "../../formats/index.js";
import { oneVocabulary } from "../../formats/index.js";
import { completeWithCell } from "../cellConfig.js";
import type { ModelKind, ModelParts } from "../modelKind.js";
import type { CreateOptions, LoadOptions } from "../savedModel.js";
import { createModel, loadModelOf } from "../savedModel.js";
import { TextModel } from "../textModel/textModel.js";
import type { CharacterAwareLanguageModelConfig } from "./network.js";
import { CharacterAwareLanguageModelNetwork, characterAwareRules } from "./network.js";
import { charactersOf } from "./spellings.js";

export interface CharacterAwareLanguageModelOptions
  extends Omit<CharacterAwareLanguageModelConfig, "vocabularySize" | "characterCount">,
    CreateOptions<Tokenizer> {}

/** A tokenizer's words, and the characters that they are made of. */
const vocabularies: VocabularyFile<Tokenizer> = {
  ...oneVocabulary(),
  slots: [
    { name: "tokenizer", size: "vocabularySize" },
    { name: "characters", size: "characterCount" },
  ],
  vocabulary: (tokenizer, slot) => (slot === "characters" ? charactersOf(tokenizer) : tokenizer),
};

/**
 * A character-aware language model (Kim et al. 2016): it reads the characters of each word, and predicts words.
 *
 * ```ts
 * const model = await CharacterAwareLanguageModel.create({ tokenizer, hiddenSize: 300 });
 * ```
 */
export class CharacterAwareLanguageModel extends TextModel<CharacterAwareLanguageModelNetwork> {
  static readonly kind: ModelKind<CharacterAwareLanguageModel, Tokenizer, CharacterAwareLanguageModelNetwork> = {
    name: "CharacterAwareLanguageModel",
    options: characterAwareRules,
    complete: (options, table) =>
      completeWithCell("CharacterAwareLanguageModel", options, { table, first: "none" }) as Record<string, unknown>,
    vocabularies,
    counts: ["layers", "highwayLayers"],
    reads: { data: ["WindowData", "SentenceData"], form: ["T", "B", "role", "lengths"] },
    network: (config) => new CharacterAwareLanguageModelNetwork(config as unknown as CharacterAwareLanguageModelConfig),
    make: (parts) => new CharacterAwareLanguageModel(parts),
  };

  private constructor(parts: ModelParts<Tokenizer, CharacterAwareLanguageModelNetwork>) {
    super(CharacterAwareLanguageModel.kind, parts);
  }

  /** A model with new weights. @throws OptionError for options that do not fit together. */
  static create(options: CharacterAwareLanguageModelOptions): Promise<CharacterAwareLanguageModel> {
    return createModel(CharacterAwareLanguageModel.kind, options);
  }

  /**
   * A model from its folder.
   * @throws FileError if a file is missing, truncated, altered, or of another model.
   */
  static load(folder: string, options: LoadOptions = {}): Promise<CharacterAwareLanguageModel> {
    return loadModelOf(CharacterAwareLanguageModel.kind, folder, options);
  }
}
