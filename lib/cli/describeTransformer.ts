import type { TransformerLanguageModel } from "../models/transformerLanguageModel/transformerLanguageModel.js";
import { count, countOf } from "./print.js";

/** A Transformer language model in a few words. */
export function describeTransformer({
  network: { config },
  tokenizer,
}: Pick<TransformerLanguageModel, "network" | "tokenizer">): string {
  return (
    `a ${config.layers}-layer Transformer language model of ${config.hiddenSize} features and ${countOf(config.heads, "head")} over ` +
    `${tokenizer.kind}s, vocabulary ${count(tokenizer.size)}`
  );
}
