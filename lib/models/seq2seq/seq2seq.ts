import type { TokenizerPair } from "../../data/index.js";
import type { Values } from "../../executor/executor.js";
import { abortSignal, completeOptions } from "../../options.js";
import { completeWithCell } from "../cellConfig.js";
import type { ModelKind, ModelParts } from "../modelKind.js";
import { PairModel } from "../pairModel/pairModel.js";
import { expectSharedTokenizer, pairVocabularies } from "../pairModel/pairVocabularies.js";
import type { CreateOptions, LoadOptions } from "../savedModel.js";
import { createModel, loadModelOf } from "../savedModel.js";
import { byLength } from "../sideBySide.js";
import type { Seq2SeqConfig } from "./config.js";
import { seq2seqRules } from "./config.js";
import { Seq2SeqNetwork } from "./network.js";

export interface Seq2SeqOptions
  extends Omit<Seq2SeqConfig, "sourceVocabularySize" | "targetVocabularySize">,
    CreateOptions<TokenizerPair> {}

/**
 * An encoder-decoder from sequence to sequence: translation, answers, pronunciations (Sutskever et al. 2014; Cho et al. 2014;
 * with attention: Bahdanau et al. 2015, Luong et al. 2015).
 *
 * ```ts
 * const model = await Seq2Seq.load("english-german");
 * const [translation] = await model.translate(["two dogs run ."]);
 * console.log(translation.text);
 * ```
 */
export class Seq2Seq extends PairModel<Seq2SeqNetwork> {
  static readonly kind: ModelKind<Seq2Seq, TokenizerPair, Seq2SeqNetwork> = {
    name: "Seq2Seq",
    options: seq2seqRules,
    complete: (options, table) => completeWithCell("Seq2Seq", options, { table, first: "none" }),
    vocabularies: pairVocabularies,
    counts: ["encoderLayers", "decoderLayers"],
    reads: { data: ["PairData"], form: ["S", "T", "B"] },
    network: (config) => new Seq2SeqNetwork(config as unknown as Seq2SeqConfig),
    make: (parts) => new Seq2Seq(parts),
  };

  private constructor(parts: ModelParts<TokenizerPair, Seq2SeqNetwork>) {
    super(Seq2Seq.kind, parts);
  }

  /** A model with new weights. @throws OptionError for options that do not fit together. */
  static async create(options: Seq2SeqOptions): Promise<Seq2Seq> {
    expectSharedTokenizer("Seq2Seq", options);
    return createModel(Seq2Seq.kind, options);
  }

  /** A model from its folder. @throws FileError if a file is missing, truncated, altered, or of another model. */
  static load(folder: string, options: LoadOptions = {}): Promise<Seq2Seq> {
    return loadModelOf(Seq2Seq.kind, folder, options);
  }

  /**
   * The encoder's vector for each text as a whole: its last hidden state (Cho et al. 2014, figure 5; Sutskever et al. 2014,
   * figure 2), [H], or [2H] of two directions.
   */
  async vectors(sources: readonly string[], options: { signal?: AbortSignal } = {}): Promise<Float32Array[]> {
    const { signal } = completeOptions("vectors", options, { signal: abortSignal });
    const read = await this.encodeSources("vectors", sources, signal);
    const vectors = new Array<Float32Array>(sources.length);
    for (const batch of byLength(read, 64)) {
      signal?.throwIfAborted();
      const { parts, B } = await this.translationStep.read(batch.map((i) => read[i] as Int32Array));
      const summary = parts.summary as Values;
      const width = summary.length / B;
      for (const [b, i] of batch.entries()) {
        vectors[i] = Float32Array.from(summary.subarray(b * width, (b + 1) * width));
      }
    }
    return vectors;
  }
}
