import type { SentenceMarks, Tokenizer } from "../data/index.js";
import { OptionError } from "../errors.js";
import type { Completed } from "../options.js";
import { callback, list, option, optional, table, text, whole, without } from "../options.js";
import { beamSearchRules, completeBeamSearchOptions } from "../search/beamSearchOptions.js";
import type { BeamSearchOptions, SearchResult } from "../search/index.js";
import { unwrittenTokens } from "./unwrittenTokens.js";
import { textOf } from "./wholeText.js";

/** A text that was written. */
export interface WrittenHypothesis {
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

/** The options of whatever searches for texts, for the tables of its kind. */
export const writingRules = table("writing", {
  ...without(beamSearchRules, "begin", "end", "automaton", "forced"),
  /** Hypotheses that are followed side by side; 1 is greedy search. Default: 5, or `nBest` where that is more. */
  beams: optional(beamSearchRules.beams),
  /**
   * Tokens of a text, its end included. Default: twice those of its source, and 20, or for images 50; more where a minimum or prefix
   * asks for it.
   */
  maximumLength: optional(beamSearchRules.maximumLength),
  /** Power of the length that divides a score, or "average" for the length itself: see beamSearch. Default 1. */
  lengthPenalty: { ...beamSearchRules.lengthPenalty, initial: 1 as number | "average" },
  /** Text that every target begins with. Default: none. */
  prefix: optional(text()),
  /** Texts that no target contains, each one token of the target's vocabulary. Default none. */
  banned: option(list(text({ empty: true }), []), { aka: ["bad_words", "suppress_tokens", "suppress_sequences"] }),
  /** Sources that are read side by side. Default 32. */
  batchSize: whole({ minimum: 1, initial: 32 }),
  /** Number of the first source, for texts handed over in several calls: they are drawn as in one call. Default 0. */
  firstNumber: option(whole({ initial: 0 }), { flag: null }),
  /** Called after every step with the best target of a source so far. Default: none. */
  onBest: callback<(text: string, source: number) => void>(),
  /** Called now and then with the share of the sources that are done, 0 to 1. Default: none. */
  onProgress: callback<(done: number) => void>(),
});

/** The options with their defaults, as search takes them. @throws OptionError for what does not fit. */
export function completeWriting(
  who: string,
  { tokenizer, marks }: { tokenizer: Tokenizer; marks: SentenceMarks },
  options: Completed<typeof writingRules>,
) {
  const { maximumLength, prefix, banned, batchSize, firstNumber, onBest, onProgress, ...search } = options;
  const first = prefix === undefined ? new Int32Array(0) : tokenizer.encode(prefix);
  if (tokenizer.special.unknown !== undefined && first.includes(tokenizer.special.unknown)) {
    throw new OptionError(`${who}: the prefix ${JSON.stringify(prefix)} holds a token that is not in the vocabulary.`);
  }
  const own: Omit<BeamSearchOptions, "begin" | "end" | "onBest"> = Object.fromEntries(
    Object.entries(search).filter(([, value]) => value !== undefined),
  );
  const complete = {
    ...own,
    ...marks,
    beams: search.beams ?? Math.max(5, search.nBest),
    banned: [...unwrittenTokens(tokenizer, marks.end), ...banned.map((token) => bannedToken(who, tokenizer, token))],
    prefix: [...first],
  };
  const least = Math.max(search.minimumLength, first.length);
  // Now, in the name of who was called, and before a step for this number of beams is made.
  completeBeamSearchOptions({ ...complete, maximumLength: maximumLength ?? 20 + least }, who);
  return { batchSize, firstNumber, onBest, onProgress, least, search: complete };
}

/** The hypotheses of a search, as text. @param positions of the memory that exist. */
export function writtenHypotheses(
  tokenizer: Tokenizer,
  { hypotheses }: SearchResult,
  positions: number,
): WrittenHypothesis[] {
  return hypotheses.map(({ ids, score, logProbabilities, ended, attention }) => ({
    text: textOf(tokenizer, ids),
    score,
    tokens: ids.map((id) => tokenizer.token(id)),
    ids: [...ids],
    logProbabilities,
    ended,
    ...(attention ? { attention: attention.map((row) => Float32Array.from(row).subarray(0, positions)) } : {}),
  }));
}

/** @throws OptionError unless the text is one token. */
function bannedToken(who: string, tokenizer: Tokenizer, text: string): number {
  const [token, ...more] = tokenizer.encode(text);
  if (token !== undefined && more.length === 0) return token;
  const count = token === undefined ? "no token" : `${more.length + 1} of them`;
  throw new OptionError(`${who}: only single tokens can be banned, and ${JSON.stringify(text)} is ${count}.`);
}
