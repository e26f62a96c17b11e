import type { ReadingDirection } from "../../data/index.js";
import { OptionError } from "../../errors.js";
import type { Graph } from "../../graph/graph.js";
import * as ops from "../../graph/ops/index.js";
import type { Tensor } from "../../graph/tensor.js";
import { cellNamed } from "../../nn/cellRegistry.js";
import { Embedding } from "../../nn/embedding.js";
import type { Layer } from "../../nn/layer.js";
import type { Parameter } from "../../nn/parameter.js";
import { connections, layerCount, RecurrentStack } from "../../nn/recurrent.js";
import type { ValueOf } from "../../options.js";
import { object, optional, value, whole, word } from "../../options.js";
import { optionsOfCell } from "../cellConfig.js";
import { SavedModel } from "../savedModel.js";
import { lookedUp } from "./characters.js";

const size = whole({ minimum: 1 });

/** The options of a language model that its states hang on, and those of its cell. */
export const languageConfig = object(
  {
    vocabularySize: size,
    cell: cellNamed("lstm"),
    layers: layerCount(1),
    hiddenSize: size,
    lastHiddenSize: optional(size),
    embeddingSize: size,
    connections: word(connections, "plain"),
  },
  { open: true },
);

/** A language model as a tagger's config.json keeps it. */
export type LanguageConfig = ValueOf<typeof languageConfig>;

/** Sizes of the program of a batch. */
interface Sizes {
  /** T: words of the longest sentence. */
  T: number;
  /** B: sentences side by side. */
  B: number;
  /** S: characters of the longest sentence. */
  S?: number;
  /** The states are fed. */
  stated?: boolean;
}

/**
 * The states of a language model of characters at the end of each word, which know the word and all that was read before it (Akbik et
 * al. 2018): at its last character where the model reads forward, at its first where it reads backward. The model is frozen.
 */
export class LanguageStates implements Layer {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly outputSize: number;
  /** V: its characters. */
  readonly vocabularySize: number;
  readonly #embedding: Embedding;
  readonly #stack: RecurrentStack;

  constructor(
    readonly direction: ReadingDirection,
    config: LanguageConfig,
  ) {
    const { vocabularySize, embeddingSize, lastHiddenSize, ...stack } = config;
    this.name = `language.${direction}`;
    this.vocabularySize = vocabularySize;
    this.#embedding = new Embedding(`${this.name}.embedding`, { vocabularySize, embeddingSize, frozen: true });
    const last = lastHiddenSize === undefined ? {} : { lastHiddenSize };
    this.#stack = new RecurrentStack(`${this.name}.rnn`, { ...stack, ...last, inputSize: embeddingSize });
    const frozen = this.#stack.parameters.map((parameter) => parameter.frozenAs(parameter.name));
    this.parameters = [...this.#embedding.parameters, ...frozen];
    this.outputSize = this.#stack.outputSize;
  }

  /** The name that a parameter has in the language model itself. */
  ownName({ name }: Parameter): string {
    return name.slice(this.name.length + 1);
  }

  /** Records the states, [T,B,F]. Feeds: where they have been read before they themselves; otherwise characters i32 [S,B] with their lengths [B], and the row of S·B where each word's state stands, [T,B]. */
  apply(graph: Graph, { T, B, S = 0, stated = false }: Sizes): Tensor {
    const { direction } = this;
    if (stated) return graph.feed(`${direction}.states`, "f32", [T, B, this.outputSize]);
    return graph.within(this.name, () => {
      const lengths = graph.feed(`${direction}.lengths`, "i32", [B]);
      const embedded = this.#embedding.apply(graph.feed(`${direction}.characters`, "i32", [S, B]));
      const { y } = this.#stack.apply(lookedUp(embedded, lengths), { lengths });
      return ops.embedding(ops.asRows(y), graph.feed(`${direction}.places`, "i32", [T, B]));
    });
  }
}

/** A language model of the library's, as an argument: kinds of models know each other by name only. */
export const languageModelRule = value<SavedModel>(
  "a LanguageModel",
  (model) => model instanceof SavedModel && model.kind.name === "LanguageModel",
);

/**
 * The part of a language model's configuration that its states hang on.
 * @throws OptionError for a model whose vocabulary is not of characters or bytes or has no token for others, or that has zoneout.
 */
export function languageConfigOf(owner: string, model: SavedModel): LanguageConfig {
  const config = model.network.config as LanguageConfig & { zoneout?: number };
  const { kind, special } = model.tokenizer as { kind?: string; special?: { unknown?: number } };
  if (kind !== "byte" && kind !== "character") {
    throw new OptionError(
      `${owner}: expected a language model of characters or bytes, whose states stand between words; this one reads tokens of kind "${kind}". Train one with --tokenizer character.`,
    );
  }
  if (kind === "character" && special?.unknown === undefined) {
    throw new OptionError(
      `${owner}: the language model has no token for characters that it did not meet: train it with unknown: true (--unknown).`,
    );
  }
  if (config.zoneout)
    throw new OptionError(
      `${owner}: a language model with zoneout cannot be read with: train it without, or with dropout (--dropout).`,
    );
  const { vocabularySize, cell, layers, hiddenSize, lastHiddenSize, embeddingSize, connections } = config;
  const sizes = { vocabularySize, cell, layers, hiddenSize, lastHiddenSize, embeddingSize };
  return { ...sizes, connections, ...optionsOfCell(config) };
}
