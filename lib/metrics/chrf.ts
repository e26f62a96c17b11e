import type { OptionsOf } from "../options.js";
import { completeOptions, double, flag, table, whole } from "../options.js";
import type { NgramCounts } from "./ngrams.js";
import { countNgrams, matchedNgrams } from "./ngrams.js";
import type { TextReferences } from "./references.js";
import { expectTexts, referenceSignature } from "./references.js";
import type { TextMetric } from "./textMetric.js";
import { splitWords } from "./words.js";

/** Options of `chrf`. @interface */
export type ChrfOptions = OptionsOf<typeof rules>;

/** Longer n-grams than a text has cost memory and change nothing. */
const longestOrder = 1000;

const rules = table("chrf", {
  /** The longest n-grams of characters; spaces do not count. Default 6. */
  characterOrder: whole({ minimum: 1, maximum: longestOrder, initial: 6 }),
  /** The longest n-grams of words: 0 is chrF, 2 is chrF++. Default 0. */
  wordOrder: whole({ maximum: longestOrder, initial: 0 }),
  /** How many times more recall matters than precision. Default 2. */
  beta: { ...double({ above: 0 }), initial: 2 },
  /** Ignore case. Default false. */
  lowercase: flag(),
});

export interface ChrfScore {
  /** 0 to 100. */
  score: number;
  /** "chrF2", or "chrF2++" with n-grams of two words. */
  name: string;
  /** The settings that the score depends on, as sacreBLEU writes them: "nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no". */
  signature: string;
}

/** N-grams of one order: of the hypothesis, of the reference, and those that match. */
type Counts = [hypothesis: number, reference: number, matched: number];

/**
 * chrF of a corpus: how well n-grams of characters, and in chrF++ of words, match. Where BLEU asks for whole words, this credits
 * the right stem with the wrong ending.
 *
 *   chrF = 100 · (1 + β²) · P · R / (β² · P + R)
 *
 * with P and R precision and recall, averaged over the orders that both sides are long enough for. Counts are summed over the
 * corpus first, for each hypothesis those of the reference that it has the best chrF with. The same scores as sacreBLEU 2.
 * Source: Popović (2015), "chrF: character n-gram F-score for automatic MT evaluation"; words: Popović (2017), "chrF++: words
 * helping character n-grams".
 * @param references for each hypothesis a text, or an array of several.
 * @throws InputError if there are no hypotheses, not as many entries of references, or a hypothesis without a reference;
 *   OptionError for options that do not exist or make no sense.
 */
export function chrf(hypotheses: readonly string[], references: TextReferences, options: ChrfOptions = {}): ChrfScore {
  const { lowercase, characterOrder, wordOrder, beta } = completeOptions("chrf", options, rules);
  const lists = expectTexts("chrf", hypotheses, references);
  const ngramsOf = (text: string): NgramCounts => {
    const words = splitWords(lowercase ? text.toLowerCase() : text);
    const characters = countNgrams(Array.from(words.join("")), characterOrder, "");
    return wordOrder === 0
      ? characters
      : [...characters, ...countNgrams(words.flatMap(cutPunctuation), wordOrder, " ")];
  };
  const sums = Array.from({ length: characterOrder + wordOrder }, (): Counts => [0, 0, 0]);
  for (const [i, hypothesis] of hypotheses.entries()) {
    const ngrams = ngramsOf(hypothesis);
    const counts = (lists[i] as string[]).map((reference) => countMatches(ngrams, ngramsOf(reference)));
    for (const [n, ofOrder] of best(counts, beta).entries()) {
      const sum = sums[n] as Counts;
      for (const [k, count] of ofOrder.entries()) sum[k] = (sum[k] as number) + count;
    }
  }
  const signature = [
    referenceSignature(lists),
    `case:${lowercase ? "lc" : "mixed"}|eff:yes|nc:${characterOrder}|nw:${wordOrder}|space:no`,
  ].join("|");
  return {
    score: fScore(sums, beta),
    name: `chrF${beta}${"+".repeat(wordOrder)}`,
    signature,
  };
}

/** One mark of ASCII at the end of a word, else one at its beginning, is a word of its own: "(so)" is "(so" and ")". */
function cutPunctuation(word: string): string[] {
  if (word.length === 1) return [word];
  if (isPunctuation(word.at(-1) as string)) return [word.slice(0, -1), word.slice(-1)];
  return isPunctuation(word[0] as string) ? [word.slice(0, 1), word.slice(1)] : [word];
}

function isPunctuation(character: string): boolean {
  return /[!-/:-@[-`{-~]/.test(character);
}

/** By order. N-grams of a hypothesis do not count in orders that its reference is too short for. */
function countMatches(hypothesis: NgramCounts, reference: NgramCounts): Counts[] {
  return hypothesis.map((ngrams, n) => {
    const others = reference[n] as Map<string, number>;
    return [others.size > 0 ? total(ngrams) : 0, total(others), matchedNgrams(ngrams, others)];
  });
}

function total(ngrams: Map<string, number>): number {
  let sum = 0;
  for (const count of ngrams.values()) sum += count;
  return sum;
}

/** The reference with the best score; the first of equals. */
function best(references: readonly Counts[][], beta: number): Counts[] {
  const scores = references.map((counts) => fScore(counts, beta));
  return references[scores.indexOf(scores.reduce((a, b) => Math.max(a, b)))] as Counts[];
}

/** 0 to 100. */
function fScore(counts: readonly Counts[], beta: number): number {
  let [precision, recall, orders] = [0, 0, 0];
  for (const [hypothesis, reference, matched] of counts) {
    if (hypothesis === 0 || reference === 0) continue;
    precision += matched / hypothesis;
    recall += matched / reference;
    orders++;
  }
  if (precision === 0) return 0;
  precision /= orders;
  recall /= orders;
  return 100 * (((1 + beta ** 2) * precision * recall) / (beta ** 2 * precision + recall));
}

/** The row of chrF. */
export const chrfMetric: TextMetric<ChrfScore> = {
  label: "chrF",
  score: ({ hypotheses, references, options: { lowercase } }) => chrf(hypotheses, references, { lowercase }),
  describe: ({ score, signature }) => `${score.toFixed(2)}  (${signature})`,
};
