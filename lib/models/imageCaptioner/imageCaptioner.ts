import type { Tokenizer } from "../../data/index.js";
import { sentenceMarks, tokenizerRule } from "../../data/index.js";
import { OptionError } from "../../errors.js";
import type { NumberArray } from "../../formats/index.js";
import { oneVocabulary } from "../../formats/index.js";
import type { Graph } from "../../graph/graph.js";
import * as ops from "../../graph/ops/index.js";
import type { Tensor } from "../../graph/tensor.js";
import { bleuByLength } from "../../metrics/bleu.js";
import type { TextScoreOptions, TextScores } from "../../metrics/index.js";
import { scoreTexts } from "../../metrics/index.js";
import { textScoreRules } from "../../metrics/textMetric.js";
import type { ExportedGraph } from "../../onnx/index.js";
import type { OptionsOf } from "../../options.js";
import { abortSignal, checkOption, completeOptions, isRecord, optional, table, value } from "../../options.js";
import { searchStep } from "../../search/index.js";
import type { Measures } from "../../train/evaluation.js";
import { EvaluationStep, expectFiniteLoss, Tally } from "../../train/evaluation.js";
import type { RecordedLoss } from "../../train/trainable.js";
import { completeWithCell } from "../cellConfig.js";
import { DecoderStep } from "../decoderStep.js";
import { exportedPair } from "../exportedDecoder.js";
import type { ModelKind, ModelParts } from "../modelKind.js";
import type { CreateOptions, LoadOptions } from "../savedModel.js";
import { createModel, loadModelOf, SavedModel } from "../savedModel.js";
import { expectTokenizer } from "../tokenizerIdentity.js";
import { textOf, wholeText } from "../wholeText.js";
import { completeWriting, writtenHypotheses } from "../writing.js";
import type { CaptionedImage, ImageCaptionerForm } from "./captionData.js";
import { CaptionData, expectCaptioned, expectImages, imagesSideBySide } from "./captionData.js";
import type { Caption, CaptionOptions } from "./captioning.js";
import { captionOptions } from "./captioning.js";
import type { ImageCaptionerConfig } from "./config.js";
import { captionerRules } from "./config.js";
import { gridText } from "./grid.js";
import { ImageCaptionerNetwork } from "./network.js";

export interface ImageCaptionerOptions extends Omit<ImageCaptionerConfig, "vocabularySize">, CreateOptions<Tokenizer> {}

/** How well a model predicts captions, given their images and what comes before. */
export interface CaptionEvaluation extends Pick<Measures, "loss" | "perplexity"> {
  /** Tokens predicted, the ends included. */
  tokens: number;
}

/** How well the captions that a model writes match those that people wrote. */
export interface CaptionScores extends TextScores {
  images: number;
  /** Captions of all images. */
  references: number;
  /** BLEU-1 to BLEU-4. */
  bleuByLength: number[];
  /** The text that was written for each image. */
  texts: string[];
}

/** Tokens of a caption at most. */
const usualLength = 50;

const scoreRules = table("ImageCaptioner.score", {
  ...captionOptions,
  /** How texts are compared: options of `scoreTexts`. Default: at the spaces of normalised captions. */
  scores: optional(value<TextScoreOptions>("an object", isRecord)),
});

/** Options of `ImageCaptioner.score`. @interface */
export type CaptionScoreOptions = OptionsOf<typeof scoreRules>;

/**
 * Sentences for images: a recurrent network writes them word by word, and looks at a part of the image for each (Xu et al. 2015,
 * "Show, Attend and Tell"; Vinyals et al. 2015 without attention).
 *
 * ```ts
 * const model = await ImageCaptioner.load("captions");
 * const [caption] = await model.caption([image]);
 * console.log(caption.text);
 * ```
 */
export class ImageCaptioner extends SavedModel<Tokenizer, ImageCaptionerNetwork, ImageCaptionerForm> {
  static readonly kind: ModelKind<ImageCaptioner, Tokenizer, ImageCaptionerNetwork> = {
    name: "ImageCaptioner",
    options: captionerRules,
    complete: (options, table) => completeWithCell("ImageCaptioner", options, { table, first: "none" }),
    vocabularies: oneVocabulary(),
    reads: { data: ["CaptionData"], form: ["T", "B", "rows", "columns", "channels"] },
    counts: ["layers"],
    network: (config) => new ImageCaptionerNetwork(config as unknown as ImageCaptionerConfig),
    make: (parts) => new ImageCaptioner(parts),
  };

  readonly #evaluation: EvaluationStep<ImageCaptionerForm>;
  readonly #decoder: DecoderStep;

  private constructor(parts: ModelParts<Tokenizer, ImageCaptionerNetwork>) {
    super(ImageCaptioner.kind, parts);
    this.#evaluation = new EvaluationStep(this);
    this.#decoder = new DecoderStep(this.network, this);
  }

  /** A model with new weights. @throws OptionError for options that do not fit together. */
  static async create(options: ImageCaptionerOptions): Promise<ImageCaptioner> {
    if (options?.tokenizer) sentenceMarks(checkOption("ImageCaptioner", "tokenizer", options.tokenizer, tokenizerRule));
    return createModel(ImageCaptioner.kind, options);
  }

  /** A model from its folder. @throws FileError if a file is missing, truncated, altered, or of another model. */
  static load(folder: string, options: LoadOptions = {}): Promise<ImageCaptioner> {
    return loadModelOf(ImageCaptioner.kind, folder, options);
  }

  /** Reading of images [B,rows,columns,channels], and the decoder's step. @internal */
  override exportedGraphs(): readonly ExportedGraph[] {
    const { rows, columns, channels } = this.network.config;
    return exportedPair({
      decoder: this.network,
      sizes: ["B"],
      encode: (graph, { B = 1 }) => this.network.encode(graph.feed("images", "f32", [B, rows, columns, channels])),
      hasLengths: false,
      length: 1,
    });
  }

  recordLoss(graph: Graph, { T, B, made, ...shape }: ImageCaptionerForm): RecordedLoss {
    this.expectTrainable(graph);
    expectTokenizer("ImageCaptioner", made, this.tokenizer);
    const { rows, columns, channels, doublyStochastic } = this.network.config;
    if (gridText(shape) !== gridText(this.network.config)) {
      throw new OptionError(
        `ImageCaptioner: the model reads images of ${gridText(this.network.config)}, and the data has ${gridText(shape)}.`,
      );
    }
    const encoded = this.network.encode(graph.feed("images", "f32", [B, rows, columns, channels]));
    const { features, weights } = this.network.unroll(graph.feed("inputs", "i32", [T, B]), encoded);
    const targets = ops.reshape(graph.feed("targets", "i32", [T, B]), [T * B]);
    const { losses, count } = this.network.output.crossEntropy(features, targets);
    const own = ops.reshape(losses, [T, B]);
    if (!graph.training || !weights || doublyStochastic === 0) return { losses: own, count, carried: [] };
    const penalty = unevenness(weights, graph.feed("lengths", "i32", [B]));
    const share = ops.affine(penalty, { scale: doublyStochastic / T });
    return { losses: ops.add(own, share), count, carried: [] };
  }

  /** How well the model predicts captions of images, given the true tokens before. @throws InputError as CaptionData.create does. */
  async evaluate(
    images: readonly CaptionedImage[],
    options: { batchSize?: number; signal?: AbortSignal } = {},
  ): Promise<CaptionEvaluation> {
    const { signal, batchSize } = completeOptions("evaluate", options, {
      batchSize: captionOptions.batchSize,
      signal: abortSignal,
    });
    const data = await CaptionData.create(images, {
      tokenizer: this.tokenizer,
      role: "validate",
      maximumLength: Number.MAX_SAFE_INTEGER,
      batchSize,
      ...(signal ? { signal } : {}),
    });
    const tally = new Tally();
    for (const batch of data.batches(0)) {
      signal?.throwIfAborted();
      tally.add(await this.#evaluation.run(batch));
    }
    expectFiniteLoss("evaluate", tally.total);
    const { loss, perplexity } = tally.measures();
    return { tokens: tally.tokens, loss, perplexity };
  }

  /**
   * Writes a caption for each image, in their order: by beam search, or sampling.
   * @param images of the size that the model reads, or several of them with names for messages.
   * @throws InputError for what is no image, or one of another size; OptionError for options that contradict each other.
   */
  async caption(
    images: readonly (NumberArray | Pick<CaptionedImage, "image" | "name">)[],
    options: CaptionOptions = {},
  ): Promise<Caption[]> {
    const complete = completeOptions("caption", options, captionOptions);
    const writing = { tokenizer: this.tokenizer, marks: sentenceMarks(this.tokenizer) };
    const { search, batchSize, firstNumber, least, onBest, onProgress } = completeWriting("caption", writing, complete);
    const { config } = this.network;
    const named = Array.isArray(images)
      ? images.map((image) => ("image" in Object(image) ? image : { image }))
      : images;
    expectImages("caption", named as Pick<CaptionedImage, "image">[], config);
    const automaton = wholeText(this.tokenizer);
    const captions: Caption[] = [];
    for (let from = 0; from < named.length; from += batchSize) {
      search.signal?.throwIfAborted();
      const batch = named.slice(from, from + batchSize) as Pick<CaptionedImage, "image" | "name">[];
      const { step, feeds } = this.#decoder.step(await this.#read(batch), search.beams, 1);
      const results = await searchStep(step, feeds, {
        ...search,
        ...(automaton ? { automaton } : {}),
        maximumLength: complete.maximumLength ?? Math.max(usualLength, least + 20),
        sentences: batch.length,
        numbers: batch.map((_, i) => firstNumber + from + i),
        ...(onBest && {
          onBest: (ids: readonly number[], at: number) => onBest(textOf(this.tokenizer, ids), from + at),
        }),
      });
      for (const result of results) {
        const { rows, columns } = this.network.regions;
        const hypotheses = writtenHypotheses(this.tokenizer, result, rows * columns);
        captions.push({
          text: hypotheses[0]?.text ?? "",
          hypotheses,
          grid: { rows, columns },
          ...(result.tree ? { tree: result.tree } : {}),
        });
      }
      onProgress?.(captions.length / named.length);
    }
    return captions;
  }

  /** How well what the model writes matches the captions of images. @throws InputError as `caption` does. */
  async score(images: readonly CaptionedImage[], options: CaptionScoreOptions = {}): Promise<CaptionScores> {
    completeOptions("score", options, scoreRules);
    const { scores, ...search } = options;
    completeOptions("score", scores, textScoreRules);
    expectCaptioned("score", images);
    const written = await this.caption(images, search);
    const texts = written.map(({ text }) => text);
    const references = images.map(({ captions }) => captions.map((text) => this.tokenizer.normalize(text)));
    const compared = scoreTexts(texts, references, { tokenize: "none", ...scores });
    return {
      images: images.length,
      references: references.reduce((sum, { length }) => sum + length, 0),
      bleuByLength: bleuByLength(compared.bleu),
      ...compared,
      texts,
    };
  }

  #read(images: readonly Pick<CaptionedImage, "image" | "name">[]) {
    const { rows, columns, channels } = this.network.config;
    const B = images.length;
    return this.#decoder.read({
      key: `${B}`,
      B,
      feeds: { images: imagesSideBySide(images) },
      record: (graph) => this.network.encode(graph.feed("images", "f32", [B, rows, columns, channels])),
    });
  }
}

/**
 * Xu et al. (2015), equation 14, for each caption: Σ_i (τ - Σ_t α_ti)², τ = L/S, with L the steps of the caption and S the regions.
 * Each step gives its regions 1 in all, so τ changes the value by a constant and no gradient; with τ = 1 even attention would cost.
 * weights [T,B,S], lengths i32 [B] -> [1,B].
 */
function unevenness(weights: Tensor, lengths: Tensor): Tensor {
  const [, B, S] = weights.shape as [number, number, number];
  const given = ops.sumTo(ops.mask(weights, lengths), [1, B, S]);
  const even = ops.affine(ops.sumTo(given, [1, B, 1]), { scale: 1 / S });
  return ops.reshape(ops.sumTo(ops.square(ops.subtract(given, even)), [1, B, 1]), [1, B]);
}
