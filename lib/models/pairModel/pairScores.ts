import type { Pair, Tokenizer } from "../../data/index.js";
import type { TextScoreOptions, TextScores } from "../../metrics/index.js";
import { scoreTexts } from "../../metrics/index.js";
import { textScoreRules } from "../../metrics/textMetric.js";
import type { OptionsOf } from "../../options.js";
import { completeOptions, isRecord, optional, table, value } from "../../options.js";
import type { TranslateOptions } from "./translation.js";
import { translateRules } from "./translation.js";

const rules = table("Seq2Seq.score", {
  ...translateRules,
  /** How texts are compared: options of `scoreTexts`. Default: in the units that targets are written in. */
  scores: optional(value<TextScoreOptions>("an object", isRecord)),
});

/** Options of `Seq2Seq.score`. @interface */
export type PairScoreOptions = OptionsOf<typeof rules>;

/** How to search for texts, and how to compare them. @throws OptionError for an option that does not exist or fit. */
export function searchAndScores(options: PairScoreOptions): [TranslateOptions, TextScoreOptions | undefined] {
  completeOptions("score", options, rules);
  const { scores, ...search } = options;
  completeOptions("score", scores, textScoreRules);
  return [search, scores];
}

/** How well what a model writes matches what people wrote. */
export interface PairScores extends TextScores {
  /** Sources; one with several targets counts once. */
  sources: number;
  /** Targets of all sources. */
  references: number;
  /** The text that was written for each pair, in their order; pairs of one source have the same. */
  texts: string[];
}

/** Pairs, those of one source together, wherever they stand. */
export interface GroupedPairs {
  readonly sources: readonly string[];
  /** The targets of each source. */
  readonly targets: readonly (readonly string[])[];
  /** For each pair the number of its source. */
  readonly groups: readonly number[];
}

/** Puts the pairs of one source together: one source with several references, which stands where it first occurs. */
export function groupPairs(pairs: readonly Pair[]): GroupedPairs {
  const numbers = new Map<string, number>();
  const targets: string[][] = [];
  const groups = pairs.map(({ source, target }) => {
    const number = numbers.get(source) ?? numbers.size;
    if (number === numbers.size) {
      numbers.set(source, number);
      targets.push([]);
    }
    targets[number]?.push(target);
    return number;
  });
  return { sources: [...numbers.keys()], targets, groups };
}

/** @param texts what the model wrote for each source. @throws InputError if there are none. */
export function pairScores(
  texts: readonly string[],
  { sources, targets, groups }: GroupedPairs,
  tokenizer: Tokenizer,
  options: TextScoreOptions = {},
): PairScores {
  const references = targets.map((list) => list.map((target) => tokenizer.normalize(target)));
  const unit = tokenizer.kind === "character" ? ("characters" as const) : ("words" as const);
  return {
    sources: sources.length,
    references: groups.length,
    ...scoreTexts(texts, references, { unit, ...options }),
    texts: groups.map((group) => texts[group] as string),
  };
}
