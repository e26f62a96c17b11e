import type { Translation } from "../models/pairModel/translation.js";
import type { AttentionMap } from "../viz/index.js";

/** Stands for the end in pictures. */
const endSign = "■";

/** Where the model looked when it wrote the best hypothesis; null without attention. */
export function alignmentOf({ source, hypotheses }: Translation): AttentionMap | null {
  const [best] = hypotheses;
  if (!best?.attention) return null;
  return {
    source,
    target: best.ended ? [...best.tokens, endSign] : best.tokens,
    weights: best.attention.map((row) => [...row]),
  };
}
