import type { FrameLabel, FrameSequence, FrameVocabulary, SequenceAt } from "../../data/index.js";
import { expectBinary, expectFeatures, framePlace, frameSizes, scaledFrames, sequencePlace } from "../../data/index.js";
import { InputError } from "../../errors.js";
import { inPlace } from "../inPlace.js";
import { framesSideBySide, steadyRows } from "../sideBySide.js";

/** A sequence as numbers. */
export interface EncodedSequence {
  /** T */
  readonly length: number;
  /** [T,I], scaled. */
  readonly values: Float32Array;
  /** The labels' numbers, i32 [T] with -1 for none; or zeros and ones [T,C], `unlabelled` for none; null where they are wanted. */
  readonly targets: Int32Array | Uint8Array | null;
}

/** Number for the labels of a frame that does not count, where frames may have several. */
export const unlabelled = 255;

/** A sequence whose labels are to be found. @throws InputError for other features, and numbers that are missing. */
export function encodeFrames(
  sequence: FrameSequence,
  { features, task }: FrameVocabulary,
  at: SequenceAt,
): EncodedSequence {
  const [length] = frameSizes(sequence, at);
  expectFeatures(features, sequence, at);
  if (task === "next") expectBinary(sequence, at);
  return { length, values: scaledFrames(features, sequence, at), targets: null };
}

/** A sequence with its labels; of one whose next frames are the labels all but the last. @throws InputError that names the place. */
export function encodeLabelled(sequence: FrameSequence, vocabulary: FrameVocabulary, at: SequenceAt): EncodedSequence {
  const { length: T, values } = encodeFrames(sequence, vocabulary, at);
  const I = vocabulary.features.size;
  if (vocabulary.task === "next") {
    if (T < 2) throw new InputError(`${sequencePlace(sequence, at)} has one frame, and none that follows it.`);
    const length = T - 1;
    return { length, values: values.slice(0, length * I), targets: Uint8Array.from(values.subarray(I)) };
  }
  const labels = sequence.labels as readonly FrameLabel[];
  const idOf = (label: string, t: number) => inPlace(framePlace(sequence, t, at), () => vocabulary.labels.id(label));
  if (vocabulary.task === "label") {
    const targets = Int32Array.from(labels, (label, t) => {
      if (label === null) return -1;
      if (typeof label === "string") return idOf(label, t);
      throw new InputError(`${framePlace(sequence, t, at)} has a list of labels, and the model gives each frame one.`);
    });
    return { length: T, values, targets };
  }
  const C = vocabulary.labels.size;
  const targets = new Uint8Array(T * C);
  for (const [t, own] of labels.entries()) {
    if (own === null) {
      targets.fill(unlabelled, t * C, (t + 1) * C);
      continue;
    }
    if (!Array.isArray(own)) {
      throw new InputError(
        `${framePlace(sequence, t, at)}: expected a list of labels, which may be empty, or null: the model gives a frame several.`,
      );
    }
    for (const label of own as readonly string[]) targets[t * C + idOf(label, t)] = 1;
  }
  return { length: T, values, targets };
}

/** The length that sequences of a length are padded to: an eighth more at most, so that there are few programs. */
export function paddedFrames(length: number): number {
  const step = Math.max(4, 2 ** Math.floor(Math.log2(length)) / 8);
  return Math.ceil(length / step) * step;
}

/** Sequences side by side. */
export interface SequenceBatch {
  readonly T: number;
  readonly B: number;
  readonly feeds: Record<string, Int32Array | Float32Array>;
}

/** Sequences whose labels are to be found, side by side: each has the same bits as alone. */
export function readingBatch(sequences: readonly EncodedSequence[], vocabulary: FrameVocabulary): SequenceBatch {
  const T = longest(sequences);
  return batchOf(sequences, { T, B: steadyRows(sequences.length, T), vocabulary });
}

/**
 * Sequences side by side, with their labels: frames [T,B,I], lengths i32 [B], and targets i32 [T,B], -1 for none; or f32 [T,B,C]
 * where a frame may have several labels, with f32 [T,B,1] that says which frames count.
 */
export function learningBatch(sequences: readonly EncodedSequence[], vocabulary: FrameVocabulary): SequenceBatch {
  const batch = batchOf(sequences, { T: longest(sequences), B: sequences.length, vocabulary });
  const targets = targetsOf(sequences, batch, vocabulary);
  return {
    ...batch,
    feeds: { ...batch.feeds, targets, ...(vocabulary.several ? countedOf(targets, vocabulary) : {}) },
  };
}

function longest(sequences: readonly EncodedSequence[]): number {
  return paddedFrames(sequences.reduce((most, { length }) => Math.max(most, length), 1));
}

function batchOf(
  sequences: readonly EncodedSequence[],
  { T, B, vocabulary }: { T: number; B: number; vocabulary: FrameVocabulary },
): SequenceBatch {
  return { T, B, feeds: framesSideBySide(sequences, { T, B, I: vocabulary.features.size }) };
}

function targetsOf(
  sequences: readonly EncodedSequence[],
  { T, B }: { T: number; B: number },
  { several, labels: { size: C } }: FrameVocabulary,
): Int32Array | Float32Array {
  const all = several ? new Float32Array(T * B * C).fill(unlabelled) : new Int32Array(T * B).fill(-1);
  const width = several ? C : 1;
  for (const [b, { targets, length }] of sequences.entries()) {
    for (let t = 0; t < length; t++) {
      all.set((targets as Uint8Array).subarray(t * width, (t + 1) * width), (t * B + b) * width);
    }
  }
  return all;
}

/** The frames that count; the targets of the others become 0. */
function countedOf(targets: Int32Array | Float32Array, { labels: { size: C } }: FrameVocabulary) {
  const counted = Float32Array.from({ length: targets.length / C }, (_, row) =>
    Number(targets[row * C] !== unlabelled),
  );
  for (const [row, counts] of counted.entries()) if (counts === 0) targets.fill(0, row * C, (row + 1) * C);
  return { counted };
}
