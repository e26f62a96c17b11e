import type { FrameSequence } from "../../data/index.js";
import {
  expectSequences,
  FrameVocabulary,
  frameFeaturesShape,
  frameTasks,
  frameVocabularyRule,
} from "../../data/index.js";
import { InputError, OptionError } from "../../errors.js";
import { executorRule } from "../../executor/choice.js";
import { Programs } from "../../executor/programs.js";
import { bundledVocabularies } from "../../formats/index.js";
import type { Graph } from "../../graph/graph.js";
import type { ClassificationScores } from "../../metrics/index.js";
import { classificationScores } from "../../metrics/index.js";
import type { ExportedGraph } from "../../onnx/index.js";
import type { OptionsOf } from "../../options.js";
import {
  abortSignal,
  callback,
  completeOptions,
  list,
  object,
  option,
  seed,
  table,
  text,
  whole,
  without,
  word,
} from "../../options.js";
import { EvaluationStep, expectFiniteLoss, Tally } from "../../train/evaluation.js";
import type { RecordedLoss } from "../../train/trainable.js";
import { completeWithCell } from "../cellConfig.js";
import { inTurns } from "../inTurns.js";
import { likelyLabels, thresholdOf, thresholdRule } from "../likelyLabels.js";
import type { ModelKind, ModelParts } from "../modelKind.js";
import type { CreateOptions, LoadOptions } from "../savedModel.js";
import { createModel, loadModelOf, SavedModel } from "../savedModel.js";
import { byLength } from "../sideBySide.js";
import { fingerprint } from "../tokenizerIdentity.js";
import type { FrameBaseline } from "./baselines.js";
import { repeatBaseline, truthOf, usualBaseline } from "./baselines.js";
import type { FrameTaggerForm } from "./data.js";
import { FrameData } from "./data.js";
import type { FrameTaggerConfig } from "./network.js";
import { FrameTaggerNetwork, frameTaggerRules } from "./network.js";
import type { EncodedSequence } from "./sequences.js";
import { encodeFrames, readingBatch } from "./sequences.js";

export interface FrameTaggerOptions
  extends Omit<FrameTaggerConfig, "inputSize" | "classes">,
    CreateOptions<FrameVocabulary> {}

/** The labels of the frames of a sequence. */
export interface FrameTagging {
  /** [T] the label of each frame, or a list of them; of a model of the next frame those of the frame that follows. */
  labels: (string | string[])[];
  /** [T,C] how likely each label of each frame is. */
  probabilities: Float32Array;
}

export const frameTagRules = table("tag frames", {
  /** B: sequences that are read side by side. Default 12. */
  batchSize: option(whole({ minimum: 1, initial: 12 }), { aka: ["batch", "bsz"] }),
  /** Probability from which on a frame has a label, where frames may have several. Default: 0.5. */
  threshold: thresholdRule,
  /** Called after each batch with the share of the sequences that are done. Default: none. */
  onProgress: callback<(share: number) => void>(),
  /** Signal that stops the work. Default: none. */
  signal: abortSignal,
});

/** Options of `tag`. @interface */
export type FrameTagOptions = OptionsOf<typeof frameTagRules>;

/** How well a tagger of frames does, and what simpler models do on the same frames. */
export interface FrameEvaluation extends ClassificationScores {
  /** Mean loss of a frame, in nats: where it may have several labels the sum of theirs. */
  loss: number;
  sequences: number;
  /** Each label as often as in the sequences that the vocabulary was made of. */
  usual: FrameBaseline;
  /** For a model of the next frame, each label by whether the frame before has it; else null. */
  repeated: FrameBaseline | null;
}

const createRules = {
  ...without(frameTaggerRules, "inputSize", "classes"),
  tokenizer: frameVocabularyRule,
  seed: seed(),
  executor: executorRule,
};

const counts = list(whole({ maximum: Number.MAX_SAFE_INTEGER }));

const vocabularies = bundledVocabularies({
  kind: "frames",
  slots: [
    {
      name: "features",
      size: "inputSize",
      shape: frameFeaturesShape,
    },
    { name: "labels", size: "classes", shape: list(text()) },
  ],
  others: {
    task: word(frameTasks),
    usual: object({ frames: whole({ maximum: Number.MAX_SAFE_INTEGER }), counts, before: counts, stays: counts }),
  },
  rule: frameVocabularyRule,
  read: (json) => FrameVocabulary.fromJSON(json),
});

/**
 * A tagger of frames: a recurrent network reads sequences of vectors and gives each its label, or its labels; or predicts which features
 * the next one has.
 *
 * ```ts
 * const model = await FrameTagger.load("gestures");
 * const [{ labels }] = await model.tag(await readFrames("clip.npy"));
 * ```
 */
export class FrameTagger extends SavedModel<FrameVocabulary, FrameTaggerNetwork, FrameTaggerForm> {
  static readonly kind: ModelKind<FrameTagger, FrameVocabulary, FrameTaggerNetwork> = {
    name: "FrameTagger",
    options: frameTaggerRules,
    complete: (options, table) => completeWithCell("FrameTagger", options, { table, first: "none" }),
    vocabularies,
    counts: ["layers"],
    reads: { data: ["FrameData"], form: ["T", "B", "several"] },
    network: (config) => new FrameTaggerNetwork(config as unknown as FrameTaggerConfig),
    make: (parts) => new FrameTagger(parts),
  };

  readonly #evaluation: EvaluationStep<FrameTaggerForm>;
  readonly #programs: Programs;

  private constructor(parts: ModelParts<FrameVocabulary, FrameTaggerNetwork>) {
    super(FrameTagger.kind, parts);
    this.#evaluation = new EvaluationStep(this);
    this.#programs = new Programs(this);
  }

  /** A model with new weights. @throws OptionError for options that do not fit together. */
  static async create(options: FrameTaggerOptions): Promise<FrameTagger> {
    const { tokenizer, bidirectional } = completeWithCell("FrameTagger", options, {
      table: createRules,
      first: "none",
    });
    const next = tokenizer.task === "next";
    if (next && bidirectional) {
      throw new OptionError(
        "FrameTagger: a model of the next frame reads forwards: in the other direction it would read what it is to predict.",
        ["bidirectional"],
      );
    }
    const complete: FrameTaggerOptions = { ...options, bidirectional: bidirectional ?? !next };
    return createModel(FrameTagger.kind, complete);
  }

  /** A model from its folder. @throws FileError if a file is missing, truncated, altered, or of another model. */
  static load(folder: string, options: LoadOptions = {}): Promise<FrameTagger> {
    return loadModelOf(FrameTagger.kind, folder, options);
  }

  /** The labels, in the order of the output layer. */
  get labels(): readonly string[] {
    return this.tokenizer.labels.names;
  }

  /** Frames [T,B,I] side by side to the probabilities of labels. @internal */
  override exportedGraphs(): readonly ExportedGraph[] {
    const { network, tokenizer } = this;
    return [
      {
        name: "tagger",
        sizes: ["T", "B"],
        record(graph, { T = 1, B = 1 }) {
          const frames = graph.feed("frames", "f32", [T, B, network.config.inputSize]);
          const features = network.features(frames, graph.feed("lengths", "i32", [B]));
          graph.output("probabilities", network.probabilities(features, tokenizer.several));
        },
      },
    ];
  }

  recordLoss(graph: Graph, { T, B, several, made }: FrameTaggerForm): RecordedLoss {
    this.expectTrainable(graph);
    if (made !== undefined && made !== fingerprint(this.tokenizer)) {
      throw new OptionError(
        "FrameTagger: this data was made with another vocabulary. Make it with the model's own: " +
          "FrameData.create(sequences, { tokenizer: model.tokenizer }).",
      );
    }
    const { network } = this;
    const lengths = graph.feed("lengths", "i32", [B]);
    const features = network.features(graph.feed("frames", "f32", [T, B, network.config.inputSize]), lengths);
    if (several) return { ...network.jointLosses(graph, features), carried: [] };
    const predicted = graph.training ? {} : { predictions: network.predictions(features) };
    return { ...network.losses(graph, features), ...predicted, carried: [] };
  }

  /**
   * The labels of the frames of each sequence, in their order; sequences of similar lengths are read side by side.
   * @throws InputError for a number that is missing, and a sequence of other features: it names the place.
   */
  async tag(sequences: readonly FrameSequence[], options: FrameTagOptions = {}): Promise<FrameTagging[]> {
    const { batchSize, onProgress, signal, ...likely } = completeOptions("tag", options, frameTagRules);
    const threshold = thresholdOf("tag", { ...likely, several: this.tokenizer.several });
    expectSequences("tag", sequences, { labels: false });
    const count = sequences.length;
    const encode = (sequence: FrameSequence, index: number) => encodeFrames(sequence, this.tokenizer, { index, count });
    const encoded = await inTurns(sequences, encode, signal);
    const results = new Array<FrameTagging>(count);
    let done = 0;
    for (const batch of byLength(encoded, batchSize)) {
      signal?.throwIfAborted();
      const own = batch.map((i) => encoded[i] as EncodedSequence);
      const found = await this.#read(own, threshold);
      for (const [b, i] of batch.entries()) results[i] = found[b] as FrameTagging;
      done += batch.length;
      onProgress?.(done / count);
    }
    return results;
  }

  /** How well the model finds the labels of frames. @throws InputError as FrameData.create does. */
  async evaluate(
    sequences: readonly FrameSequence[],
    options: Omit<FrameTagOptions, "onProgress"> = {},
  ): Promise<FrameEvaluation> {
    const { batchSize, signal, ...likely } = completeOptions("evaluate", options, frameTagRules);
    const { tokenizer } = this;
    const { several } = tokenizer;
    const threshold = thresholdOf("evaluate", { ...likely, several });
    const shared = { batchSize, ...(signal ? { signal } : {}) };
    const data = await FrameData.create(sequences, {
      tokenizer,
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
    const tagged = await this.tag(sequences, { ...shared, ...(several ? { threshold } : {}) });
    const [found, truth, before]: [(string | string[])[], (string | readonly string[])[], string[][]] = [[], [], []];
    for (const [i, sequence] of sequences.entries()) {
      const own = truthOf(sequence, tokenizer);
      for (const [t, label] of own.entries()) {
        if (label === null) continue;
        truth.push(label);
        found.push((tagged[i] as FrameTagging).labels[t] as string | string[]);
        if (tokenizer.task === "next")
          before.push(t > 0 ? (own[t - 1] as string[]) : firstLabels(sequence, this.labels));
      }
    }
    return {
      loss: tally.measures().loss,
      sequences: sequences.length,
      ...classificationScores(found, truth, this.labels),
      usual: usualBaseline(truth, tokenizer, threshold),
      repeated: before.length > 0 ? repeatBaseline(truth, before, tokenizer, threshold) : null,
    };
  }

  async #read(sequences: readonly EncodedSequence[], threshold: number): Promise<FrameTagging[]> {
    const { T, B, feeds } = readingBatch(sequences, this.tokenizer);
    const { several } = this.tokenizer;
    const executable = this.#programs.get(`${T} ${B}`, (graph) => {
      const { network } = this;
      const lengths = graph.feed("lengths", "i32", [B]);
      const features = network.features(graph.feed("frames", "f32", [T, B, network.config.inputSize]), lengths);
      graph.output("probabilities", network.probabilities(features, several));
    });
    const { outputs } = await executable.run(feeds);
    const probabilities = outputs.probabilities as Float32Array;
    if (!probabilities.every(Number.isFinite)) {
      throw new InputError("tag: the numbers inside of the model overflow: train it with a lower learning rate.");
    }
    const [names, C] = [this.labels, this.labels.length];
    return sequences.map(({ length }, b) => {
      const own = new Float32Array(length * C);
      const labels = Array.from({ length }, (_, t) => {
        const row = probabilities.subarray((t * B + b) * C, (t * B + b + 1) * C);
        own.set(row, t * C);
        return likelyLabels(row, { names, several, threshold });
      });
      return { labels, probabilities: own };
    });
  }
}

/** The features of the first frame that are 1, by their labels. */
function firstLabels({ frames: { values } }: FrameSequence, names: readonly string[]): string[] {
  return names.filter((_, i) => Number(values[i]) === 1);
}
