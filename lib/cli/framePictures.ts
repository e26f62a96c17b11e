import type { FrameSequence } from "../data/index.js";
import { sequenceTitle } from "../data/index.js";
import { truthOf } from "../models/frameTagger/baselines.js";
import type { FrameTagger, FrameTagging } from "../models/frameTagger/frameTagger.js";
import type { FramePicture } from "../viz/index.js";

/** A sequence with the labels of its frames, to be drawn: a model of the next frame has predicted each from those before. */
export function framePictureOf(
  { tokenizer, labels }: FrameTagger,
  sequence: FrameSequence,
  { probabilities }: FrameTagging,
  at: { index: number },
): FramePicture {
  const truth = truthOf(sequence, tokenizer);
  const drawn = tokenizer.task === "next" ? truth.length * labels.length : probabilities.length;
  return {
    name: sequenceTitle(sequence, at),
    labels,
    probabilities: probabilities.subarray(0, drawn),
    ...(truth.length > 0 ? { truth } : {}),
  };
}
