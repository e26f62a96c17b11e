import type { TaggedSentence, Tokenizer } from "../../data/index.js";
import { InputError } from "../../errors.js";
import { oneVocabulary } from "../../formats/index.js";
import { abortSignal, checkOption, completeOptions } from "../../options.js";
import { completeWithCell } from "../cellConfig.js";
import type { GradientFlow } from "../gradientFlow.js";
import type { ModelKind, ModelParts } from "../modelKind.js";
import type { Probe, ProbeOptions } from "../probe.js";
import type { CreateOptions, LoadOptions } from "../savedModel.js";
import { createModel, loadModelOf } from "../savedModel.js";
import { anyText, TextModel } from "../textModel/textModel.js";
import type { TokenStepOptions } from "../textModel/tokenStep.js";
import type { Activations } from "./activations.js";
import { activationsOf } from "./activations.js";
import { GatedStep } from "./gatedStep.js";
import type { LanguageModelConfig } from "./network.js";
import { configRules, LanguageModelNetwork } from "./network.js";
import { probeWords } from "./probeWords.js";
import type { TextGradientFlowOptions } from "./textGradientFlow.js";
import { linesBetween, textFlowRules, textGradientFlow } from "./textGradientFlow.js";

export interface LanguageModelOptions extends Omit<LanguageModelConfig, "vocabularySize">, CreateOptions<Tokenizer> {}

/**
 * A recurrent language model over characters, bytes, words or subwords (Mikolov et al. 2010; Zaremba et al.
 * 2014; Karpathy 2015).
 *
 * ```ts
 * const model = await LanguageModel.load("my-model");
 * for await (const text of model.generate({ prompt: "Once", temperature: 0.8 })) process.stdout.write(text);
 * ```
 */
export class LanguageModel extends TextModel<LanguageModelNetwork> {
  static readonly kind: ModelKind<LanguageModel, Tokenizer, LanguageModelNetwork> = {
    name: "LanguageModel",
    options: configRules,
    complete: (options, table) => completeWithCell("LanguageModel", options, { table, first: "all" }),
    vocabularies: oneVocabulary(),
    counts: ["layers"],
    reads: { data: ["WindowData", "SentenceData"], form: ["T", "B", "role", "lengths"] },
    network: (config) => new LanguageModelNetwork(config as unknown as LanguageModelConfig),
    make: (parts) => new LanguageModel(parts),
  };

  private constructor(parts: ModelParts<Tokenizer, LanguageModelNetwork>) {
    super(LanguageModel.kind, parts);
  }

  /** A model with new weights. @throws OptionError for options that do not fit together. */
  static create(options: LanguageModelOptions): Promise<LanguageModel> {
    return createModel(LanguageModel.kind, options);
  }

  /**
   * A model from its folder.
   * @throws FileError if a file is missing, truncated, altered, or of another model.
   */
  static load(folder: string, options: LoadOptions = {}): Promise<LanguageModel> {
    return loadModelOf(LanguageModel.kind, folder, options);
  }

  /**
   * The state of every recurrent unit after each token of a text.
   * @throws InputError for an empty text; OptionError for one whose activations do not fit into memory.
   */
  async activations(text: string, options: { signal?: AbortSignal } = {}): Promise<Activations> {
    const { signal } = completeOptions("activations", options, { signal: abortSignal });
    const ids = this.tokenizer.encode(checkOption("activations", "text", text, anyText));
    if (ids.length === 0) throw new InputError("activations: the text is empty.");
    return activationsOf(this.step, { opening: this.opening(), ids, tokenizer: this.tokenizer }, signal);
  }

  /**
   * How far the gradient reaches back over a text: norms of the gradient of the loss of a token with respect
   * to the states at each lag before it, averaged over places of the text.
   *
   * ```ts
   * const { layers } = await model.gradientFlow(text, { lags: 100 });
   * for (const { name, norms } of layers) console.log(name, norms[0], norms[100]);
   * ```
   * @throws InputError for a text without a token to predict; OptionError for gradients that do not fit into
   *   memory.
   */
  async gradientFlow(text: string, options: TextGradientFlowOptions = {}): Promise<GradientFlow> {
    const { signal, ...complete } = completeOptions("gradientFlow", options, textFlowRules);
    const ids = this.tokenizer.encode(checkOption("gradientFlow", "text", text, anyText));
    const texts = this.marks ? linesBetween(ids, this.marks) : [ids];
    const { network, executor, store } = this;
    const model = { network, executor, store, step: this.step };
    return textGradientFlow(model, { texts, ...complete, ...(signal ? { signal } : {}) });
  }

  /**
   * How much each layer knows about the labels of words: the accuracy of a linear classifier that reads what
   * the layer holds after the last token of a word (Belinkov et al. 2017). Each sentence is read from its
   * beginning, its words with a space between them; those with a character that the vocabulary lacks are left
   * out.
   * @throws InputError where there are fewer than two labels, or nothing to measure on.
   */
  async probe(sentences: readonly TaggedSentence[], options: ProbeOptions = {}): Promise<Probe> {
    const { network, executor, store, tokenizer } = this;
    const opening = this.marks ? this.opening() : [this.startToken()];
    return probeWords({ network, executor, store, tokenizer, opening }, sentences, options);
  }

  /** @internal */
  protected override get step(): GatedStep {
    return super.step as GatedStep;
  }

  /** @internal */
  protected override makeStep(options: TokenStepOptions): GatedStep {
    return new GatedStep(this, options);
  }
}
