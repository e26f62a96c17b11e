import type { Tokenizer } from "../data/index.js";

/** Tokens that no text is written with: the marks of what is unknown, begins or pads, but for the one that ends a text. */
export function unwrittenTokens({ special }: Tokenizer, end: number | undefined): number[] {
  const { unknown, beginOfSentence, padding } = special;
  return [unknown, beginOfSentence, padding].filter((id) => id !== undefined).filter((id) => id !== end);
}
