import type { Tokenizer, TokenizerPair } from "../data/index.js";
import { InputError, OptionError } from "../errors.js";
import { callback, completeOptions, expectKnownOptions, list, optional, text, whole, word } from "../options.js";
import { completeBeamSearchOptions } from "../search/beamSearchOptions.js";
import type { BeamSearchOptions, SearchResult, TreeNode } from "../search/index.js";
import { textOf } from "./wholeText.js";

export interface TranslateOptions
  extends Omit<
    BeamSearchOptions,
    | "begin"
    | "end"
    | "prefix"
    | "banned"
    | "automaton"
    | "maximumLength"
    | "forced"
    | "onBest"
    | "lengthPenalty"
    | "beams"
  > {
  /** Hypotheses that are followed side by side. 1 is greedy search. Default 5, or nBest where that is more. */
  beams?: number;
  /** Tokens of a target, its end included. Default: twice the tokens of its source, and 20; more where a minimum or prefix asks for it. */
  maximumLength?: number;
  /** See BeamSearchOptions. Default 1. */
  lengthPenalty?: number | "average";
  /** What every target begins with. */
  prefix?: string;
  /** What no target contains, each one token of the target's vocabulary. */
  banned?: readonly string[];
  /** What to do when no token of any source is in the vocabulary. Default "refuse". */
  unreadable?: (typeof unreadableRules)[number];
  /** Sources that are read side by side. Default 32. */
  batchSize?: number;
  /**
   * Number of the first source, for texts that are handed over in several calls: they are drawn as in one call. Default 0.
   */
  firstNumber?: number;
  /** Called after every step with the best target of a source so far. */
  onBest?: (text: string, source: number) => void;
  /** Called now and then with the share of the sources that are done, 0 to 1. */
  onProgress?: (done: number) => void;
}

/** A target that was written. */
export interface TranslationHypothesis {
  text: string;
  /** What hypotheses are compared by: see BeamSearchOptions. */
  score: number;
  /** For the eye. */
  tokens: string[];
  /** The ids of the tokens. */
  ids: number[];
  /** Of each token, and of the end if it has ended. */
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
  /** The source's tokens for the eye, in the order in which they were read. */
  source: string[];
  /** Best first. */
  hypotheses: TranslationHypothesis[];
  /** With `tree`: all that was followed. */
  tree?: TreeNode[];
}

const unreadableRules = ["refuse", "write"] as const;

/** Options that search completes and checks itself. */
const searchNames = [
  ...["beams", "nBest", "minimumLength", "lengthPenalty", "coveragePenalty", "noRepeatNgram", "groups", "diversity"],
  ...["sampling", "earlyStopping", "tree", "signal"],
];

const ownTable = {
  maximumLength: optional(whole({ minimum: 1 })),
  prefix: optional(text()),
  banned: list(text({ empty: true }), []),
  unreadable: word(unreadableRules, "refuse"),
  batchSize: whole({ minimum: 1, initial: 32 }),
  firstNumber: whole({ initial: 0 }),
  onBest: callback<NonNullable<TranslateOptions["onBest"]>>(),
  onProgress: callback<NonNullable<TranslateOptions["onProgress"]>>(),
};

/** The options with their defaults, as search takes them. @throws OptionError for what does not fit. */
export function completeTranslate({ target, marks }: TokenizerPair, options: TranslateOptions) {
  const who = "translate";
  expectKnownOptions(who, options, [...searchNames, ...Object.keys(ownTable)]);
  const chosen = Object.entries(options).filter(([name, value]) => searchNames.includes(name) && value !== undefined);
  const search = Object.fromEntries(chosen) as Omit<TranslateOptions, keyof typeof ownTable>;
  const own = Object.entries(options).filter(([name]) => !searchNames.includes(name));
  const { maximumLength, prefix, banned, ...rest } = completeOptions(who, Object.fromEntries(own), ownTable);
  const first = prefix === undefined ? new Int32Array(0) : target.encode(prefix);
  if (target.special.unknown !== undefined && first.includes(target.special.unknown)) {
    throw new OptionError(`${who}: the prefix ${JSON.stringify(prefix)} holds a token that is not in the vocabulary.`);
  }
  const { unknown, beginOfSentence, padding } = target.special;
  const never = [unknown, beginOfSentence, padding].filter((id) => id !== undefined && id !== marks.end) as number[];
  const complete = {
    lengthPenalty: 1,
    beams: beamsFor(search.nBest),
    ...search,
    ...marks,
    banned: [...never, ...banned.map((token) => bannedToken(who, target, token))],
    prefix: [...first],
  };
  const least = Math.max(Number(search.minimumLength ?? 0), first.length);
  // Now, in the name of who was called, and before a step for so many beams is made.
  completeBeamSearchOptions({ ...complete, maximumLength: maximumLength ?? 20 + least }, who);
  return {
    ...rest,
    maximumLength: (source: Int32Array) => maximumLength ?? 20 + Math.max(2 * source.length, least),
    search: complete,
  };
}

/** Beams where nobody has chosen a number: enough for the texts that are wanted. */
function beamsFor(nBest: unknown): number {
  return Number.isInteger(nBest) ? Math.max(5, nBest as number) : 5;
}

/** What texts deserve of which no token is in the source's vocabulary. */
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

/** What search found, as text. */
export function translationOf(tokenizer: TokenizerPair, source: Int32Array, result: SearchResult): Translation {
  const hypotheses = result.hypotheses.map(({ tokens, score, logProbabilities, ended, attention }) => ({
    text: textOf(tokenizer.target, tokens),
    score,
    tokens: tokens.map((id) => tokenizer.target.token(id)),
    ids: [...tokens],
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
