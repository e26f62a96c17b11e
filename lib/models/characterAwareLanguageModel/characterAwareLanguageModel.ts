import type { Tokenizer } from "../../data/index.js";
import { WordVectors } from "../../data/index.js";
import { Programs } from "../../executor/programs.js";
import type { VocabularyFile } from "../../formats/index.js";
import { oneVocabulary } from "../../formats/index.js";
import { checkOption, list, optional, text } from "../../options.js";
import { completeWithCell } from "../cellConfig.js";
import type { ModelKind, ModelParts } from "../modelKind.js";
import type { CreateOptions, LoadOptions } from "../savedModel.js";
import { createModel, loadModelOf } from "../savedModel.js";
import { TextModel } from "../textModel/textModel.js";
import type { CharacterAwareLanguageModelConfig } from "./network.js";
import { CharacterAwareLanguageModelNetwork, characterAwareRules } from "./network.js";
import { charactersOf, spellingsOfWords } from "./spellings.js";

/** Words whose vectors are made at once: their filters' sums take some megabytes. */
const vectorRows = 256;

const wordsRule = optional(list(text()));

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

  readonly #spelled: Programs;

  private constructor(parts: ModelParts<Tokenizer, CharacterAwareLanguageModelNetwork>) {
    super(CharacterAwareLanguageModel.kind, parts);
    this.#spelled = new Programs(this);
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

  /**
   * The vectors of words as the recurrent layers read them (Kim et al. 2016, section 5.1). They are made of characters alone, so a word
   * that the vocabulary does not hold has one, too.
   *
   * ```ts
   * const vectors = await model.wordVectors([...words, "looooook"]);
   * console.log(vectors.neighbours("looooook"));
   * ```
   * @param words Default: all tokens of the vocabulary. @throws InputError for a word with a character that no token has.
   */
  async wordVectors(words?: readonly string[]): Promise<WordVectors> {
    checkOption("wordVectors", "words", words, wordsRule);
    const { tokenizer, network } = this;
    const all = words ?? Array.from({ length: tokenizer.size }, (_, id) => tokenizer.token(id));
    const spelled = spellingsOfWords("wordVectors", tokenizer, { words: all, limit: network.config.wordLength });
    const { longest: C, characters, lengths } = spelled;
    const parts: Float32Array[] = [];
    for (let from = 0; from < all.length; from += vectorRows) {
      const N = Math.min(vectorRows, all.length - from);
      const executable = this.#spelled.get(`${N} x ${C}`, (graph) => {
        const spelling = [graph.feed("characters", "i32", [N, C]), graph.feed("lengths", "i32", [N])] as const;
        graph.output("vectors", network.wordVectors(...spelling));
      });
      const { outputs } = await executable.run({
        characters: characters.subarray(from * C, (from + N) * C),
        lengths: lengths.subarray(from, from + N),
      });
      parts.push(outputs.vectors as Float32Array);
    }
    const size = network.wordVectorSize;
    const values = new Float32Array(all.length * size);
    for (const [i, part] of parts.entries()) values.set(part, i * vectorRows * size);
    return new WordVectors(all, values, size);
  }
}
