import type { Tokenizer } from "../../data/index.js";
import type { OptionsOf } from "../../options.js";
import { callback, completeOptions, optional, table, without, word } from "../../options.js";
import { beamSearchRules, completeBeamSearchOptions } from "../../search/beamSearchOptions.js";
import type { BeamSearchOptions, SearchResult } from "../../search/index.js";
import { searchStep } from "../../search/index.js";
import { wholeText } from "../wholeText.js";
import { prompt } from "./generation.js";
import { endTokenOf, textEnds } from "./textEnd.js";
import type { TokenStep } from "./tokenStep.js";

/** A text that beam search has found. */
export interface BeamText {
  /** Without the prompt and the end. */
  text: string;
  /** The number that texts are compared by: the sum of the log-probabilities, with the penalties. */
  score: number;
  /** Each token with its log-probability in nats, and the end if it has ended. */
  tokens: { token: string; logProbability: number }[];
  /** Whether it ended by itself, or was cut off. */
  ended: boolean;
}

/** The result of a beam search over a language model. */
export interface BeamTexts {
  /** Best first. */
  texts: BeamText[];
  /** Tokens of the prompt that the vocabulary lacks, and that the model read as <unk>. */
  unknown: number;
  /** The tokens that were followed: node `parent` comes before each (-1: the prompt). */
  tree?: { token: string; parent: number; logProbability: number; score: number }[];
}

/** The options of a search for texts. */
export const beamTextRules = table("LanguageModel.beamSearch", {
  ...without(beamSearchRules, "begin", "coveragePenalty"),
  /** Text to continue. Default: the start of a line. */
  prompt,
  /**
   * Where a text ends: at the model's token for the end of a "sentence"; at the end of a "line"; or "never", so that all run to
   * `maximumLength`. Default: line for a model of sentences; else sentence where the tokenizer has such a token, else never.
   */
  end: optional(word(textEnds)),
  /** Called after each token with the best text so far, and finally with the result. Default: none. */
  onBest: callback<(text: string) => void>(),
});

/** Options of `LanguageModel.beamSearch`. @interface */
export type BeamTextOptions = OptionsOf<typeof beamTextRules>;

/**
 * The options with what search cannot know filled in.
 * @param model.sentences whether a line is a text of its own.
 * @throws OptionError for what does not fit, or an end that the tokenizer does not have.
 */
export function completeBeamTexts(
  { tokenizer, sentences }: { tokenizer: Tokenizer; sentences: boolean },
  options: BeamTextOptions,
) {
  const who = "beamSearch";
  const { prompt, end: ending, onBest, ...search } = completeOptions(who, options, beamTextRules);
  const usual = sentences ? "line" : tokenizer.special.endOfSentence === undefined ? "never" : "sentence";
  const end = endTokenOf(who, tokenizer, ending ?? usual);
  const own: Omit<BeamSearchOptions, "begin" | "end" | "onBest"> = Object.fromEntries(
    Object.entries(search).filter(([, value]) => value !== undefined),
  );
  // Checked before a step of that many rows is compiled.
  completeBeamSearchOptions({ ...own, begin: 0, end }, who);
  return { prompt, end, onBest, search: { ...own, beams: search.beams, banned: search.banned, signal: search.signal } };
}

/**
 * Searches for the likeliest texts that follow a context.
 * @param decode tokens to the text that they add to the prompt.
 */
export async function searchTexts(
  step: TokenStep,
  { context, banned, tokenizer }: { context: readonly number[]; banned: readonly number[]; tokenizer: Tokenizer },
  {
    end,
    onBest,
    search: { signal, ...search },
    decode,
  }: Omit<ReturnType<typeof completeBeamTexts>, "prompt"> & {
    decode: (ids: readonly number[]) => string;
  },
): Promise<Omit<BeamTexts, "unknown">> {
  const state = await step.readAll(context.slice(0, -1), signal);
  const automaton = search.automaton ?? wholeText(tokenizer);
  const [result] = await searchStep(step.searchStep(search.beams), step.repeated(state, search.beams), {
    ...search,
    sentences: 1,
    begin: context.at(-1) as number,
    end,
    banned: [...banned, ...search.banned],
    ...(automaton ? { automaton } : {}),
    ...(signal ? { signal } : {}),
    ...(onBest ? { onBest: (ids: readonly number[]) => onBest(decode(ids)) } : {}),
  });
  const { hypotheses, tree } = result as SearchResult;
  return {
    texts: hypotheses.map(({ ids, score, logProbabilities, ended }) => ({
      text: decode(ids),
      score,
      tokens: [...ids, ...(ended ? [end as number] : [])].map((id, i) => ({
        token: tokenizer.token(id),
        logProbability: logProbabilities[i] as number,
      })),
      ended,
    })),
    ...(tree ? { tree: tree.map(({ id, ...node }) => ({ ...node, token: tokenizer.token(id) })) } : {}),
  };
}
