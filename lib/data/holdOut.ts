import { describe, OptionError } from "../errors.js";
import type { OptionsOf } from "../options.js";
import { completeOptions, option, seed, table, whole } from "../options.js";
import { randomSource } from "../random/source.js";
import type { FrameSequence } from "./frames.js";
import { cutSequence, frameSizes } from "./frames.js";
import type { LabelledText } from "./labelledTexts.js";
import { shuffle } from "./order.js";
import type { Pair } from "./pairs.js";
import type { TaggedSentence } from "./taggedSentences.js";
import { splitPoints, splitRules } from "./tokenStream.js";

/** Which part of some lines or pairs is held out, at random. @interface */
export type HoldOutOptions = OptionsOf<typeof rules>;

const rules = table("splitLines, splitPairs, splitTexts, splitSentences, splitSequences, splitCaptions", {
  ...splitRules,
  /** Seed for which ones: the same seed holds out the same. Default 1. */
  seed: seed(),
});

/** The numbers of things that are held out, and of those that are not, each in rising order. */
export interface HeldOut {
  train: Uint32Array;
  validation: Uint32Array;
  test: Uint32Array;
}

/**
 * Chooses at random which of `count` things are held out.
 * @param owner who was called, for messages.
 * @throws OptionError for shares that leave nothing to train on.
 */
export function holdOut(owner: string, count: number, options: HoldOutOptions): HeldOut {
  const { seed, ...shares } = completeOptions(owner, options, rules);
  const [train, validation] = splitPoints(count, shares);
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  shuffle(order, randomSource(seed, "held out"));
  return {
    train: order.slice(0, train).sort(),
    validation: order.slice(train, validation).sort(),
    test: order.slice(validation).sort(),
  };
}

/**
 * Holds out some of a list of pairs, chosen at random; each part keeps their order.
 * @throws OptionError for shares that leave nothing to train on.
 */
export function splitPairs(
  pairs: readonly Pair[],
  options: HoldOutOptions = {},
): { train: Pair[]; validation: Pair[]; test: Pair[] } {
  return split("splitPairs", "pairs", pairs, options);
}

/**
 * Holds out some of a list of images with their captions, chosen at random; each part keeps their order.
 * @throws OptionError for shares that leave nothing to train on.
 */
export function splitCaptions<Captioned extends { readonly captions: readonly string[] }>(
  images: readonly Captioned[],
  options: HoldOutOptions = {},
): { train: Captioned[]; validation: Captioned[]; test: Captioned[] } {
  return split("splitCaptions", "images", images, options);
}

/**
 * Holds out some of a list of labelled texts, chosen at random; each part keeps their order.
 * @throws OptionError for shares that leave nothing to train on.
 */
export function splitTexts(
  examples: readonly LabelledText[],
  options: HoldOutOptions = {},
): { train: LabelledText[]; validation: LabelledText[]; test: LabelledText[] } {
  return split("splitTexts", "examples", examples, options);
}

/**
 * Holds out some of a list of tagged sentences, chosen at random; each part keeps their order.
 * @throws OptionError for shares that leave nothing to train on.
 */
export function splitSentences(
  sentences: readonly TaggedSentence[],
  options: HoldOutOptions = {},
): { train: TaggedSentence[]; validation: TaggedSentence[]; test: TaggedSentence[] } {
  return split("splitSentences", "sentences", sentences, options);
}

/**
 * Holds out some of a list of sequences of frames, chosen at random; each part keeps their order. Of a single sequence the last frames are
 * held out.
 * @throws OptionError for shares that leave nothing to train on.
 */
export function splitSequences(
  sequences: readonly FrameSequence[],
  options: HoldOutOptions = {},
): { train: FrameSequence[]; validation: FrameSequence[]; test: FrameSequence[] } {
  const only = Array.isArray(sequences) && sequences.length === 1 ? (sequences[0] as FrameSequence) : null;
  if (!only) return split("splitSequences", "sequences", sequences, options);
  const { seed: _, ...shares } = completeOptions("splitSequences", options, rules);
  const [T] = frameSizes(only, { index: 0, count: 1 });
  const [train, validation] = splitPoints(T, shares);
  const part = (start: number, end: number) => (start < end ? [cutSequence(only, start, end)] : []);
  return { train: part(0, train), validation: part(train, validation), test: part(validation, T) };
}

export const foldRules = table("splitFolds", {
  /** Parts of about the same size. Default 10. */
  folds: option(whole({ minimum: 2, initial: 10 }), { aka: ["n_splits", "k"] }),
  /** Seed for which part an example is in. Default 1. */
  seed: seed(),
});

/** Options of `splitFolds`. @interface */
export type FoldOptions = OptionsOf<typeof foldRules>;

/**
 * Cross-validation: cuts labelled texts, tagged sentences or other examples into parts at random, and gives for each part the examples of the
 * others to learn from, and its own to measure on; each list keeps their order.
 * @throws OptionError for fewer examples than parts.
 */
export function splitFolds<Example>(
  examples: readonly Example[],
  options: FoldOptions = {},
): { train: Example[]; test: Example[] }[] {
  const { folds, seed } = completeOptions("splitFolds", options, foldRules);
  if (!Array.isArray(examples)) {
    throw new OptionError(`splitFolds: expected examples to be an array, got ${describe(examples)}.`);
  }
  if (examples.length < folds) {
    throw new OptionError(
      `splitFolds: expected ${folds} examples or more for ${folds} folds, got ${examples.length}.`,
      ["folds"],
    );
  }
  const order = Uint32Array.from({ length: examples.length }, (_, i) => i);
  shuffle(order, randomSource(seed, "folds"));
  const partOf = new Uint32Array(examples.length);
  for (const [place, i] of order.entries()) partOf[i] = place % folds;
  return Array.from({ length: folds }, (_, fold) => ({
    train: examples.filter((_, i) => partOf[i] !== fold),
    test: examples.filter((_, i) => partOf[i] === fold),
  }));
}

function split<T>(
  owner: string,
  name: string,
  items: readonly T[],
  options: HoldOutOptions,
): { train: T[]; validation: T[]; test: T[] } {
  if (!Array.isArray(items))
    throw new OptionError(`${owner}: expected ${name} to be an array, got ${describe(items)}.`);
  const { train, validation, test } = holdOut(owner, items.length, options);
  const chosen = (numbers: Uint32Array) => Array.from(numbers, (i) => items[i] as T);
  return { train: chosen(train), validation: chosen(validation), test: chosen(test) };
}
