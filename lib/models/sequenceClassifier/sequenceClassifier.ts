import type { FrameFeatures, LabelledText, Tokenizer } from "../../data/index.js";
import {
  ClassifierVocabulary,
  classifierVocabularyRule,
  frameFeaturesRule,
  Labels,
  tokenizerRule,
} from "../../data/index.js";
import { describe, InputError, OptionError } from "../../errors.js";
import { executorRule } from "../../executor/choice.js";
import { Programs } from "../../executor/programs.js";
import type { Graph } from "../../graph/graph.js";
import * as ops from "../../graph/ops/index.js";
import type { ClassificationScores } from "../../metrics/index.js";
import { classificationScores } from "../../metrics/index.js";
import type { ExportedGraph } from "../../onnx/index.js";
import type { OptionsOf } from "../../options.js";
import {
  abortSignal,
  callback,
  completeOptions,
  either,
  list,
  option,
  optional,
  seed,
  table,
  text,
  whole,
  without,
} from "../../options.js";
import { expectFiniteLoss } from "../../train/evaluation.js";
import type { RecordedLoss } from "../../train/trainable.js";
import { completeWithCell } from "../cellConfig.js";
import { inTurns } from "../inTurns.js";
import { layerVectors, outputLayers } from "../layerVectors.js";
import { likelyLabels, thresholdOf, thresholdRule } from "../likelyLabels.js";
import type { ModelKind, ModelParts } from "../modelKind.js";
import type { Probe, ProbeOptions } from "../probe.js";
import { completeProbe, fitProbe } from "../probe.js";
import type { CreateOptions, LoadOptions } from "../savedModel.js";
import { createModel, loadModelOf, SavedModel } from "../savedModel.js";
import { byLength } from "../sideBySide.js";
import type { SequenceClassifierForm } from "./data.js";
import { classifierFingerprint } from "./data.js";
import type { Encoded } from "./examples.js";
import { encodeExample, expectExamples, labelsOf, placeOf, targetsOf } from "./examples.js";
import type { ClassifierInput, EncodedInput } from "./inputs.js";
import { encodeInput, inputBatch, inputPlace, recordInputs } from "./inputs.js";
import type { FitLinearOptions, LinearScores } from "./linearBaseline.js";
import { fitLinearBaseline, fitRules, scoreLinearBaseline } from "./linearBaseline.js";
import { expectMajority, scoreMajority } from "./majority.js";
import type { SequenceClassifierConfig } from "./network.js";
import { classifierRules, SequenceClassifierNetwork } from "./network.js";
import { classifierVocabularies } from "./vocabularies.js";

export interface SequenceClassifierOptions
  extends Omit<SequenceClassifierConfig, "vocabularySize" | "classes" | "input">,
    Omit<CreateOptions<ClassifierVocabulary>, "tokenizer"> {
  /** The tokenizer of the texts, or the features of the vectors that are read instead; or that of another classifier, with its labels. */
  tokenizer: Tokenizer | FrameFeatures | ClassifierVocabulary;
  /** The labels; left out where the tokenizer brings them. */
  labels?: readonly string[];
}

/** The label of a text, and how sure the model is. */
export interface Classification {
  /** The likeliest label; with several labels a text the list of those above the threshold. */
  label: string | string[];
  /** Probability of each label. */
  probabilities: Record<string, number>;
  /** [T] how much each token counts, with attention pooling; the sum is 1. */
  attention?: Float32Array;
}

export const classifyRules = table("classify", {
  /** B: texts that are read side by side. Default 64. */
  batchSize: option(whole({ minimum: 1, initial: 64 }), { aka: ["batch", "bsz"] }),
  /** Probability from which on a text has a label, where texts may have several. Default: 0.5. */
  threshold: thresholdRule,
  /** Called after each batch with the share of the texts that are done. Default: none. */
  onProgress: callback<(share: number) => void>(),
  /** Signal that stops the work. Default: none. */
  signal: abortSignal,
});

/** Options of `classify`. @interface */
export type ClassifyOptions = OptionsOf<typeof classifyRules>;

/** How well a classifier does, and what simpler ones do on the same texts. */
export interface ClassifierEvaluation extends ClassificationScores {
  /** Mean loss of a text, in nats. */
  loss: number;
  /** The commonest label of the texts that the model has learnt from, or set of labels, given to each; null where it is not known. */
  majority: { label: string | string[]; accuracy: number } | null;
  /** The linear model that `fitLinear` has fitted; null without one. */
  linear: LinearScores | null;
}

const noLabels = new Int32Array(0);

const createRules = {
  ...without(classifierRules, "vocabularySize", "classes", "input"),
  tokenizer: either(tokenizerRule, either(frameFeaturesRule, classifierVocabularyRule)),
  labels: optional(list(text())),
  seed: seed(),
  executor: executorRule,
};

/**
 * A classifier of texts, or of sequences of vectors: a recurrent network reads the tokens or vectors, pooling makes one vector of its states, and a linear layer gives the
 * labels their probabilities.
 *
 * ```ts
 * const model = await SequenceClassifier.load("reviews");
 * const [{ label, probabilities }] = await model.classify(["not bad at all"]);
 * ```
 */
export class SequenceClassifier extends SavedModel<
  ClassifierVocabulary,
  SequenceClassifierNetwork,
  SequenceClassifierForm
> {
  static readonly kind: ModelKind<SequenceClassifier, ClassifierVocabulary, SequenceClassifierNetwork> = {
    name: "SequenceClassifier",
    options: classifierRules,
    complete: (options, table) => completeWithCell("SequenceClassifier", options, { table, first: "none" }),
    vocabularies: classifierVocabularies,
    counts: ["layers"],
    reads: { data: ["LabelledData"], form: ["T", "B", "weighted", "multiLabel"] },
    network: (config) => new SequenceClassifierNetwork(config as unknown as SequenceClassifierConfig),
    make: (parts) => new SequenceClassifier(parts),
  };

  readonly #programs: Programs;

  private constructor(parts: ModelParts<ClassifierVocabulary, SequenceClassifierNetwork>) {
    super(SequenceClassifier.kind, parts);
    this.#programs = new Programs(this);
  }

  /** A model with new weights. @throws OptionError for options that do not fit together, InputError for labels that are none. */
  static async create(options: SequenceClassifierOptions): Promise<SequenceClassifier> {
    const { tokenizer, labels, majority, multiLabel } = completeWithCell("SequenceClassifier", options, {
      table: createRules,
      first: "none",
    });
    const { labels: _, ...others } = options;
    const bundle = tokenizer instanceof ClassifierVocabulary;
    if (bundle === (labels !== undefined)) {
      throw new OptionError(
        bundle
          ? "SequenceClassifier: the tokenizer brings its labels: leave labels out."
          : "SequenceClassifier: expected labels, a list of texts, got undefined.",
        ["labels"],
      );
    }
    const own = bundle ? tokenizer : new ClassifierVocabulary(tokenizer, new Labels(labels ?? []));
    expectMajority(majority, { labels: own.labels.names, multiLabel });
    const input = own.features ? "vectors" : "tokens";
    const { linearRows = 0 } = options;
    if (own.features && linearRows !== 0 && linearRows !== own.features.size) {
      throw new OptionError(
        `SequenceClassifier: a linear model of vectors has a row for each feature: expected linearRows to be ${own.features.size}, got ${linearRows}.`,
        ["linearRows"],
      );
    }
    const complete: SequenceClassifierOptions & { input: typeof input } = { ...others, tokenizer: own, input };
    return createModel(SequenceClassifier.kind, { ...complete, tokenizer: own });
  }

  /** A model from its folder. @throws FileError if a file is missing, truncated, altered, or of another model. */
  static load(folder: string, options: LoadOptions = {}): Promise<SequenceClassifier> {
    return loadModelOf(SequenceClassifier.kind, folder, options);
  }

  /** The labels, in the order of the output layer. */
  get labels(): readonly string[] {
    return this.tokenizer.labels.names;
  }

  /** Texts or vectors side by side to the probabilities of labels, and with attention how much each token counts. @internal */
  override exportedGraphs(): readonly ExportedGraph[] {
    const { network, tokenizer } = this;
    return [
      {
        name: "classifier",
        sizes: ["T", "B"],
        record(graph, { T = 1, B = 1 }) {
          const { features, weights } = network.features(...recordInputs(graph, { T, B }, tokenizer));
          graph.output("probabilities", network.probabilities(features));
          if (weights) graph.output("attention", weights);
        },
      },
    ];
  }

  recordLoss(graph: Graph, { T, B, weighted, multiLabel, made }: SequenceClassifierForm): RecordedLoss {
    this.expectTrainable(graph);
    if (multiLabel !== this.network.config.multiLabel) {
      throw new OptionError(
        `SequenceClassifier: multiLabel is ${this.network.config.multiLabel} in the model and ${multiLabel} in its data. Say it to both: ` +
          "LabelledData.create(examples, { tokenizer: model.tokenizer, multiLabel: model.network.config.multiLabel }).",
      );
    }
    if (made !== undefined && made !== classifierFingerprint(this.tokenizer)) {
      throw new OptionError(
        "SequenceClassifier: this data was made with another tokenizer or other labels. Make it with the model's own: " +
          "LabelledData.create(examples, { tokenizer: model.tokenizer }).",
      );
    }
    const { network } = this;
    const { features } = network.features(...recordInputs(graph, { T, B }, this.tokenizer));
    const { losses, count } = network.losses(graph, features);
    const predicted = graph.training || multiLabel ? {} : { predictions: network.predictions(features) };
    if (!weighted) return { losses: ops.reshape(losses, [1, B]), count, ...predicted, carried: [] };
    const weights = graph.feed("weights", "f32", [B]);
    return {
      losses: ops.reshape(ops.multiply(losses, weights), [1, B]),
      count: ops.sum(weights),
      ...predicted,
      carried: [],
    };
  }

  /**
   * The label of each text, or of each sequence of vectors, in their order; those of similar lengths are read side by side.
   * @throws InputError for a text without tokens, or with a character that the vocabulary lacks, and a number that is missing.
   */
  async classify(texts: readonly ClassifierInput[], options: ClassifyOptions = {}): Promise<Classification[]> {
    const { batchSize, onProgress, signal, ...likely } = completeOptions("classify", options, classifyRules);
    const threshold = this.#threshold("classify", likely);
    if (!Array.isArray(texts)) throw new InputError(`classify: expected a list of texts, got ${describe(texts)}.`);
    const count = texts.length;
    const read = (input: ClassifierInput, index: number) =>
      encodeInput(input, this.tokenizer, { place: inputPlace(input, { index, count }), index, count });
    const encoded = await inTurns(texts, read, signal);
    const results = new Array<Classification>(texts.length);
    let done = 0;
    for (const batch of byLength(encoded, batchSize)) {
      signal?.throwIfAborted();
      const { texts: found } = await this.#read(
        batch.map((i) => ({ ...(encoded[i] as EncodedInput), labels: noLabels })),
        { threshold, measured: false },
      );
      for (const [b, i] of batch.entries()) results[i] = found[b] as Classification;
      done += batch.length;
      onProgress?.(done / texts.length);
    }
    return results;
  }

  /**
   * How well the model finds the labels of texts, beside what simpler models do.
   * @throws InputError as LabelledData.create does.
   */
  async evaluate(
    examples: readonly LabelledText[],
    options: Omit<ClassifyOptions, "onProgress"> = {},
  ): Promise<ClassifierEvaluation> {
    const { batchSize, signal, ...likely } = completeOptions("evaluate", options, classifyRules);
    const threshold = this.#threshold("evaluate", likely);
    expectExamples("evaluate", examples);
    if (examples.length === 0) throw new InputError("evaluate: there are no texts.");
    const { tokenizer } = this;
    const { multiLabel, majority } = this.network.config;
    const encoded = await inTurns(
      examples,
      (example, index) => encodeExample(example, { index, count: examples.length }, { tokenizer, multiLabel }),
      signal,
    );
    const found = new Array<string | string[]>(examples.length);
    let total = 0;
    for (const batch of byLength(encoded, batchSize)) {
      signal?.throwIfAborted();
      const { texts, losses } = await this.#read(
        batch.map((i) => encoded[i] as Encoded),
        { threshold, measured: true },
      );
      for (const [b, i] of batch.entries()) found[i] = texts[b]?.label as string;
      total += losses.reduce((sum, loss) => sum + loss, 0);
    }
    expectFiniteLoss("evaluate", total);
    const truth = examples.map((example) => (multiLabel ? labelsOf(example) : (labelsOf(example)[0] as string)));
    return {
      loss: total / examples.length,
      ...classificationScores(found, truth, this.labels),
      majority: majority ? scoreMajority(majority, examples, multiLabel) : null,
      linear: await scoreLinearBaseline(this, {
        ...{ examples, encoded, truth, signal },
        labelOf: (probabilities) => this.#labelOf(probabilities, threshold),
      }),
    };
  }

  /**
   * Fits a linear model, which stands beside the network for comparison: of the words of the texts, or of the mean frame of vectors;
   * `evaluate` measures both.
   * @param examples those that the network learns from.
   * @throws OptionError unless the model was created with `linearRows`. @throws InputError for a label that is not known.
   */
  async fitLinear(examples: readonly LabelledText[], options: FitLinearOptions = {}): Promise<void> {
    const { validation = [], signal } = completeOptions("fitLinear", options, fitRules);
    await fitLinearBaseline(this, { examples, validation, signal });
  }

  /**
   * How much each layer knows about labels of texts, the model's or any others: the accuracy of a linear classifier that reads the mean of what
   * the layer holds for the tokens.
   * @throws InputError for a text with several labels, fewer than two labels, or nothing to measure on.
   */
  async probe(examples: readonly LabelledText[], options: ProbeOptions = {}): Promise<Probe> {
    const { onProgress, signal, ...rest } = completeProbe(options);
    expectExamples("probe", examples);
    const labels = examples.map((example, i) => {
      const [label, another] = labelsOf(example);
      if (label !== undefined && another === undefined) return label;
      throw new InputError(`probe: ${placeOf(example, i, examples.length)} has not one label, which a probe needs.`);
    });
    const count = examples.length;
    const read = (example: LabelledText, index: number) =>
      encodeInput(example.sequence ?? example.text, this.tokenizer, {
        place: placeOf(example, index, count),
        index,
        count,
      });
    const encoded = await inTurns(examples, read, signal);
    const layers = await layerVectors({
      count,
      batches: byLength(encoded, classifyRules.batchSize.initial),
      places: (i) => [{ row: i, steps: Array.from({ length: (encoded[i] as EncodedInput).length }, (_, t) => t) }],
      run: async (batch) => {
        const { T, B, feeds } = inputBatch(
          batch.map((i) => encoded[i] as EncodedInput),
          this.tokenizer,
        );
        const executable = this.#programs.get(`layers ${T} ${B}`, (graph) => {
          const { embedded, layers: above } = this.network.layers(...recordInputs(graph, { T, B }, this.tokenizer));
          outputLayers(graph, embedded, above);
        });
        return { T, B, outputs: (await executable.run(feeds)).outputs };
      },
      onProgress: (share) => onProgress?.(share / 2),
      signal,
    });
    const groups = Int32Array.from(examples, (_, i) => i);
    return fitProbe({ layers, labels, groups }, { ...rest, onProgress, signal, executor: this.executor });
  }

  /** Reads texts side by side. @param options.measured whether they have labels, and their losses are wanted. */
  async #read(
    examples: readonly Encoded[],
    { threshold, measured }: { threshold: number; measured: boolean },
  ): Promise<{ texts: Classification[]; losses: Float32Array }> {
    const { T, B, feeds } = inputBatch(examples, this.tokenizer);
    const executable = this.#programs.get(`${T} ${B} ${measured}`, (graph) => {
      const { network } = this;
      const { features, weights } = network.features(...recordInputs(graph, { T, B }, this.tokenizer));
      graph.output("probabilities", network.probabilities(features));
      if (weights) graph.output("attention", weights);
      if (measured) graph.output("losses", network.losses(graph, features).losses);
    });
    const targets = measured ? { targets: targetsOf(examples, this.network.config) } : {};
    const { outputs } = await executable.run({ ...feeds, ...targets });
    const probabilities = outputs.probabilities as Float32Array;
    if (!probabilities.every(Number.isFinite)) {
      throw new InputError("classify: the numbers inside of the model overflow: train it with a lower learning rate.");
    }
    const C = this.labels.length;
    const texts = examples.map(({ length }, b) => {
      const own = probabilities.subarray(b * C, (b + 1) * C);
      const attention = outputs.attention?.slice(b * T, b * T + length);
      return {
        label: this.#labelOf(own, threshold),
        probabilities: Object.fromEntries(this.labels.map((label, id) => [label, own[id] as number])),
        ...(attention ? { attention: Float32Array.from(attention) } : {}),
      };
    });
    return { texts, losses: Float32Array.from(outputs.losses ?? []) };
  }

  #threshold(owner: string, { threshold }: { threshold: number | undefined }): number {
    return thresholdOf(owner, { threshold, several: this.network.config.multiLabel });
  }

  #labelOf(probabilities: Float32Array, threshold: number): string | string[] {
    return likelyLabels(probabilities, { names: this.labels, several: this.network.config.multiLabel, threshold });
  }
}
