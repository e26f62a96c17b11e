import type { Tokenizer } from "../../data/index.js";
import type { Graph } from "../../graph/graph.js";
import * as ops from "../../graph/ops/index.js";
import { firstValues } from "../../graph/program.js";
import type { Tensor } from "../../graph/tensor.js";
import type { CellOptions } from "../../nn/cellRegistry.js";
import { cellNamed } from "../../nn/cellRegistry.js";
import { Dropout } from "../../nn/dropout.js";
import { initializer } from "../../nn/initializers.js";
import { Linear } from "../../nn/linear.js";
import type { Parameter } from "../../nn/parameter.js";
import { connections, layerCount, RecurrentStack } from "../../nn/recurrent.js";
import { noiseOf, recurrentNoiseRules } from "../../nn/recurrentNoise.js";
import type { State, StateEntry } from "../../nn/stateEntry.js";
import type { OptionsOf } from "../../options.js";
import { flag, option, real, table, text, whole, word } from "../../options.js";
import type { CompleteConfig } from "../cellConfig.js";
import { completeWithCell, optionsOfCell } from "../cellConfig.js";
import type { TokenLosses, TokenNetwork, TokenSequences } from "../textModel/tokenNetwork.js";
import type { Spellings } from "./spellings.js";
import { spellingsOf } from "./spellings.js";
import { WordEncoder } from "./wordEncoder.js";

/** The architecture of such a model, as stored in config.json. Options of its cell stand beside the others. @interface */
export type CharacterAwareLanguageModelConfig = OptionsOf<typeof characterAwareRules> & CellOptions;

/** The rules of the architecture's options. */
export const characterAwareRules = table("CharacterAwareLanguageModel", {
  /** V: words of the vocabulary. */
  vocabularySize: option(whole({ minimum: 1 }), { flag: null, aka: ["vocab_size", "n_vocab"] }),
  /** Q: characters of the words. */
  characterCount: option(whole({ minimum: 1 }), { flag: null }),
  /** Size of character vectors. Default 15. */
  characterEmbeddingSize: option(whole({ minimum: 1, initial: 15 }), { aka: ["char_vec_size"] }),
  /** Filters read 1 to this many characters at once. Default 6. */
  filterWidth: option(whole({ minimum: 1, maximum: 100, initial: 6 }), { aka: ["kernels"] }),
  /** Filters of each width, for each character that they read, and 200 of one width at most. Default 25. */
  filters: option(whole({ minimum: 1, initial: 25 }), { aka: ["feature_maps"] }),
  /** Characters of a word that are read; the rest is left out. Default 65. */
  wordLength: option(whole({ minimum: 1, maximum: 1000, initial: 65 }), { aka: ["max_word_l"] }),
  /** Highway layers between the filters and the recurrent layers. Default 1. */
  highwayLayers: option(whole({ maximum: 1000, initial: 1 }), { aka: ["highway_layers"] }),
  /** Recurrent cell: one of the library's, or of those that registerCell has added. Default lstm. */
  cell: cellNamed("lstm"),
  /** Layers on top of each other. Default 2. */
  layers: option(layerCount(2), { aka: ["num_layers", "n_layers"] }),
  /** H: units of a layer. Default 300. */
  hiddenSize: option(whole({ minimum: 1, initial: 300 }), { aka: ["hidden", "units", "rnn_size"] }),
  /** Dropout between layers and before the output layer. Default 0.5. */
  dropout: option(real({ minimum: 0, below: 1, initial: 0.5 }), { aka: ["dropout_rate", "p"] }),
  /** One dropout mask for all time steps (Gal & Ghahramani 2016). Default false. */
  variational: option(flag(), { aka: ["variational_dropout", "locked_dropout"] }),
  ...recurrentNoiseRules,
  /** How layers are connected: see RecurrentStack. Default plain. */
  connections: word(connections, "plain"),
  /** First values of all weight matrices: "uniform:0.05", "normal:0.02", "xavier" ... Default: each layer's own. */
  initializer: option(text({ initial: "default" }), {
    aka: ["init", "param_init", "kernel_initializer"],
    written: { as: "rule" },
  }),
  /** Make each line a text of its own, read from its beginning and a zero state. Default false. */
  sentences: option(flag(), { aka: ["sentence_level", "line_by_line"] }),
});

/**
 * The layers of a character-aware language model (Kim et al. 2016):
 * characters -> filters and their maxima -> highway layers -> recurrent stack -> dropout -> softmax over the words.
 */
export class CharacterAwareLanguageModelNetwork implements TokenNetwork {
  readonly config: CompleteConfig<CharacterAwareLanguageModelConfig>;
  readonly parameters: readonly Parameter[];
  readonly #words: WordEncoder;
  readonly #recurrent: RecurrentStack;
  readonly #output: Linear;
  readonly #outputDropout: Dropout;
  #spellings: Spellings | null = null;

  constructor(config: CharacterAwareLanguageModelConfig) {
    this.config = completeWithCell("CharacterAwareLanguageModel", config, {
      table: characterAwareRules,
      first: "none",
    });
    const { vocabularySize, cell, hiddenSize, layers, dropout, variational } = this.config;
    const chosen = this.config.initializer;
    const first = chosen === "default" ? {} : { initializer: initializer(chosen) };
    const { characterCount, characterEmbeddingSize, filterWidth, filters, highwayLayers } = this.config;
    const spelling = { characterCount, characterEmbeddingSize, filterWidth, filters, highwayLayers };
    this.#words = new WordEncoder("words", { ...spelling, ...first });
    const shared = { hiddenSize, layers, dropout, variational, connections: this.config.connections, ...first };
    this.#recurrent = new RecurrentStack("rnn", {
      cell,
      inputSize: this.#words.outputSize,
      ...shared,
      ...noiseOf(this.config),
      ...optionsOfCell(this.config),
    });
    const inputSize = this.#recurrent.outputSize;
    this.#output = new Linear("output", { inputSize, outputSize: vocabularySize, ...first });
    this.#outputDropout = new Dropout("output.dropout", { rate: dropout, variational });
    const parts = [this.#words, this.#recurrent, this.#output];
    this.parameters = parts.flatMap(({ parameters }) => parameters);
  }

  /** F: numbers of the vector of a word. */
  get wordVectorSize(): number {
    return this.#words.outputSize;
  }

  get stateEntries(): readonly StateEntry[] {
    return this.#recurrent.stateEntries;
  }

  readVocabulary(tokenizer: Tokenizer): void {
    this.spell(spellingsOf(tokenizer, this.config.wordLength));
  }

  /** Sets the spellings of the words, which a configuration does not hold. */
  spell(spellings: Spellings): void {
    this.#spellings = spellings;
  }

  losses({ inputs, targets, state, lengths }: TokenSequences): TokenLosses {
    const [T, B] = inputs.shape as [number, number];
    const { y, last } = this.#recurrent.apply(this.#vectors(inputs), {
      ...(lengths ? { lengths } : {}),
      ...(state ? { state } : {}),
    });
    const features = ops.asRows(this.#outputDropout.apply(y));
    return { ...this.#output.crossEntropy(features, ops.reshape(targets, [T * B])), last, hidden: y };
  }

  nextLogits(ids: Tensor, state: State): { logits: Tensor; last: State } {
    const { y, last } = this.#recurrent.apply(this.#vectors(ids), { state });
    return { logits: this.#output.apply(ops.asRows(y)), last };
  }

  /** Vectors of spelled words, as the recurrent layers read them. characters i32 [N,C], lengths i32 [N] -> [N,F]. */
  wordVectors(characters: Tensor, lengths: Tensor): Tensor {
    return this.#words.apply(characters, lengths);
  }

  /** A vector for each word, each different one made once. ids i32 [T,B] -> [T,B,F]. */
  #vectors(ids: Tensor): Tensor {
    const { spellings, lengths, places } = ops.spell({ ids, ...this.#vocabulary(ids.graph) });
    return ops.embedding(this.wordVectors(spellings, lengths), places);
  }

  /** The spellings of the vocabulary, as variables that nobody changes. */
  #vocabulary(graph: Graph): { characters: Tensor; lengths: Tensor } {
    const { characters, lengths, longest } = this.#spellings as Spellings;
    const V = lengths.length;
    const constant = (name: string, shape: number[], values: Int32Array) =>
      graph.variable({ name, dtype: "i32", shape, [firstValues]: async () => values });
    return {
      characters: constant("spellings", [V, longest], characters),
      lengths: constant("spellings.lengths", [V], lengths),
    };
  }
}
