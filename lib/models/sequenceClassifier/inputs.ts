import type { ClassifierVocabulary, FrameSequence } from "../../data/index.js";
import { expectFeatures, frameSizes, scaledFrames, sequencePlace } from "../../data/index.js";
import { describe, InputError } from "../../errors.js";
import type { Graph } from "../../graph/graph.js";
import type { Tensor } from "../../graph/tensor.js";
import { inPlace } from "../inPlace.js";
import { framesSideBySide, paddedLength, sideBySide } from "../sideBySide.js";

/** An input of a classifier: a text, or a sequence of vectors. */
export type ClassifierInput = string | FrameSequence;

/** An input as numbers. */
export interface EncodedInput {
  /** T */
  readonly length: number;
  /** [T] tokens, or [T,I] vectors. */
  readonly values: Int32Array | Float32Array;
}

/** Inputs side by side, as their feeds. */
export interface InputBatch {
  readonly T: number;
  readonly B: number;
  readonly feeds: Record<string, Int32Array | Float32Array>;
}

/** An input as numbers. @throws InputError for a text without tokens, a number that is missing, or the other kind of input. */
export function encodeInput(
  input: ClassifierInput,
  vocabulary: ClassifierVocabulary,
  { place, index, count }: { place: string; index: number; count: number },
): EncodedInput {
  const { features } = vocabulary;
  if (!features) {
    if (typeof input !== "string") {
      throw new InputError(`${place} is ${describe(input)}, expected a text: the model reads tokens, no vectors.`);
    }
    const tokens = inPlace(place, () => vocabulary.tokenizer.encode(input));
    if (tokens.length === 0) throw new InputError(`${place}: the text has no tokens.`);
    return { length: tokens.length, values: tokens };
  }
  if (typeof input !== "object" || input === null) {
    throw new InputError(
      `${place} is ${describe(input)}, expected a sequence { frames }: the model reads vectors of ${features.size} features.`,
    );
  }
  const named = input.name === undefined && input.file === undefined ? { ...input, name: place } : input;
  const at = { index, count };
  const [length] = frameSizes(named, at);
  expectFeatures(features, named, at);
  return { length, values: scaledFrames(features, named, at) };
}

/** Inputs side by side: ids i32 [T,B] or frames [T,B,I], and their lengths i32 [B]. */
export function inputBatch(inputs: readonly EncodedInput[], { features }: ClassifierVocabulary): InputBatch {
  if (!features) {
    const { T, B, ids, lengths } = sideBySide(inputs.map(({ values }) => values as Int32Array));
    return { T, B, feeds: { ids, lengths } };
  }
  const T = paddedLength(inputs.reduce((most, { length }) => Math.max(most, length), 0));
  const B = inputs.length;
  const sequences = inputs as readonly { length: number; values: Float32Array }[];
  return { T, B, feeds: framesSideBySide(sequences, { T, B, I: features.size }) };
}

/** The feeds of a batch: the inputs, and their lengths. */
export function recordInputs(
  graph: Graph,
  { T, B }: { T: number; B: number },
  { features }: ClassifierVocabulary,
): [inputs: Tensor, lengths: Tensor] {
  const inputs = features ? graph.feed("frames", "f32", [T, B, features.size]) : graph.feed("ids", "i32", [T, B]);
  return [inputs, graph.feed("lengths", "i32", [B])];
}

/** The name of an input in messages, where it brings no place. */
export function inputPlace(input: ClassifierInput, at: { index: number; count: number }): string {
  const isNamed = typeof input === "object" && input !== null && (input.name ?? input.file) !== undefined;
  return isNamed ? sequencePlace(input, at) : `classify: text ${at.index + 1} of ${at.count}`;
}
