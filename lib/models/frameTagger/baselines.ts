import type { FrameLabel, FrameSequence, FrameVocabulary } from "../../data/index.js";
import { classificationScores } from "../../metrics/index.js";
import { likelyLabels } from "../likelyLabels.js";

/** How well labels are found without a network. */
export interface FrameBaseline {
  /** Mean loss of a frame, in nats. */
  loss: number;
  accuracy: number;
  /** F1 of all labels of all frames together. */
  microF1: number;
}

/** The labels of frames: of each frame one, or several. */
export type TrueLabels = readonly (string | readonly string[])[];

/** The true labels of the frames of a sequence: those of a model of the next frame are what follows. Empty where there are none. */
export function truthOf(
  { frames: { shape, values }, labels }: FrameSequence,
  { task, labels: { names } }: FrameVocabulary,
): readonly FrameLabel[] {
  if (task !== "next") return labels ?? [];
  const [T, I] = shape as [number, number];
  const onAt = (t: number) => names.filter((_, i) => Number(values[t * I + i]) === 1);
  return Array.from({ length: T - 1 }, (_, t) => onAt(t + 1));
}

/** Each label as often as in the sequences that the vocabulary was made of, whatever the frame. */
export function usualBaseline(truth: TrueLabels, vocabulary: FrameVocabulary, threshold: number): FrameBaseline {
  const { labels, several, usual } = vocabulary;
  const [added, all] = several ? [1 / 2, usual.frames + 1] : [1, usual.frames + labels.size];
  const probabilities = usual.counts.map((n) => (n + added) / all);
  return baselineOf(truth, vocabulary, { threshold, probabilitiesOf: () => probabilities });
}

/**
 * Each label by itself, from the frame before: as often as there it stayed where it was, or came where it was not.
 * @param before the labels of the frames before.
 */
export function repeatBaseline(
  truth: TrueLabels,
  before: readonly (readonly string[])[],
  vocabulary: FrameVocabulary,
  threshold: number,
): FrameBaseline {
  const { frames, counts, before: was, stays } = vocabulary.usual;
  const at = (list: readonly number[], c: number) => list[c] as number;
  const stay = counts.map((_, c) => (at(stays, c) + 1 / 2) / (at(was, c) + 1));
  const come = counts.map((n, c) => (n - at(stays, c) + 1 / 2) / (frames - at(was, c) + 1));
  const probabilitiesOf = (n: number) => {
    const last = new Set(before[n]);
    return vocabulary.labels.names.map((name, c) => at(last.has(name) ? stay : come, c));
  };
  return baselineOf(truth, vocabulary, { threshold, probabilitiesOf });
}

function baselineOf(
  truth: TrueLabels,
  { labels: { names }, several }: FrameVocabulary,
  { threshold, probabilitiesOf }: { threshold: number; probabilitiesOf: (frame: number) => readonly number[] },
): FrameBaseline {
  let total = 0;
  const found = truth.map((own, n) => {
    const probabilities = probabilitiesOf(n);
    const labels = new Set([own].flat());
    for (const [c, p] of probabilities.entries()) {
      if (labels.has(names[c] as string)) total -= Math.log(p);
      else if (several) total -= Math.log1p(-p);
    }
    return likelyLabels(probabilities, { names, several, threshold });
  });
  const { accuracy, microF1 } = classificationScores(found, truth, names);
  return { loss: total / truth.length, accuracy, microF1 };
}
