import type { TokenizerPair } from "../../data/index.js";
import { InputError, OptionError } from "../../errors.js";
import type { OptionsOf } from "../../options.js";
import { completeOptions, option, table, word } from "../../options.js";
import type { SearchResult, TreeNode } from "../../search/index.js";
import type { WrittenHypothesis } from "../writing.js";
import { completeWriting, writingRules, writtenHypotheses } from "../writing.js";

export interface Translation {
  /** Whether any token of the source is in the vocabulary. */
  readable: boolean;
  /** The best hypothesis; "" where there is none. */
  text: string;
  /** The source's tokens as people read them, in the order in which they were read. */
  source: string[];
  /** Best first. */
  hypotheses: WrittenHypothesis[];
  /** With `tree`: all that was followed. */
  tree?: TreeNode[];
}

/** The options of whatever writes targets. */
export const translateRules = table("translate", {
  ...writingRules,
  /** Rule for sources of which no token is in the vocabulary. Default refuse. */
  unreadable: option(word(["refuse", "write"], "refuse"), { flag: null }),
});

/** Options of `Seq2Seq.translate`. @interface */
export type TranslateOptions = OptionsOf<typeof translateRules>;

/**
 * The options with their defaults, as search takes them.
 * @param longest most tokens that the model can write.
 * @throws OptionError for what does not fit.
 */
export function completeTranslate(
  { target, marks }: TokenizerPair,
  options: TranslateOptions,
  longest = Number.POSITIVE_INFINITY,
) {
  const { unreadable, ...writing } = completeOptions("translate", options, translateRules);
  const { least, ...complete } = completeWriting("translate", { tokenizer: target, marks }, writing);
  const { maximumLength = 0, minimumLength } = writing;
  const prefix = complete.search.prefix.length;
  expectRoom(longest, [
    [maximumLength, `a maximum length of ${maximumLength}`],
    // The end comes after it.
    [minimumLength + 1, `a minimum length of ${minimumLength}`],
    [prefix, `a prefix of ${prefix} tokens`],
  ]);
  return {
    ...complete,
    unreadable,
    maximumLength: (source: Int32Array) =>
      writing.maximumLength ?? Math.min(longest, 20 + Math.max(2 * source.length, least)),
  };
}

/** @throws OptionError for a length that is asked for and leaves the context. */
function expectRoom(longest: number, wanted: readonly (readonly [number, string])[]): void {
  for (const [length, words] of wanted) {
    if (length <= longest) continue;
    throw new OptionError(
      `translate: this model writes at most ${longest} tokens, the end included (contextLength), got ${words}. Ask for less, or train ` +
        "a model with a longer context.",
    );
  }
}

/** The error for texts of which no token is in the source's vocabulary. */
export function unreadableError({ source }: TokenizerPair): InputError {
  return new InputError(
    `translate: none of the tokens is among the ${source.size} of the source's vocabulary: is this the language, and the writing, that ` +
      "the model has learnt?",
  );
}

/** The result of a search, as text. */
export function translationOf(tokenizer: TokenizerPair, source: Int32Array, result: SearchResult): Translation {
  const hypotheses = writtenHypotheses(tokenizer.target, result, source.length);
  return {
    readable: source.some((token) => token !== tokenizer.source.special.unknown),
    text: hypotheses[0]?.text ?? "",
    source: Array.from(source, (id) => tokenizer.source.token(id)),
    hypotheses,
    ...(result.tree ? { tree: result.tree } : {}),
  };
}
