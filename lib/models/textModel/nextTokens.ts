import type { Tokenizer } from "../../data/index.js";
import type { OptionsOf } from "../../options.js";
import { completeOptions, option, table, whole } from "../../options.js";

export const nextTokensRules = table("nextTokens", {
  /** Number of the likeliest next tokens to return. Default 10. */
  top: option(whole({ minimum: 1, initial: 10 }), { flag: "--next", aka: ["k", "top_k", "num_logprobs"] }),
});

/** Options of `LanguageModel.nextTokens`. @interface */
export type NextTokensOptions = OptionsOf<typeof nextTokensRules>;

/** A token that may come next. */
export interface NextToken {
  id: number;
  /** The token as people read it: spaces and control characters are shown by signs. */
  token: string;
  /** Its text as it would follow the prompt. "" while a character is incomplete. */
  text: string;
  probability: number;
  /** Log-probability in nats. */
  logProbability: number;
}

/** The tokens that a model expects after a prompt. */
export interface NextTokens {
  /** Likeliest first. All tokens of the vocabulary together have probability 1. */
  tokens: NextToken[];
  /** Tokens of the prompt that the vocabulary lacks, and that the model read as <unk>. */
  unknown: number;
}

/** @throws OptionError for an unknown option or a value outside its range. */
export function completeNextTokens(options: NextTokensOptions) {
  return completeOptions("nextTokens", options, nextTokensRules);
}

/**
 * The likeliest tokens of a distribution, those of equal probability in order of their ids.
 * @param logProbabilities [V] in nats.
 * @param prompt the prompt's tokens, which decide how a token's text begins.
 */
export function likeliest(
  logProbabilities: ArrayLike<number>,
  { top, tokenizer, prompt }: { top: number; tokenizer: Tokenizer; prompt: Int32Array },
): NextToken[] {
  const ids = Array.from({ length: logProbabilities.length }, (_, id) => id);
  const at = (id: number) => logProbabilities[id] as number;
  ids.sort((a, b) => at(b) - at(a) || a - b);
  return ids.slice(0, top).map((id) => {
    const decoder = tokenizer.decoder();
    for (const token of prompt) decoder.push(token);
    return {
      id,
      token: tokenizer.token(id),
      text: decoder.push(id),
      probability: Math.exp(at(id)),
      logProbability: at(id),
    };
  });
}
