import type { LabelledText } from "../../data/index.js";
import { hash } from "../../random/hash.js";
import { inTurns } from "../inTurns.js";
import type { LinearInput } from "./linearModel.js";
import { mostRows } from "./linearModel.js";

/** Rows of the smallest table that is made for texts. */
const fewestRows = 4096;

/** Weights of the largest table: 64 MiB. */
const mostWeights = 2 ** 24;

/**
 * The different words of a text without their order: runs of letters and digits in lower case, and single signs, each as a row of a
 * table, by a hash, so that two rare words may share one (Weinberger et al. 2009).
 */
export function bagOfWords(text: string, rows: number): LinearInput {
  return { rows: [...new Set(wordsOf(text).map((word) => hash(word) % rows))] };
}

/** Rows of a table for the words of texts: four times as many as there are different words, where that is not too large, so that few share one. */
export async function bagRows(
  examples: readonly LabelledText[],
  { classes, signal }: { classes: number; signal?: AbortSignal },
): Promise<number> {
  const words = new Set<string>();
  const add = ({ text }: LabelledText) => {
    for (const word of wordsOf(text)) words.add(word);
  };
  await inTurns(examples, add, signal);
  return Math.min(mostRows, Math.floor(mostWeights / classes), Math.max(fewestRows, 4 * words.size));
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+|[^\s\p{L}\p{M}\p{N}]/gu) ?? [];
}
