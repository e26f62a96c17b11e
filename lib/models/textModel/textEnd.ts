import type { Tokenizer } from "../../data/index.js";
import { OptionError } from "../../errors.js";

/** The things that may end a text that is written: the token for the end of a sentence, a line end, or nothing. */
export const textEnds = ["sentence", "line", "never"] as const;

/** The place where a text ends. @useDeclaredType */
export type TextEnd = (typeof textEnds)[number];

/** The token that ends a text; null for none. @throws OptionError if the tokenizer does not have it. */
export function endTokenOf(who: string, tokenizer: Tokenizer, end: TextEnd): number | null {
  if (end === "never") return null;
  const token = end === "sentence" ? tokenizer.special.endOfSentence : tokenizer.id("\n");
  if (token !== undefined) return token;
  throw new OptionError(`${who}: the tokenizer has no token for the end of a ${end}.`);
}
