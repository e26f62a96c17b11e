import type { TokenizerPair } from "../data/index.js";
import { expectKnownOptions, expectNumber, OptionError } from "../errors.js";
import type { BeamSearchOptions, SearchResult, TreeNode } from "../search/index.js";

export interface TranslateOptions
  extends Omit<
    BeamSearchOptions,
    "begin" | "end" | "prefix" | "banned" | "maximumLength" | "forced" | "onBest" | "lengthPenalty"
  > {
  /** Tokens of a target, its end included. Default: twice the tokens of its source, and 20. */
  maximumLength?: number;
  /** See BeamSearchOptions. Default 1. */
  lengthPenalty?: number | "average";
  /** What every target begins with. */
  prefix?: string;
  /** What no target contains, each one token of the target's vocabulary. */
  banned?: readonly string[];
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
  /** The best hypothesis; "" where there is none. */
  text: string;
  /** The source's tokens for the eye, in the order in which they were read. */
  source: string[];
  /** Best first. */
  hypotheses: TranslationHypothesis[];
  /** With `tree`: all that was followed. */
  tree?: TreeNode[];
}

const ownOptions = ["maximumLength", "lengthPenalty", "prefix", "banned", "batchSize", "onBest", "onProgress"] as const;

/** The options with their defaults, as search takes them. @throws OptionError for what does not fit. */
export function completeTranslate({ target, marks }: TokenizerPair, options: TranslateOptions) {
  const who = "translate";
  const {
    maximumLength,
    lengthPenalty = 1,
    prefix,
    banned = [],
    batchSize = 32,
    onBest,
    onProgress,
    ...rest
  } = options;
  const { beams, nBest, minimumLength, coveragePenalty, noRepeatNgram, groups, diversity, earlyStopping } = rest;
  const search = { beams, nBest, minimumLength, coveragePenalty, noRepeatNgram, groups, diversity, earlyStopping };
  const { sampling, tree, signal } = rest;
  expectKnownOptions(who, options, [...ownOptions, ...Object.keys(search), "sampling", "tree", "signal"]);
  expectNumber(who, "batchSize", batchSize, { integer: true, minimum: 1 });
  if (maximumLength !== undefined) {
    expectNumber(who, "maximumLength", maximumLength, { integer: true, minimum: 1 });
  }
  const { unknown, beginOfSentence, padding } = target.special;
  const refused = banned.map((text) => {
    const [token, ...more] = target.encode(text);
    if (token !== undefined && more.length === 0) return token;
    throw new OptionError(
      `${who}: only single tokens can be banned, and ${JSON.stringify(text)} is ${more.length + 1} of them.`,
    );
  });
  const never = [unknown, beginOfSentence, padding].filter((id) => id !== undefined && id !== marks.end);
  const given = { ...search, sampling, tree, signal };
  return {
    batchSize,
    onBest,
    onProgress,
    maximumLength: (source: Int32Array) => maximumLength ?? 2 * source.length + 20,
    search: {
      ...(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as typeof rest),
      ...marks,
      beams: beams ?? 5,
      lengthPenalty,
      banned: [...never, ...refused] as number[],
      ...(prefix === undefined ? {} : { prefix: [...target.encode(prefix)] }),
    },
  };
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
    text: hypotheses[0]?.text ?? "",
    source: Array.from(source, (id) => tokenizer.source.token(id)),
    hypotheses,
    ...(result.tree ? { tree: result.tree } : {}),
  };
}
