import { OptionError } from "../errors.js";
import type { OptionsOf } from "../options.js";
import { completeOptions, double, expectOptions, flag, optional, table, word } from "../options.js";
import { BleuCounts, bleuOrders } from "./bleuCounts.js";
import { bleuTokenizations, bleuTokenizers } from "./bleuTokenizers.js";
import type { TextReferences } from "./references.js";
import { expectTexts, referenceSignature } from "./references.js";
import type { TextMetric } from "./textMetric.js";
import { trimBlanksAtEnd } from "./words.js";

/** Default of `smoothingValue` (Chen & Cherry 2014); null where there is nothing to choose. */
const smoothings = { exp: null, floor: 0.1, "add-k": 1, none: null } as const;

type Smoothing = keyof typeof smoothings;

/** Options of `bleu`. @interface */
export type BleuOptions = OptionsOf<typeof rules>;

const rules = table("bleu", {
  /**
   * Way to cut texts into words. "13a": as WMT does, for detokenised text of Western languages; "intl": the punctuation of all
   * scripts; "char": characters, for scripts without spaces; "none": at spaces, for text that is tokenised already.
   * Default "13a".
   */
  tokenize: word(bleuTokenizations, "13a"),
  /** Ignore case. Default false. */
  lowercase: flag(),
  /**
   * Smoothing of an n-gram order without a match (Chen & Cherry 2014). "exp": 1/2 of a match, 1/4 in the next such order, and
   * so on; "floor": `smoothingValue` matches; "add-k": every order above 1 has `smoothingValue` more matches and n-grams;
   * "none": nothing, and BLEU is 0. A corpus without any match has BLEU 0 in all of them. Default "exp".
   */
  smoothing: word(Object.keys(smoothings) as Smoothing[], "exp"),
  /** Value that smoothing adds. Default: 0.1 for "floor", 1 for "add-k". */
  smoothingValue: optional(double({ minimum: 0 })),
  /** Leave out orders that no hypothesis is long enough for, instead of giving 0. Set in `sentenceBleu`. Default false. */
  effectiveOrder: flag(),
});

export interface BleuScore {
  /** 0 to 100. */
  score: number;
  /** Precisions of 1- to 4-grams after smoothing, 0 to 100. */
  precisions: number[];
  /** 0 to 1; 1 where the hypotheses are at least as long as the references. */
  brevityPenalty: number;
  /**
   * The longest n-grams that a hypothesis is long enough for, 0 to 4. Below 4 the score is 0 by definition, however right the texts
   * are, unless `effectiveOrder` or the smoothing "add-k" says otherwise.
   */
  order: number;
  /** Words of all hypotheses. */
  hypothesisLength: number;
  /** Words of the references, of each hypothesis the one closest in length. */
  referenceLength: number;
  /** The settings that the score depends on, as sacreBLEU writes them: "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp". */
  signature: string;
}

/**
 * BLEU of a corpus: how many 1- to 4-grams of the hypotheses stand in the references.
 *
 *   BLEU = 100 · BP · exp(1/4 · sum over n of log(matched n-grams / n-grams))   BP = min(1, exp(1 - r/h))
 *
 * with r and h the lengths of references and hypotheses. Counts are summed over the corpus first. The same scores as sacreBLEU 2.
 * Source: Papineni et al. (2002), "BLEU: a Method for Automatic Evaluation of Machine Translation"; tokenisation and defaults of
 * Post (2018), "A Call for Clarity in Reporting BLEU Scores".
 * @param references for each hypothesis a text, or an array of several.
 * @throws InputError if there are no hypotheses, not as many entries of references, or a hypothesis without a reference;
 *   OptionError for options that do not exist or contradict each other.
 */
export function bleu(hypotheses: readonly string[], references: TextReferences, options: BleuOptions = {}): BleuScore {
  return corpusBleu("bleu", hypotheses, references, options);
}

/**
 * BLEU of one sentence, with orders that it is too short for left out. Says little about a single sentence: for the quality of a
 * corpus take `bleu`, which is not the mean of these.
 * @throws InputError if there is no reference; OptionError as `bleu`.
 */
export function sentenceBleu(
  hypothesis: string,
  references: string | readonly string[],
  options: BleuOptions = {},
): BleuScore {
  return corpusBleu("sentenceBleu", [hypothesis], [references], {
    ...(expectOptions("sentenceBleu", options) as BleuOptions),
    effectiveOrder: options.effectiveOrder ?? true,
  });
}

/**
 * BLEU-1 to BLEU-4, as captions of images are scored: of the n-grams up to each length alone. Without smoothing, 0 from the first length
 * on that has no match.
 */
export function bleuByLength({
  precisions,
  brevityPenalty,
}: Pick<BleuScore, "precisions" | "brevityPenalty">): number[] {
  let logs = 0;
  return precisions.map((precision, n) => {
    logs += Math.log(precision / 100);
    return Math.min(100, 100 * brevityPenalty * Math.exp(logs / (n + 1)));
  });
}

function corpusBleu(
  owner: string,
  hypotheses: readonly string[],
  references: TextReferences,
  options: BleuOptions,
): BleuScore {
  const { tokenize, lowercase, smoothing, smoothingValue, effectiveOrder } = completeOptions(owner, options, rules);
  const cut = bleuTokenizers[tokenize];
  const value = smoothingValueOf(owner, smoothing, smoothingValue);
  const wordsOf = (text: string) => cut(trimBlanksAtEnd(lowercase ? text.toLowerCase() : text));
  const lists = expectTexts(owner, hypotheses, references);
  const counts = new BleuCounts();
  for (const [i, list] of lists.entries()) counts.add(wordsOf(hypotheses[i] as string), list.map(wordsOf));
  const { hypothesisLength: h, referenceLength: r } = counts;
  const brevityPenalty = h >= r ? 1 : h === 0 ? 0 : Math.exp(1 - r / h);
  const { precisions, order } = precisionsOf(counts, smoothing, value);
  const used = effectiveOrder ? order : bleuOrders;
  const logs = precisions.slice(0, used).reduce((sum, precision) => sum + Math.log(precision), 0);
  const signature = [
    referenceSignature(lists),
    `case:${lowercase ? "lc" : "mixed"}`,
    `eff:${effectiveOrder ? "yes" : "no"}`,
    `tok:${tokenize}`,
    `smooth:${smoothing}${value === null ? "" : `[${value.toFixed(2)}]`}`,
  ].join("|");
  return {
    // Rounding would give a perfect corpus a little more than there is.
    score: used === 0 ? 0 : Math.min(100, brevityPenalty * Math.exp(logs / used)),
    precisions,
    brevityPenalty,
    order: counts.total.filter((count) => count > 0).length,
    hypothesisLength: h,
    referenceLength: r,
    signature,
  };
}

function smoothingValueOf(owner: string, smoothing: Smoothing, value: number | undefined): number | null {
  const standard = smoothings[smoothing];
  if (value === undefined) return standard;
  if (standard !== null) return value;
  throw new OptionError(
    `${owner}: smoothingValue ${value} has a meaning with smoothing "floor" and "add-k", got "${smoothing}".`,
  );
}

/** `order`: the highest that a hypothesis is long enough for. Without any match nothing is smoothed. */
function precisionsOf(
  { matched, total }: BleuCounts,
  smoothing: Smoothing,
  value: number | null,
): { precisions: number[]; order: number } {
  const precisions = new Array<number>(bleuOrders).fill(0);
  if (matched.every((count) => count === 0)) return { precisions, order: 0 };
  let missed = 1;
  for (let n = 0; n < bleuOrders; n++) {
    const more = smoothing === "add-k" && n > 0 ? (value ?? 0) : 0;
    const [hits, of] = [(matched[n] as number) + more, (total[n] as number) + more];
    if (of === 0) return { precisions, order: n };
    if (hits > 0) precisions[n] = (100 * hits) / of;
    else if (smoothing === "exp") precisions[n] = 100 / ((missed *= 2) * of);
    else if (smoothing === "floor") precisions[n] = (100 * (value ?? 0)) / of;
  }
  return { precisions, order: bleuOrders };
}

/** The row of BLEU. */
export const bleuMetric: TextMetric<BleuScore> = {
  label: "BLEU",
  score: ({ hypotheses, references, options: { tokenize, lowercase } }) =>
    bleu(hypotheses, references, { tokenize, lowercase }),
  describe: ({ score, order, signature }) =>
    order < bleuOrders && !signature.includes("eff:yes")
      ? "none (it counts runs of 1 to 4 words, and no text has 4: see chrF and exact)"
      : `${score.toFixed(2)}  (${signature})`,
};
