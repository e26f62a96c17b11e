import type { Tokenizer } from "../../data/index.js";
import { beyondContext, tokensOf } from "../../data/index.js";
import { InputError } from "../../errors.js";
import type { Values } from "../../executor/executor.js";
import { Programs } from "../../executor/programs.js";
import { oneVocabulary } from "../../formats/index.js";
import { checkOption } from "../../options.js";
import type { HeadAttention } from "../headAttention.js";
import { headRows } from "../headAttention.js";
import type { ModelKind, ModelParts } from "../modelKind.js";
import type { CreateOptions, LoadOptions } from "../savedModel.js";
import { createModel, loadModelOf } from "../savedModel.js";
import { anyText, TextModel } from "../textModel/textModel.js";
import type { TransformerLanguageModelConfig } from "./network.js";
import { TransformerLanguageModelNetwork, transformerLanguageModelRules } from "./network.js";

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
    options: transformerLanguageModelRules,
    vocabularies: oneVocabulary(),
    counts: ["layers"],
    reads: { data: ["WindowData", "SentenceData"], form: ["T", "B", "role", "lengths"] },
    network: (config) => new TransformerLanguageModelNetwork(config as unknown as TransformerLanguageModelConfig),
    make: (parts) => new TransformerLanguageModel(parts),
  };

  readonly #looks: Programs;

  private constructor(parts: ModelParts<Tokenizer, TransformerLanguageModelNetwork>) {
    super(TransformerLanguageModel.kind, parts);
    this.#looks = new Programs(this);
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

  /**
   * Which token of a text looks at which, in each head of each block, from the lowest up: a window that begins with the text, in a model
   * of sentences one line.
   * @throws InputError for a text without tokens, of several lines in a model of sentences, or longer than the context.
   */
  async attention(text: string): Promise<HeadAttention[]> {
    const own = this.tokenizer.encode(checkOption("attention", "text", text, anyText));
    if (own.length === 0) throw new InputError("attention: the text has no tokens.");
    if (this.marks && own.includes(this.marks.end)) {
      throw new InputError("attention: this model reads each line on its own: give one, without its end.");
    }
    const { windowLength } = this.network;
    const read = { place: "attention: the text", length: own.length, ends: this.marks !== null };
    if (tokensOf(read) > windowLength) throw beyondContext(read, windowLength);
    const ids = this.marks ? Int32Array.of(this.marks.begin, ...own) : own;
    const T = ids.length;
    const executable = this.#looks.get(`${T}`, (graph) => {
      const weights = this.network.attentionWeights(graph.feed("ids", "i32", [T, 1]));
      for (const [i, tensor] of weights.entries()) graph.output(`${i}`, tensor);
    });
    const { outputs } = await executable.run({ ids });
    const tokens = Array.from(ids, (id) => this.tokenizer.token(id));
    const { heads, layers } = this.network.config;
    return Array.from({ length: layers }, (_, i) => ({
      name: `block ${i + 1}`,
      source: tokens,
      target: tokens,
      heads: headRows(outputs[i] as Values, { heads, T, S: T }),
    }));
  }
}
