import type { FrameSequence, FrameVocabulary } from "../../data/index.js";
import { expectSequences, frameVocabularyRule, sequencePlace } from "../../data/index.js";
import { counted, InputError, OptionError } from "../../errors.js";
import type { Completed, OptionsOf } from "../../options.js";
import { abortSignal, completeOptions, option, seed, table, whole, word } from "../../options.js";
import type { TrainingData } from "../../train/data.js";
import type { Batch } from "../../train/trainable.js";
import { ExampleBatches, fittingExamples } from "../exampleBatches.js";
import { inTurns } from "../inTurns.js";
import { fingerprint } from "../tokenizerIdentity.js";
import type { EncodedSequence } from "./sequences.js";
import { encodeLabelled, learningBatch, paddedFrames, unlabelled } from "./sequences.js";

/** Sizes and switches that the program of a batch depends on. */
export interface FrameTaggerForm {
  T: number;
  B: number;
  /** Targets are a number for each label. */
  several: boolean;
  /** Fingerprint of the vocabulary. */
  made?: string;
}

/** The options of sequences to learn from. */
export const frameDataRules = table("FrameData", {
  /** The features and labels. */
  tokenizer: frameVocabularyRule,
  /** B: sequences that are read side by side. Default 16. */
  batchSize: option(whole({ minimum: 1, initial: 16 }), { aka: ["batch", "bsz"] }),
  /** Frames that a sequence may have. Default 2000. */
  maximumLength: option(whole({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, initial: 2000 }), {
    aka: ["max_length", "window"],
  }),
  /** Rule for a longer sequence: "refuse" it with an error, "split" it into shorter ones, or "skip" it. Default refuse. */
  long: option(word(["refuse", "split", "skip"], "refuse"), { aka: ["truncation"] }),
  /** Seed for the order of the sequences. Default 1. */
  seed: seed(),
  /** Use of the data: "train", or "validate" for what is measured: in order. Default train. */
  role: option(word(["train", "validate"], "train"), { flag: null }),
  /** Signal that stops the reading. Default: none. */
  signal: abortSignal,
});

/** Options of FrameData. @interface */
export type FrameDataOptions = OptionsOf<typeof frameDataRules>;

/** Sequences of frames with labels as batches for a FrameTagger. */
export class FrameData implements TrainingData<FrameTaggerForm> {
  readonly divisible = true;
  readonly length: number;
  readonly identity: string;
  readonly role: "train" | "validate";
  /** Sequences in one epoch; those that were split count as their parts. */
  readonly sequences: number;
  /** Frames with a label in one epoch. */
  readonly frames: number;
  /** Sequences that were too long, and split. */
  readonly split: number;
  /** Sequences that were too long, and left out. */
  readonly skipped: number;
  readonly #batches: ExampleBatches<EncodedSequence>;
  readonly #tokenizer: FrameVocabulary;
  readonly #made: string;

  private constructor(
    encoded: readonly EncodedSequence[],
    long: { split: number; skipped: number },
    options: Completed<typeof frameDataRules>,
  ) {
    if (!Array.isArray(encoded)) {
      throw new OptionError("FrameData: frames are scaled first: use await FrameData.create(sequences, options).");
    }
    const { tokenizer, batchSize, seed, role } = options;
    const shared = { noun: "sequence", lengthOf, padded: paddedFrames };
    this.#batches = new ExampleBatches(encoded, { ...shared, batchSize, seed, role });
    this.#tokenizer = tokenizer;
    this.#made = fingerprint(tokenizer);
    this.role = role;
    this.sequences = encoded.length;
    this.frames = encoded.reduce((sum, sequence) => sum + labelledFrames(sequence, tokenizer), 0);
    this.split = long.split;
    this.skipped = long.skipped;
    this.length = this.#batches.length;
    this.identity = this.#batches.identity;
  }

  /**
   * @throws InputError for a number that is missing, a label that is not known, and a sequence that has other features or is too long: it
   *   names the place.
   */
  static async create(sequences: readonly FrameSequence[], options: FrameDataOptions): Promise<FrameData> {
    const complete = completeOptions("FrameData", options, frameDataRules);
    const { tokenizer, maximumLength, long, signal } = complete;
    expectSequences("FrameData", sequences, { labels: tokenizer.task !== "next" });
    const count = sequences.length;
    const encode = (sequence: FrameSequence, index: number) => encodeLabelled(sequence, tokenizer, { index, count });
    const whole = await inTurns(sequences, encode, signal);
    const splits = long === "split";
    const split = splits ? whole.filter(({ length }) => length > maximumLength).length : 0;
    const { kept, skipped } = fittingExamples(
      splits ? whole.flatMap((sequence) => partsOf(sequence, maximumLength, tokenizer)) : whole,
      {
        maximumLength,
        long: splits ? "refuse" : long,
        noun: "sequence",
        unit: "frame",
        lengthOf,
        tooLong: ({ length }, index) =>
          new InputError(
            `${sequencePlace(sequences[index] as FrameSequence, { index, count })} has ${counted(length, "frame")}, and at most ` +
              `${maximumLength} are allowed. Raise the maximum length, or have long ones split or skipped (long: "split"; --long split).`,
          ),
      },
    );
    // A batch without a label has no loss.
    const labelled = kept.filter((sequence) => labelledFrames(sequence, tokenizer) > 0);
    if (labelled.length === 0) throw new InputError("FrameData: no frame has a label.");
    return new FrameData(labelled, { split, skipped }, complete);
  }

  digest(): Promise<string> {
    return this.#batches.digest((hash, { length, values, targets }) =>
      hash
        .update(Int32Array.of(length))
        .update(values)
        .update(targets as Uint8Array),
    );
  }

  *batches(epoch: number, from = 0): Generator<Batch<FrameTaggerForm>, void, undefined> {
    const tokenizer = this.#tokenizer;
    for (const { examples } of this.#batches.inEpoch(epoch, from)) {
      const { T, B, feeds } = learningBatch(examples, tokenizer);
      yield {
        form: { T, B, several: tokenizer.several, made: this.#made },
        feeds,
        tokens: examples.reduce((sum, sequence) => sum + labelledFrames(sequence, tokenizer), 0),
      };
    }
  }
}

function lengthOf({ length }: EncodedSequence): number {
  return length;
}

/** The parts of a sequence, none longer than `longest`. */
function partsOf(
  { length, values, targets }: EncodedSequence,
  longest: number,
  { several, features, labels }: FrameVocabulary,
): EncodedSequence[] {
  const [I, C] = [features.size, several ? labels.size : 1];
  return Array.from({ length: Math.ceil(length / longest) }, (_, n) => {
    const [start, end] = [n * longest, Math.min(length, (n + 1) * longest)];
    return {
      length: end - start,
      values: values.subarray(start * I, end * I),
      targets: (targets as Uint8Array).subarray(start * C, end * C),
    };
  });
}

/** Frames of a sequence that have a label, or may have several. */
function labelledFrames({ length, targets }: EncodedSequence, { several, labels }: FrameVocabulary): number {
  const [width, none] = several ? [labels.size, unlabelled] : [1, -1];
  const own = targets as Int32Array | Uint8Array;
  let frames = 0;
  for (let t = 0; t < length; t++) frames += Number(own[t * width] !== none);
  return frames;
}
