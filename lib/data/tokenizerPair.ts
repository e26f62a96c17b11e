import { describe, InputError, OptionError } from "../errors.js";
import type { OptionsOf } from "../options.js";
import { completeOptions, flag, option, table, value } from "../options.js";
import { sentenceMarks } from "./sentenceMarks.js";
import type { Tokenizer } from "./tokenizer.js";
import { tokenizerFromJSON } from "./tokenizerFromJSON.js";

const rules = table("TokenizerPair", {
  /** Read sources from their end to their beginning (Sutskever et al. 2014, 3.3). Default false. */
  reversed: option(flag(), { flag: "--reverse-source" }),
});

/** Options of a TokenizerPair. @interface */
export type TokenizerPairOptions = OptionsOf<typeof rules>;

/** How the two sides of a pair become tokens. The same tokenizer for both: one vocabulary. */
export class TokenizerPair {
  readonly kind = "pair";
  /** The token that is read before the first one of a target, and the one that ends it. */
  readonly marks: { readonly begin: number; readonly end: number };
  readonly reversed: boolean;

  /** @throws OptionError if the target's vocabulary has no token that ends a text. */
  constructor(
    readonly source: Tokenizer,
    readonly target: Tokenizer,
    options: TokenizerPairOptions = {},
  ) {
    const { reversed } = completeOptions("TokenizerPair", options, rules);
    for (const tokenizer of [source, target]) {
      if (typeof tokenizer?.encode === "function") continue;
      throw new OptionError(`TokenizerPair: expected the tokenizers of source and target, got ${describe(tokenizer)}.`);
    }
    const { beginOfSentence: begin, endOfSentence: end } = target.special;
    this.marks = end === undefined ? sentenceMarks(target) : { begin: begin ?? end, end };
    this.reversed = reversed;
  }

  /** The pair that `toJSON` wrote. @throws InputError for anything else. */
  static fromJSON(json: unknown): TokenizerPair {
    const { kind, source, target, reversed } = (json ?? {}) as Record<string, unknown>;
    if (kind !== "pair")
      throw new InputError(`Expected the vocabularies of a source and a target, got ${describe(json)}.`);
    const first = tokenizerFromJSON(source);
    const second = target === undefined ? first : tokenizerFromJSON(target);
    return new TokenizerPair(first, second, { reversed: reversed === true });
  }

  /** The tokens of a source, in the order in which they are read. */
  encodeSource(text: string): Int32Array {
    const tokens = this.source.encode(text);
    return this.reversed ? tokens.reverse() : tokens;
  }

  /** The tokens of a target, without its marks. */
  encodeTarget(text: string): Int32Array {
    return this.target.encode(text);
  }

  toJSON(): object {
    const { kind, source, target, reversed } = this;
    const other = target === source ? {} : { target: target.toJSON() };
    return { kind, source: source.toJSON(), ...other, ...(reversed ? { reversed } : {}) };
  }
}

/** The rule of an option that is a pair of tokenizers. */
export const tokenizerPairRule = value<TokenizerPair>("a TokenizerPair", (pair) => pair instanceof TokenizerPair);
