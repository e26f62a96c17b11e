import type { LabelledText, Tokenizer } from "../../data/index.js";
import { ClassifierVocabulary, classifierVocabularyRule, Labels, tokenizerRule } from "../../data/index.js";
import { describe, InputError, OptionError } from "../../errors.js";
import { executorRule } from "../../executor/choice.js";
import { Programs } from "../../executor/programs.js";
import { bundledVocabularies } from "../../formats/index.js";
import type { Graph } from "../../graph/graph.js";
import * as ops from "../../graph/ops/index.js";
import type { ClassificationScores } from "../../metrics/index.js";
import { classificationScores } from "../../metrics/index.js";
import type { OptionsOf } from "../../options.js";
import {
  abortSignal,
  callback,
  completeOptions,
  either,
  list,
  option,
  optional,
  real,
  seed,
  table,
  text,
  whole,
  without,
} from "../../options.js";
import { EvaluationStep, expectFiniteLoss, Tally } from "../../train/evaluation.js";
import type { RecordedLoss } from "../../train/trainable.js";
import { completeWithCell } from "../cellConfig.js";
import { inTurns } from "../inTurns.js";
import type { ModelKind, ModelParts } from "../modelKind.js";
import type { CreateOptions, LoadOptions } from "../savedModel.js";
import { createModel, loadModelOf, SavedModel } from "../savedModel.js";
import { byLength, sideBySide } from "../sideBySide.js";
import type { SequenceClassifierForm } from "./data.js";
import { classifierFingerprint, LabelledData } from "./data.js";
import { labelsOf, textTokens } from "./examples.js";
import type { SequenceClassifierConfig } from "./network.js";
import { classifierRules, SequenceClassifierNetwork } from "./network.js";

export interface SequenceClassifierOptions
  extends Omit<SequenceClassifierConfig, "vocabularySize" | "classes">,
    Omit<CreateOptions<ClassifierVocabulary>, "tokenizer"> {
  /** The tokenizer of the texts; or that of another classifier, with its labels. */
  tokenizer: Tokenizer | ClassifierVocabulary;
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
  /** Probability from which on a text has a label, where texts may have several. Default 0.5. */
  threshold: option(real({ above: 0, below: 1, initial: 0.5 }), { aka: ["cutoff"] }),
  /** Called after each batch with the share of the texts that are done. */
  onProgress: callback<(share: number) => void>(),
  /** Signal that stops the work. Default: none. */
  signal: abortSignal,
});

/** Options of `classify`. @interface */
export type ClassifyOptions = OptionsOf<typeof classifyRules>;

/** How well a classifier does. */
export interface ClassifierEvaluation extends ClassificationScores {
  /** Mean loss of a text, in nats. */
  loss: number;
}

const createRules = {
  ...without(classifierRules, "vocabularySize", "classes"),
  tokenizer: either(tokenizerRule, classifierVocabularyRule),
  labels: optional(list(text())),
  seed: seed(),
  executor: executorRule,
};

const vocabularies = bundledVocabularies({
  kind: "classifier",
  slots: [
    { name: "text", size: "vocabularySize" },
    { name: "labels", size: "classes", shape: list(text()) },
  ],
  rule: classifierVocabularyRule,
  read: (json) => ClassifierVocabulary.fromJSON(json),
});

/**
 * A classifier of texts: a recurrent network reads the tokens, pooling makes one vector of its states, and a linear layer gives the
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
    vocabularies,
    counts: ["layers"],
    reads: { data: ["LabelledData"], form: ["T", "B", "weighted", "multiLabel"] },
    network: (config) => new SequenceClassifierNetwork(config as unknown as SequenceClassifierConfig),
    make: (parts) => new SequenceClassifier(parts),
  };

  readonly #evaluation: EvaluationStep<SequenceClassifierForm>;
  readonly #programs: Programs;

  private constructor(parts: ModelParts<ClassifierVocabulary, SequenceClassifierNetwork>) {
    super(SequenceClassifier.kind, parts);
    this.#evaluation = new EvaluationStep(this);
    this.#programs = new Programs(this);
  }

  /** A model with new weights. @throws OptionError for options that do not fit together, InputError for labels that are none. */
  static async create(options: SequenceClassifierOptions): Promise<SequenceClassifier> {
    const { tokenizer, labels } = completeWithCell("SequenceClassifier", options, {
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
    return createModel(SequenceClassifier.kind, { ...others, tokenizer: own });
  }

  /** A model from its folder. @throws FileError if a file is missing, truncated, altered, or of another model. */
  static load(folder: string, options: LoadOptions = {}): Promise<SequenceClassifier> {
    return loadModelOf(SequenceClassifier.kind, folder, options);
  }

  /** The labels, in the order of the output layer. */
  get labels(): readonly string[] {
    return this.tokenizer.labels.names;
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
    const { features } = network.features(graph.feed("ids", "i32", [T, B]), graph.feed("lengths", "i32", [B]));
    const { losses, count } = network.losses(graph, features);
    if (!weighted) return { losses: ops.reshape(losses, [1, B]), count, carried: [] };
    const weights = graph.feed("weights", "f32", [B]);
    return {
      losses: ops.reshape(ops.multiply(losses, weights), [1, B]),
      count: ops.sum(weights),
      carried: [],
    };
  }

  /**
   * The label of each text, in their order; texts of similar lengths are read side by side.
   * @throws InputError for a text without tokens, or with a character that the vocabulary lacks.
   */
  async classify(texts: readonly string[], options: ClassifyOptions = {}): Promise<Classification[]> {
    const { batchSize, threshold, onProgress, signal } = completeOptions("classify", options, classifyRules);
    if (!Array.isArray(texts)) throw new InputError(`classify: expected a list of texts, got ${describe(texts)}.`);
    const read = (value: string, i: number) => {
      const place = `classify: text ${i + 1} of ${texts.length}`;
      if (typeof value !== "string") throw new InputError(`${place} is ${describe(value)}, expected a string.`);
      return textTokens(value, place, this.tokenizer);
    };
    const tokens = await inTurns(texts, read, signal);
    const results = new Array<Classification>(texts.length);
    let done = 0;
    for (const batch of byLength(tokens, batchSize)) {
      signal?.throwIfAborted();
      const found = await this.#read(
        batch.map((i) => tokens[i] as Int32Array),
        threshold,
      );
      for (const [b, i] of batch.entries()) results[i] = found[b] as Classification;
      done += batch.length;
      onProgress?.(done / texts.length);
    }
    return results;
  }

  /** How well the model finds the labels of texts. @throws InputError as LabelledData.create does. */
  async evaluate(
    examples: readonly LabelledText[],
    options: Omit<ClassifyOptions, "onProgress"> = {},
  ): Promise<ClassifierEvaluation> {
    const { batchSize, threshold, signal } = completeOptions("evaluate", options, classifyRules);
    const shared = { batchSize, ...(signal ? { signal } : {}) };
    const data = await LabelledData.create(examples, {
      tokenizer: this.tokenizer,
      multiLabel: this.network.config.multiLabel,
      role: "validate",
      maximumLength: Number.MAX_SAFE_INTEGER,
      ...shared,
    });
    const tally = new Tally();
    for (const batch of data.batches(0)) {
      signal?.throwIfAborted();
      tally.add(await this.#evaluation.run(batch));
    }
    expectFiniteLoss("evaluate", tally.total);
    const found = await this.classify(
      examples.map((example) => example.text),
      { threshold, ...shared },
    );
    const several = this.network.config.multiLabel;
    const truth = examples.map((example) => (several ? labelsOf(example) : (labelsOf(example)[0] as string)));
    const scores = classificationScores(
      found.map(({ label }) => label),
      truth,
      this.labels,
    );
    return { loss: tally.measures().loss, ...scores };
  }

  async #read(texts: readonly Int32Array[], threshold: number): Promise<Classification[]> {
    const { T, B, ids, lengths } = sideBySide(texts);
    const executable = this.#programs.get(`${T} ${B}`, (graph) => {
      const { network } = this;
      const { features, weights } = network.features(
        graph.feed("ids", "i32", [T, B]),
        graph.feed("lengths", "i32", [B]),
      );
      graph.output("probabilities", network.probabilities(features));
      if (weights) graph.output("attention", weights);
    });
    const { outputs } = await executable.run({ ids, lengths });
    const probabilities = outputs.probabilities as Float32Array;
    if (!probabilities.every(Number.isFinite)) {
      throw new InputError("classify: the numbers inside of the model overflow: train it with a lower learning rate.");
    }
    const C = this.labels.length;
    return texts.map((tokens, b) => {
      const own = probabilities.subarray(b * C, (b + 1) * C);
      const attention = outputs.attention?.slice(b * T, b * T + tokens.length);
      return {
        label: this.#labelOf(own, threshold),
        probabilities: Object.fromEntries(this.labels.map((label, id) => [label, own[id] as number])),
        ...(attention ? { attention: Float32Array.from(attention) } : {}),
      };
    });
  }

  #labelOf(probabilities: Float32Array, threshold: number): string | string[] {
    if (this.network.config.multiLabel)
      return this.labels.filter((_, id) => (probabilities[id] as number) >= threshold);
    const best = probabilities.reduce((top, value, id) => (value > (probabilities[top] as number) ? id : top), 0);
    return this.labels[best] as string;
  }
}
