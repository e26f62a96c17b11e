import type { JudgedPair, WordAnalogy, WordVectors } from "../../data/index.js";
import { wordVectorsRule } from "../../data/index.js";
import { InputError } from "../../errors.js";
import { executorOf, executorRule } from "../../executor/choice.js";
import type { Executor } from "../../executor/executor.js";
import { Graph } from "../../graph/graph.js";
import * as ops from "../../graph/ops/index.js";
import { spearman } from "../../metrics/rankCorrelation.js";
import type { OptionsOf } from "../../options.js";
import { abortSignal, checkOption, completeOptions, double, list, object, table, text, tuple } from "../../options.js";

const pairRule = list(object({ words: tuple(text(), text()), score: double() }, { open: true }));

const analogyRule = list(
  object({ words: tuple(text(), text(), text(), text()), section: text({ empty: true }) }, { open: true }),
);

const analogyRules = table("analogyScores", {
  /** Executor of the products. Default: the native executor, or without a binary WebAssembly or the reference. */
  executor: executorRule,
  /** Signal that stops the work. Default: none. */
  signal: abortSignal,
});

/** Options of `analogyScores`. @interface */
export type AnalogyOptions = OptionsOf<typeof analogyRules>;

/** Agreement of word vectors with people. */
export interface SimilarityScores {
  /** Spearman's rank correlation of the cosines and people's scores. */
  readonly spearman: number;
  /** Pairs whose words both have vectors: those that count. */
  readonly covered: number;
  /** All pairs. */
  readonly pairs: number;
}

/** Analogies that word vectors answer. */
export interface AnalogyScores {
  /** Share of the covered ones whose first answer is right. */
  readonly accuracy: number;
  readonly correct: number;
  /** Analogies whose four words all have vectors: those that count. */
  readonly covered: number;
  readonly analogies: number;
  /** The same for each section, in the order of the file. */
  readonly sections: readonly { section: string; correct: number; covered: number; analogies: number }[];
}

/** How well the cosines of pairs of words agree with people. @throws InputError where fewer than two pairs have vectors. */
export function similarityScores(vectors: WordVectors, pairs: readonly JudgedPair[]): SimilarityScores {
  checkOption("similarityScores", "vectors", vectors, wordVectorsRule);
  checkOption("similarityScores", "pairs", pairs, pairRule);
  const known = pairs.filter(({ words }) => words.every((word) => vectors.id(word) !== undefined));
  if (known.length < 2) {
    throw new InputError(
      `evaluate: ${known.length} of ${pairs.length} pairs have vectors for both words, and at least 2 are needed. ` +
        "Train on a text with these words, or with a lower minimum count.",
    );
  }
  const own = known.map(({ words: [a, b] }) => vectors.similarity(a, b));
  return {
    spearman: spearman(
      own,
      known.map(({ score }) => score),
    ),
    covered: known.length,
    pairs: pairs.length,
  };
}

/** Analogies answered at once. */
const rows = 128;

/**
 * The share of analogies whose answer is the nearest word to b - a + c that is none of the three (Mikolov et al. 2013).
 * @throws InputError where none has vectors for its four words.
 */
export async function analogyScores(
  vectors: WordVectors,
  analogies: readonly WordAnalogy[],
  options: AnalogyOptions = {},
): Promise<AnalogyScores> {
  const { executor, signal } = completeOptions("analogyScores", options, analogyRules);
  checkOption("analogyScores", "vectors", vectors, wordVectorsRule);
  checkOption("analogyScores", "analogies", analogies, analogyRule);
  const sections = new Map<string, { section: string; correct: number; covered: number; analogies: number }>();
  const known: { ids: number[]; section: string }[] = [];
  for (const { words, section } of analogies) {
    const own = sections.get(section) ?? { section, correct: 0, covered: 0, analogies: 0 };
    sections.set(section, own);
    own.analogies++;
    const ids = words.map((word) => vectors.id(word));
    if (ids.some((id) => id === undefined)) continue;
    own.covered++;
    known.push({ ids: ids as number[], section });
  }
  if (known.length === 0) {
    throw new InputError(
      `evaluate: none of ${analogies.length} analogies has vectors for its four words. Train on a text with these words, ` +
        "or with a lower minimum count.",
    );
  }
  const answer = answering(vectors, executorOf(executor));
  for (let begin = 0; begin < known.length; begin += rows) {
    signal?.throwIfAborted();
    const asked = known.slice(begin, begin + rows);
    const answers = await answer(asked.map(({ ids }) => ids));
    for (const [i, { ids, section }] of asked.entries()) {
      if (answers[i] === ids[3]) (sections.get(section) as { correct: number }).correct++;
    }
  }
  const correct = [...sections.values()].reduce((sum, own) => sum + own.correct, 0);
  const covered = known.length;
  return {
    accuracy: correct / covered,
    correct,
    covered,
    analogies: analogies.length,
    sections: [...sections.values()],
  };
}

/** A function that answers analogies: the ids of three words each. It is a product with all vectors, off the event loop. */
function answering(
  vectors: WordVectors,
  executor: Executor,
): (asked: readonly (readonly number[])[]) => Promise<number[]> {
  const { size: E, unit } = vectors;
  const V = vectors.words.length;
  const graph = new Graph();
  const table = graph.variable({ name: "unit", dtype: "f32", shape: [V, E] });
  graph.output("scores", ops.matmul(graph.feed("targets", "f32", [rows, E]), table, { transposeB: true }));
  const store = executor.createStore();
  store.declare({ name: "unit", dtype: "f32", shape: [V, E] });
  const written = store.write("unit", unit);
  const executable = executor.compile(graph.program(), store);
  return async (asked) => {
    await written;
    const targets = new Float32Array(rows * E);
    for (const [i, [a = 0, b = 0, c = 0]] of asked.entries()) {
      for (let e = 0; e < E; e++) {
        const at = (id: number) => unit[id * E + e] as number;
        targets[i * E + e] = at(b) - at(a) + at(c);
      }
    }
    const { outputs } = await executable.run({ targets });
    const scores = outputs.scores as Float32Array;
    return asked.map((ids, i) => best(scores.subarray(i * V, (i + 1) * V), ids.slice(0, 3)));
  };
}

/** The place of the largest number that is none of some. */
function best(scores: Float32Array, except: readonly number[]): number {
  let found = -1;
  for (let id = 0; id < scores.length; id++) {
    if (found >= 0 && (scores[id] as number) <= (scores[found] as number)) continue;
    if (!except.includes(id)) found = id;
  }
  return found;
}
