import type { Tokenizer } from "../data/index.js";
import { OptionError } from "../errors.js";
import { expectKnownOptions, expectOneOf } from "../options.js";
import type { BeamSearchOptions, SearchResult } from "../search/index.js";
import { searchStep } from "../search/index.js";
import type { TokenStep } from "./generation.js";

export interface BeamTextOptions extends Omit<BeamSearchOptions, "begin" | "end" | "coveragePenalty" | "onBest"> {
  /** Text to continue. Default: the start of a line. */
  prompt?: string;
  /**
   * What ends a text: the model's token for the end of a sentence; the end of a line; or "never", so that all run to maximumLength.
   * Default: "sentence" where the tokenizer has such a token, else "never".
   */
  end?: (typeof ends)[number];
  /** Told the best text so far, after every token; at last the result. */
  onBest?: (text: string) => void;
}

const ends = ["sentence", "line", "never"] as const;

/** A text that beam search has found. */
export interface BeamText {
  /** Without the prompt and the end. */
  text: string;
  /** What texts are compared by: the sum of the log-probabilities, with the penalties. */
  score: number;
  /** In nats, of each token and of the end if it has ended. */
  tokens: { token: string; logProbability: number }[];
  /** Whether it ended by itself, or was cut off. */
  ended: boolean;
}

/** What beam search over a language model gives. */
export interface BeamTexts {
  /** Best first. */
  texts: BeamText[];
  /** What was followed: node `parent` comes before it (-1: the prompt). */
  tree?: { token: string; parent: number; logProbability: number; score: number }[];
}

const ownNames = ["prompt", "end", "onBest"];
const searchNames = [
  ...[
    "beams",
    "nBest",
    "maximumLength",
    "minimumLength",
    "lengthPenalty",
    "noRepeatNgram",
    "prefix",
    "forced",
    "banned",
  ],
  ...["groups", "diversity", "sampling", "earlyStopping", "tree", "signal"],
];

/** The options with what search cannot know filled in. @throws OptionError for an unknown option, or an end that the tokenizer does not have. */
export function completeBeamTexts(tokenizer: Tokenizer, options: BeamTextOptions) {
  expectKnownOptions("beamSearch", options, [...ownNames, ...searchNames]);
  const { prompt = "", end: given, onBest, ...search } = options;
  const { endOfSentence } = tokenizer.special;
  const end = expectOneOf("beamSearch", "end", given ?? (endOfSentence === undefined ? "never" : "sentence"), ends);
  const token = { sentence: endOfSentence, line: tokenizer.id("\n"), never: null }[end];
  if (token === undefined) throw new OptionError(`beamSearch: the tokenizer has no token for the end of a ${end}.`);
  return { prompt, end: token, onBest, search: { ...search, beams: search.beams ?? 5 } };
}

/**
 * Searches for the likeliest texts behind a context.
 * @param steps.reading of one row. @param steps.searching with a row for each beam.
 * @param decode tokens to the text that they add to the prompt.
 */
export async function searchTexts(
  steps: { reading: TokenStep; searching: TokenStep },
  { context, banned, tokenizer }: { context: readonly number[]; banned: readonly number[]; tokenizer: Tokenizer },
  {
    end,
    onBest,
    search,
    decode,
  }: Omit<ReturnType<typeof completeBeamTexts>, "prompt"> & {
    decode: (tokens: readonly number[]) => string;
  },
): Promise<BeamTexts> {
  let state = steps.reading.start();
  for (const token of context.slice(0, -1)) {
    search.signal?.throwIfAborted();
    ({ state } = await steps.reading.read(token, state));
  }
  const [found] = await searchStep(steps.searching.searchStep(), steps.searching.repeated(state), {
    ...search,
    sentences: 1,
    begin: context.at(-1) as number,
    end,
    banned: [...banned, ...(search.banned ?? [])],
    ...(onBest ? { onBest: (tokens: readonly number[]) => onBest(decode(tokens)) } : {}),
  });
  const { hypotheses, tree } = found as SearchResult;
  return {
    texts: hypotheses.map(({ tokens, score, logProbabilities, ended }) => ({
      text: decode(tokens),
      score,
      tokens: [...tokens, ...(ended ? [end as number] : [])].map((id, i) => ({
        token: tokenizer.token(id),
        logProbability: logProbabilities[i] as number,
      })),
      ended,
    })),
    ...(tree ? { tree: tree.map((node) => ({ ...node, token: tokenizer.token(node.token) })) } : {}),
  };
}
