import { counted, describe, InputError, quote } from "../errors.js";

/** An array of numbers with its shape, row by row: what readNpy gives, or made by hand. */
export interface FrameArray {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number> | ArrayLike<bigint>;
}

/** The label of a frame, null for one that does not count; where frames may have several labels, a list of them. */
export type FrameLabel = string | null | readonly string[];

/** A sequence of frames: a vector of features for each step. */
export interface FrameSequence {
  /** [T,I] */
  readonly frames: FrameArray;
  /** [T] the label of each frame; left out where they are wanted, or where the next frame is. */
  readonly labels?: readonly FrameLabel[];
  /** [I] names of the features. Default: their numbers, from 0. */
  readonly features?: readonly string[];
  /** Name of the sequence, for lists and messages. Default: its place among the others. */
  readonly name?: string;
  /** File that it stands in, and the line of each frame, for messages. */
  readonly file?: string;
  readonly lines?: readonly number[];
}

/** The place of a sequence among others. */
export interface SequenceAt {
  readonly index: number;
  readonly count: number;
}

/** The name of a sequence in lists. */
export function sequenceTitle({ name, file }: FrameSequence, { index }: Pick<SequenceAt, "index">): string {
  return name ?? file ?? `sequence ${index + 1}`;
}

/** The place of a sequence in messages: "music.safetensors, chorale 3". */
export function sequencePlace({ name, file }: FrameSequence, { index, count }: SequenceAt): string {
  const own = [file, name].filter((part) => part !== undefined);
  return own.length > 0 ? own.join(", ") : `sequence ${index + 1} of ${count}`;
}

/** The place of a frame in messages: "walk.csv, line 12", "walk.npy, frame 11". */
export function framePlace(sequence: FrameSequence, t: number, at: SequenceAt): string {
  const { file, lines } = sequence;
  const line = lines?.[t];
  if (file !== undefined && line !== undefined) return `${file}, line ${line}`;
  return `${sequencePlace(sequence, at)}, frame ${t + 1}`;
}

/** The name of a feature in messages. */
export function featureName(names: readonly string[] | null | undefined, i: number): string {
  return names ? quote(names[i] as string) : String(i);
}

/** The sizes T and I of a sequence. @throws InputError unless it is [T,I], of one frame and one feature or more. */
export function frameSizes(sequence: FrameSequence, at: SequenceAt): [T: number, I: number] {
  const { frames } = (sequence ?? {}) as Partial<FrameSequence>;
  const { shape, values } = (frames ?? {}) as Partial<FrameArray>;
  const place = sequencePlace((sequence ?? {}) as FrameSequence, at);
  const isArray = Array.isArray(shape) && (ArrayBuffer.isView(values) || Array.isArray(values));
  if (!isArray || !shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    throw new InputError(`${place}: expected frames to be an array { shape, values }, got ${describe(frames)}.`);
  }
  const [T = 0, I = 0] = shape;
  if (shape.length !== 2 || T === 0 || I === 0) {
    throw new InputError(
      `${place}: expected frames of shape [T,I], a vector of I features for each of T frames, got [${shape}].`,
    );
  }
  const { length } = values as ArrayLike<number>;
  if (length === T * I) return [T, I];
  throw new InputError(`${place}: the shape [${shape}] has ${T * I} elements, and there are ${length}.`);
}

/**
 * Checks a list of sequences: their shapes, and that there is a label for each frame. Numbers are looked at where they are read.
 * @param options.labels whether there must be labels. @returns the number of features, which all have.
 */
export function expectSequences(
  owner: string,
  sequences: readonly FrameSequence[],
  { labels: wanted }: { labels: boolean },
): number {
  if (!Array.isArray(sequences) || sequences.length === 0) {
    const got = Array.isArray(sequences) ? "there are none" : `got ${describe(sequences)}`;
    throw new InputError(`${owner}: expected a list of sequences { frames, labels }, ${got}.`);
  }
  const count = sequences.length;
  let size = 0;
  for (const [index, sequence] of sequences.entries()) {
    const at = { index, count };
    const [T, I] = frameSizes(sequence, at);
    if (index === 0) size = I;
    if (I !== size) {
      throw new InputError(
        `${owner}: ${sequencePlace(sequence, at)} has frames of ${counted(I, "feature")}, and ` +
          `${sequencePlace(sequences[0] as FrameSequence, { index: 0, count })} of ${size}: expected as many.`,
      );
    }
    const { labels, features } = sequence as FrameSequence;
    if (features !== undefined && (!Array.isArray(features) || features.length !== I)) {
      throw new InputError(
        `${owner}: ${sequencePlace(sequence, at)}: expected a name for each of ${counted(I, "feature")}, got ${describe(features)}.`,
      );
    }
    if (wanted || labels !== undefined) expectLabels(owner, sequence, T, at);
  }
  return size;
}

function expectLabels(owner: string, sequence: FrameSequence, T: number, at: SequenceAt): void {
  const { labels } = sequence;
  const place = `${owner}: ${sequencePlace(sequence, at)}`;
  if (labels === undefined) throw new InputError(`${place} has no labels: expected one for each frame.`);
  if (!Array.isArray(labels) || labels.length !== T) {
    const got = Array.isArray(labels) ? counted(labels.length, "label") : describe(labels);
    throw new InputError(`${place}: expected a label for each of ${counted(T, "frame")}, got ${got}.`);
  }
  const isText = (label: unknown) => typeof label === "string" && label !== "";
  const isList = (label: unknown) => Array.isArray(label) && Array.from(label).every(isText);
  const t = Array.from(labels).findIndex((label) => label !== null && !isText(label) && !isList(label));
  if (t < 0) return;
  throw new InputError(
    `${owner}: ${framePlace(sequence, t, at)}: expected a label that is a text, or a list of them, got ${describe(labels[t])}.`,
  );
}

/** A number of a sequence. @throws InputError for NaN and infinities: it names the frame and the feature. */
export function numberAt(sequence: FrameSequence, at: SequenceAt, { t, i, I }: { t: number; i: number; I: number }) {
  const value = Number(sequence.frames.values[t * I + i]);
  if (Number.isFinite(value)) return value;
  const kind = Number.isNaN(value) ? "is missing (NaN)" : `is ${value}`;
  throw new InputError(
    `${framePlace(sequence, t, at)}: feature ${featureName(sequence.features, i)} ${kind}. Fill what is missing in before: ` +
      "with the value of the frame before, or with the mean.",
  );
}

/** Some frames of a sequence, with their labels and lines. */
export function cutSequence(sequence: FrameSequence, start: number, end: number): FrameSequence {
  const { frames, labels, lines } = sequence;
  const [, I] = frames.shape as [number, number];
  const values = Float64Array.from({ length: (end - start) * I }, (_, k) => Number(frames.values[start * I + k]));
  return {
    ...sequence,
    frames: { shape: [end - start, I], values },
    ...(labels ? { labels: labels.slice(start, end) } : {}),
    ...(lines ? { lines: lines.slice(start, end) } : {}),
  };
}
