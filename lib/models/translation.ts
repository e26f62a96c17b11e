import type { Tokenizer, TokenizerPair } from "../data/index.js";
import { InputError, OptionError } from "../errors.js";
import { expectKnownOptions, expectNumber, expectOneOf } from "../options.js";
import { completeBeamSearchOptions } from "../search/beamSearchOptions.js";
import type { BeamSearchOptions, SearchResult, TreeNode } from "../search/index.js";

export interface TranslateOptions
  extends Omit<
    BeamSearchOptions,
    "begin" | "end" | "prefix" | "banned" | "maximumLength" | "forced" | "onBest" | "lengthPenalty"
  > {
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
  /** Told the best target of a source so far, after every step. */
  onBest?: (text: string, source: number) => void;
  /** Told the share of the sources that are done, 0 to 1. */
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

const searchNames = [
  ...([
    "beams",
    "nBest",
    "minimumLength",
    "coveragePenalty",
    "noRepeatNgram",
    "groups",
    "diversity",
    "sampling",
  ] as const),
  ...(["earlyStopping", "tree", "signal"] as const),
];

const ownNames = [
  ...(["maximumLength", "lengthPenalty", "prefix", "banned", "unreadable", "batchSize"] as const),
  ...(["onBest", "onProgress"] as const),
];

/** The options with their defaults, as search takes them. @throws OptionError for what does not fit. */
export function completeTranslate({ target, marks }: TokenizerPair, options: TranslateOptions) {
  const who = "translate";
  expectKnownOptions(who, options, [...searchNames, ...ownNames]);
  const { maximumLength, lengthPenalty = 1, prefix = "", banned = [], unreadable, batchSize, ...rest } = options;
  const { onBest, onProgress, ...search } = rest;
  if (maximumLength !== undefined) expectNumber(who, "maximumLength", maximumLength, { integer: true, minimum: 1 });
  const first = target.encode(prefix);
  if (target.special.unknown !== undefined && first.includes(target.special.unknown)) {
    throw new OptionError(`${who}: the prefix ${JSON.stringify(prefix)} holds a token that is not in the vocabulary.`);
  }
  const { unknown, beginOfSentence, padding } = target.special;
  const never = [unknown, beginOfSentence, padding].filter((id) => id !== undefined && id !== marks.end) as number[];
  const least = Math.max(search.minimumLength ?? 0, first.length);
  const complete = {
    ...(Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined)) as typeof search),
    ...marks,
    beams: search.beams ?? 5,
    lengthPenalty,
    banned: [...never, ...banned.map((text) => bannedToken(who, target, text))],
    prefix: [...first],
  };
  // Now, in the name of who was called, and before a step for so many beams is made.
  completeBeamSearchOptions({ ...complete, maximumLength: maximumLength ?? 20 + least }, who);
  return {
    batchSize: expectNumber(who, "batchSize", batchSize ?? 32, { integer: true, minimum: 1 }),
    unreadable: expectOneOf(who, "unreadable", unreadable ?? "refuse", unreadableRules),
    onBest,
    onProgress,
    maximumLength: (source: Int32Array) => maximumLength ?? 20 + Math.max(2 * source.length, least),
    search: complete,
  };
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
    text: tokenizer.target.decode(tokens),
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
