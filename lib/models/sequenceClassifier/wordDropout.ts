import type { ClassifierVocabulary } from "../../data/index.js";
import { OptionError } from "../../errors.js";
import { option, real } from "../../options.js";

/** The rule of the option `wordDropout`. */
export const wordDropoutRule = option(real({ minimum: 0, below: 1, initial: 0 }), {
  aka: ["word_dropout", "unk_rate"],
});

/** The token that dropped words become. @throws OptionError if there is none and words are to be dropped. */
export function droppedToken(owner: string, vocabulary: ClassifierVocabulary, rate: number): number {
  if (rate === 0) return 0;
  const { special, kind } = vocabulary.tokenizer;
  if (special.unknown !== undefined) return special.unknown;
  throw new OptionError(`${owner}: wordDropout reads words as <unk>, which this ${kind} tokenizer does not have.`, [
    "wordDropout",
  ]);
}

/** Tokens of which each is replaced by `unknown` with probability `rate` (Iyyer et al. 2015). */
export function dropWords(
  tokens: Int32Array,
  { rate, unknown, random }: { rate: number; unknown: number; random: { uniform(): number } },
): Int32Array {
  return tokens.map((token) => (random.uniform() < rate ? unknown : token));
}
