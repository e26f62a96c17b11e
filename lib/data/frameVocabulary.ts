import { describe, InputError, OptionError } from "../errors.js";
import type { OptionsOf } from "../options.js";
import { completeOptions, flag, list, option, optional, table, text, value } from "../options.js";
import { FrameFeatures, frameFeaturesRules } from "./frameFeatures.js";
import type { FrameSequence, SequenceAt } from "./frames.js";
import { expectSequences, featureName, framePlace, numberAt } from "./frames.js";
import { Labels } from "./labels.js";

/** Tasks of a tagger of frames: to find the label of each, its labels, or which features the next frame has. */
export const frameTasks = ["label", "labels", "next"] as const;

/** Task of a tagger of frames. @useDeclaredType */
export type FrameTask = (typeof frameTasks)[number];

/** The rules of the options that make the vocabulary of frames. */
export const frameVocabularyRules = table("FrameVocabulary.of", {
  /**
   * Predict the next frame from those before: features are 0 or 1, such as the keys of a piano, and those of the next frame are the labels
   * of a frame. Default false.
   */
  next: option(flag(), { aka: ["autoregressive"], onResume: "settled" }),
  ...frameFeaturesRules,
  /** All labels. Default: those of the sequences, in order. */
  labels: option(optional(list(text())), { flag: null, aka: ["classes"] }),
});

/** Options of `FrameVocabulary.of`. @interface */
export type FrameVocabularyOptions = OptionsOf<typeof frameVocabularyRules>;

/** How often labels come, in the sequences that a vocabulary is made of. */
export interface LabelCounts {
  /** Frames that have a label, or may have several; for `next` the frames that are predicted. */
  readonly frames: number;
  /** [C] frames with each label. */
  readonly counts: readonly number[];
  /** [C] frames whose predecessor has each label, and those that have it too; for `next`. */
  readonly before: readonly number[];
  readonly stays: readonly number[];
}

/** The features of frames, the labels that they may have, and how often these come. */
export class FrameVocabulary {
  readonly kind = "frames";

  /** @throws OptionError for anything but these. */
  constructor(
    readonly task: FrameTask,
    readonly features: FrameFeatures,
    readonly labels: Labels,
    readonly usual: LabelCounts,
  ) {
    if (features instanceof FrameFeatures && labels instanceof Labels && frameTasks.includes(task)) return;
    throw new OptionError("FrameVocabulary: make one with await FrameVocabulary.of(sequences).");
  }

  /**
   * The vocabulary of sequences: the scale of their features, and their labels.
   * @throws InputError for a number that is missing or infinite, sequences without labels, and for `next` a feature that is not 0 or 1.
   */
  static async of(sequences: readonly FrameSequence[], options: FrameVocabularyOptions = {}): Promise<FrameVocabulary> {
    const owner = "FrameVocabulary.of";
    const { next, scaling, labels: names } = completeOptions(owner, options, frameVocabularyRules);
    const size = expectSequences(owner, sequences, { labels: !next });
    const features = await FrameFeatures.of(sequences, { scaling });
    if (next) {
      for (const [index, sequence] of sequences.entries()) expectBinary(sequence, { index, count: sequences.length });
      const labels = new Labels(features.names ?? Array.from({ length: size }, (_, i) => String(i)));
      return new FrameVocabulary("next", features, labels, nextCounts(sequences, size));
    }
    const all = sequences.flatMap((sequence) => sequence.labels ?? []);
    const several = all.some((label) => Array.isArray(label));
    const single = all.find((label) => typeof label === "string");
    if (several && single !== undefined) {
      throw new InputError(`${owner}: some frames have a list of labels, and some have one, ${describe(single)}.`);
    }
    const labels = names === undefined ? new Labels(inOrder(all.flatMap((label) => label ?? []))) : new Labels(names);
    const counts = new Array<number>(labels.size).fill(0);
    // A label that a frame has twice is one.
    for (const label of all.flatMap((own) => [...new Set(typeof own === "string" ? [own] : own)])) {
      const id = labels.id(label);
      counts[id] = (counts[id] as number) + 1;
    }
    const frames = all.filter((label) => label !== null).length;
    if (frames === 0) throw new InputError(`${owner}: no frame has a label.`);
    return new FrameVocabulary(several ? "labels" : "label", features, labels, {
      frames,
      counts,
      before: [],
      stays: [],
    });
  }

  /** The vocabulary that `toJSON` wrote. @throws InputError for anything else. */
  static fromJSON(json: unknown): FrameVocabulary {
    const { kind, task, features, labels, usual } = (json ?? {}) as Record<string, unknown>;
    if (kind !== "frames" || !features || !usual) {
      throw new InputError(`Expected the features and labels of frames, got ${describe(json)}.`);
    }
    return new FrameVocabulary(
      task as FrameTask,
      FrameFeatures.fromJSON(features as Record<string, unknown>),
      new Labels(labels as string[]),
      usual as LabelCounts,
    );
  }

  /** Whether a frame may have several labels, or none. */
  get several(): boolean {
    return this.task !== "label";
  }

  toJSON(): object {
    const { kind, task, features, labels, usual } = this;
    return { kind, task, features: features.toJSON(), labels: labels.toJSON(), usual };
  }
}

/** The rule of an option that is the vocabulary of frames. */
export const frameVocabularyRule = value<FrameVocabulary>(
  "a FrameVocabulary",
  (given) => given instanceof FrameVocabulary,
);

/** The different labels, by number where all are numbers, else by letter. */
export function inOrder(names: Iterable<string>): string[] {
  const labels = [...new Set(names)];
  const areNumbers = labels.every((name) => /^\d+$/.test(name));
  return labels.sort((a, b) => (areNumbers ? Number(a) - Number(b) : a < b ? -1 : 1));
}

/** @throws InputError for a feature that is not 0 or 1. */
export function expectBinary(sequence: FrameSequence, at: SequenceAt): void {
  const [T, I] = sequence.frames.shape as [number, number];
  for (let t = 0; t < T; t++) {
    for (let i = 0; i < I; i++) {
      const x = numberAt(sequence, at, { t, i, I });
      if (x === 0 || x === 1) continue;
      throw new InputError(
        `${framePlace(sequence, t, at)}: feature ${featureName(sequence.features, i)} is ${x}: the next frame can be predicted ` +
          "where all features are 0 or 1.",
      );
    }
  }
}

/** Counts of the features that are 1, from the second frame of each sequence on. */
function nextCounts(sequences: readonly FrameSequence[], I: number): LabelCounts {
  const [counts, before, stays] = [0, 0, 0].map(() => new Array<number>(I).fill(0)) as [number[], number[], number[]];
  let frames = 0;
  for (const {
    frames: { shape, values },
  } of sequences) {
    const T = shape[0] as number;
    frames += T - 1;
    for (let at = I; at < T * I; at++) {
      const [i, own, last] = [at % I, Number(values[at]), Number(values[at - I])];
      counts[i] = (counts[i] as number) + own;
      before[i] = (before[i] as number) + last;
      stays[i] = (stays[i] as number) + own * last;
    }
  }
  return { frames, counts, before, stays };
}
