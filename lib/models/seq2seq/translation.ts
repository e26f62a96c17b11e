import type { Tokenizer, TokenizerPair } from "../../data/index.js";
import { InputError, OptionError } from "../../errors.js";
import type { OptionsOf } from "../../options.js";
import { callback, completeOptions, list, option, optional, table, text, whole, without, word } from "../../options.js";
import { beamSearchRules, completeBeamSearchOptions } from "../../search/beamSearchOptions.js";
import type { BeamSearchOptions, SearchResult, TreeNode } from "../../search/index.js";
import { unwrittenTokens } from "../unwrittenTokens.js";
import { textOf } from "../wholeText.js";

/** A target that was written. */
export interface TranslationHypothesis {
  text: string;
  /** The number that hypotheses are compared by: see BeamSearchOptions. */
  score: number;
  /** The tokens as people read them. */
  tokens: string[];
  /** The ids of the tokens. */
  ids: number[];
  /** One for each token, and for the end if it has ended. */
  logProbabilities: number[];
  /** Whether it ended by itself, or was cut off. */
  ended: boolean;
  /** [tokens][source]: where the model looked when it wrote each token, and the end; with attention. */
  attention?: Float32Array[];
}

export interface Translation {
  /** Whether any token of the source is in the vocabulary. */
  readable: boolean;
  /** The best hypothesis; "" where there is none. */
  text: string;
  /** The source's tokens as people read them, in the order in which they were read. */
  source: string[];
  /** Best first. */
  hypotheses: TranslationHypothesis[];
  /** With `tree`: all that was followed. */
  tree?: TreeNode[];
}

/** The options of whatever writes targets. */
export const translateRules = table("translate", {
  ...without(beamSearchRules, "begin", "end", "automaton", "forced"),
  /** Hypotheses that are followed side by side; 1 is greedy search. Default: 5, or `nBest` where that is more. */
  beams: optional(beamSearchRules.beams),
  /** Tokens of a target, its end included. Default: twice those of its source, and 20; more where a minimum or prefix asks for it. */
  maximumLength: optional(beamSearchRules.maximumLength),
  /** Power of the length that divides a score, or "average" for the length itself: see beamSearch. Default 1. */
  lengthPenalty: { ...beamSearchRules.lengthPenalty, initial: 1 as number | "average" },
  /** Text that every target begins with. Default: none. */
  prefix: optional(text()),
  /** Texts that no target contains, each one token of the target's vocabulary. Default none. */
  banned: option(list(text({ empty: true }), []), { aka: ["bad_words", "suppress_tokens", "suppress_sequences"] }),
  /** Rule for sources of which no token is in the vocabulary. Default refuse. */
  unreadable: option(word(["refuse", "write"], "refuse"), { flag: null }),
  /** Sources that are read side by side. Default 32. */
  batchSize: whole({ minimum: 1, initial: 32 }),
  /** Number of the first source, for texts handed over in several calls: they are drawn as in one call. Default 0. */
  firstNumber: option(whole({ initial: 0 }), { flag: null }),
  /** Called after every step with the best target of a source so far. Default: none. */
  onBest: callback<(text: string, source: number) => void>(),
  /** Called now and then with the share of the sources that are done, 0 to 1. Default: none. */
  onProgress: callback<(done: number) => void>(),
});

/** Options of `Seq2Seq.translate`. @interface */
export type TranslateOptions = OptionsOf<typeof translateRules>;

/** The options with their defaults, as search takes them. @throws OptionError for what does not fit. */
export function completeTranslate({ target, marks }: TokenizerPair, options: TranslateOptions) {
  const who = "translate";
  const { maximumLength, prefix, banned, unreadable, batchSize, firstNumber, onBest, onProgress, ...search } =
    completeOptions(who, options, translateRules);
  const first = prefix === undefined ? new Int32Array(0) : target.encode(prefix);
  if (target.special.unknown !== undefined && first.includes(target.special.unknown)) {
    throw new OptionError(`${who}: the prefix ${JSON.stringify(prefix)} holds a token that is not in the vocabulary.`);
  }
  const own: Omit<BeamSearchOptions, "begin" | "end" | "onBest"> = Object.fromEntries(
    Object.entries(search).filter(([, value]) => value !== undefined),
  );
  const complete = {
    ...own,
    ...marks,
    beams: search.beams ?? Math.max(5, search.nBest),
    banned: [...unwrittenTokens(target, marks.end), ...banned.map((token) => bannedToken(who, target, token))],
    prefix: [...first],
  };
  const least = Math.max(search.minimumLength, first.length);
  // Now, in the name of who was called, and before a step for this number of beams is made.
  completeBeamSearchOptions({ ...complete, maximumLength: maximumLength ?? 20 + least }, who);
  return {
    unreadable,
    batchSize,
    firstNumber,
    onBest,
    onProgress,
    maximumLength: (source: Int32Array) => maximumLength ?? 20 + Math.max(2 * source.length, least),
    search: complete,
  };
}

/** The error for texts of which no token is in the source's vocabulary. */
export function unreadableError({ source }: TokenizerPair): InputError {
  return new InputError(
    `translate: none of the tokens is among the ${source.size} of the source's vocabulary: is this the language, and the writing, that ` +
      "the model has learnt?",
  );
}

/** @throws OptionError unless the text is one token. */
function bannedToken(who: string, target: Tokenizer, text: string): number {
  const [token, ...more] = target.encode(text);
  if (token !== undefined && more.length === 0) return token;
  const count = token === undefined ? "no token" : `${more.length + 1} of them`;
  throw new OptionError(`${who}: only single tokens can be banned, and ${JSON.stringify(text)} is ${count}.`);
}

/** The result of a search, as text. */
export function translationOf(tokenizer: TokenizerPair, source: Int32Array, result: SearchResult): Translation {
  const hypotheses = result.hypotheses.map(({ ids, score, logProbabilities, ended, attention }) => ({
    text: textOf(tokenizer.target, ids),
    score,
    tokens: ids.map((id) => tokenizer.target.token(id)),
    ids: [...ids],
    logProbabilities,
    ended,
    ...(attention ? { attention: attention.map((row) => Float32Array.from(row).subarray(0, source.length)) } : {}),
  }));
  return {
    readable: source.some((token) => token !== tokenizer.source.special.unknown),
    text: hypotheses[0]?.text ?? "",
    source: Array.from(source, (id) => tokenizer.source.token(id)),
    hypotheses,
    ...(result.tree ? { tree: result.tree } : {}),
  };
}
