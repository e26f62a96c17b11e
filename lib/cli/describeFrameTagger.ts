import type { FrameTagger } from "../models/frameTagger/frameTagger.js";
import { cellOf } from "../nn/cellRegistry.js";
import { countOf } from "./print.js";

/** A tagger of frames in a few words. */
export function describeFrameTagger({
  network: { config },
  tokenizer: { features, labels, task },
}: Pick<FrameTagger, "network" | "tokenizer">): string {
  const network = `${config.layers}-layer ${config.bidirectional ? "bidirectional " : ""}${cellOf(config.cell).title}`;
  const what = task === "next" ? "which predicts the next frame" : `with ${countOf(labels.size, "label")}`;
  return `a tagger of frames (${network}) of ${countOf(features.size, "feature")}, ${what}`;
}
