import type { TokenizerPair } from "../../data/index.js";
import type { ModelKind, ModelParts } from "../modelKind.js";
import { PairModel } from "../pairModel/pairModel.js";
import { expectSharedTokenizer, pairVocabularies } from "../pairModel/pairVocabularies.js";
import type { CreateOptions, LoadOptions } from "../savedModel.js";
import { createModel, loadModelOf } from "../savedModel.js";
import type { TransformerSeq2SeqConfig } from "./config.js";
import { transformerSeq2SeqRules } from "./config.js";
import { TransformerSeq2SeqNetwork } from "./network.js";

export interface TransformerSeq2SeqOptions
  extends Omit<TransformerSeq2SeqConfig, "sourceVocabularySize" | "targetVocabularySize">,
    CreateOptions<TokenizerPair> {}

/**
 * An encoder-decoder Transformer from sequence to sequence (Vaswani et al. 2017): translation, answers, pronunciations.
 *
 * ```ts
 * const model = await TransformerSeq2Seq.create({ tokenizer, encoderLayers: 3, decoderLayers: 3, labelSmoothing: 0.1 });
 * ```
 */
export class TransformerSeq2Seq extends PairModel<TransformerSeq2SeqNetwork> {
  static readonly kind: ModelKind<TransformerSeq2Seq, TokenizerPair, TransformerSeq2SeqNetwork> = {
    name: "TransformerSeq2Seq",
    options: transformerSeq2SeqRules,
    vocabularies: pairVocabularies,
    counts: ["encoderLayers", "decoderLayers"],
    reads: { data: ["PairData"], form: ["S", "T", "B"] },
    network: (config) => new TransformerSeq2SeqNetwork(config as unknown as TransformerSeq2SeqConfig),
    make: (parts) => new TransformerSeq2Seq(parts),
  };

  private constructor(parts: ModelParts<TokenizerPair, TransformerSeq2SeqNetwork>) {
    super(TransformerSeq2Seq.kind, parts);
  }

  /** A model with new weights. @throws OptionError for options that do not fit together. */
  static async create(options: TransformerSeq2SeqOptions): Promise<TransformerSeq2Seq> {
    expectSharedTokenizer("TransformerSeq2Seq", options);
    return createModel(TransformerSeq2Seq.kind, options);
  }

  /** A model from its folder. @throws FileError if a file is missing, truncated, altered, or of another model. */
  static load(folder: string, options: LoadOptions = {}): Promise<TransformerSeq2Seq> {
    return loadModelOf(TransformerSeq2Seq.kind, folder, options);
  }
}
