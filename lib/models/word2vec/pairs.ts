import { philox, uniform01 } from "../../random/philox.js";

/** Words that are predicted, each by the mean of vectors: feeds of `Word2VecNetwork.softmaxLosses`. */
export interface PredictedWords {
  readonly C: number;
  readonly B: number;
  /** i32 [C,B], 0 where there is none. */
  readonly contexts: Int32Array;
  /** [C,B]: 1 / number of contexts, 0 where there is none. */
  readonly weights: Float32Array;
  /** i32 [B], -1 where there is none. */
  readonly targets: Int32Array;
  /** Targets that are not -1. */
  readonly count: number;
}

export interface PairOptions {
  readonly architecture: "skip-gram" | "cbow";
  readonly window: number;
  readonly fixedWindow: boolean;
  /** [V] the probability of each word to be read. */
  readonly keep: Float32Array;
  /** Seed and number of the batch. */
  readonly random: readonly [number, number];
}

const key = 0x50f7a2;

/** Numbers of rows that a batch is rounded up to, so that there are few shapes of programs. */
const unit = 64;

/**
 * The pairs of a text for softmax regression: with skip-gram a row for each word around a word, with CBOW a row for each word.
 * @param tokens -1 where a sentence ends.
 */
export function predictedWords(tokens: Int32Array, options: PairOptions): PredictedWords {
  const { architecture, window, fixedWindow, keep, random } = options;
  const words = new Uint32Array(4);
  const kept: { word: number; sentence: number; reach: number }[] = [];
  let sentence = 0;
  for (const [at, word] of tokens.entries()) {
    if (word < 0) sentence++;
    else {
      philox([at, 0, random[1], 0], [random[0], key], words);
      const reach = fixedWindow ? window : 1 + Math.floor(((words[1] as number) * window) / 2 ** 32);
      if (uniform01(words[0] as number) < (keep[word] as number)) kept.push({ word, sentence, reach });
    }
  }
  const rows: { target: number; contexts: number[] }[] = [];
  for (const [i, own] of kept.entries()) {
    const around = kept.slice(Math.max(0, i - own.reach), i + own.reach + 1).filter((other) => other !== own);
    const contexts = around.filter((other) => other.sentence === own.sentence).map(({ word }) => word);
    if (contexts.length === 0) continue;
    if (architecture === "cbow") rows.push({ target: own.word, contexts });
    else for (const context of contexts) rows.push({ target: own.word, contexts: [context] });
  }
  return inColumns(rows, architecture === "cbow" ? 2 * window : 1);
}

function inColumns(rows: readonly { target: number; contexts: readonly number[] }[], C: number): PredictedWords {
  const B = Math.max(1, Math.ceil(rows.length / unit)) * unit;
  const contexts = new Int32Array(C * B);
  const weights = new Float32Array(C * B);
  const targets = new Int32Array(B).fill(-1);
  for (const [b, row] of rows.entries()) {
    targets[b] = row.target;
    for (const [c, word] of row.contexts.entries()) {
      contexts[c * B + b] = word;
      weights[c * B + b] = 1 / row.contexts.length;
    }
  }
  return { C, B, contexts, weights, targets, count: rows.length };
}
