import type { WordVectors } from "../../data/index.js";
import { readWordJudgements } from "../../data/index.js";
import { InputError } from "../../errors.js";
import type { Executor } from "../../executor/executor.js";
import type { AnalogyScores, SimilarityScores } from "../../models/word2vec/judgements.js";
import { analogyScores, similarityScores } from "../../models/word2vec/judgements.js";
import type { Word2Vec } from "../../models/word2vec/word2vec.js";
import { modelFrom } from "../executor.js";
import { untilInterrupted } from "../interrupt.js";
import { count, countOf, oneLine, printer } from "../print.js";
import type { Ability } from "../verbs.js";
import type { EvaluateOptions } from "./evaluate.js";
import { evaluate } from "./evaluate.js";
import type { Measure } from "./quantize.js";

/** Scores of a file of judgements about words, and the same in words. */
interface FileScores {
  readonly file: string;
  readonly scores: SimilarityScores | AnalogyScores;
  readonly text: string;
}

/** How far word vectors agree with files of judgements. All files are read first: one that cannot be read is found at once. */
export async function judgementsOf(
  files: readonly string[],
  { vectors, executor, signal }: { vectors: WordVectors; executor: Executor; signal: AbortSignal },
): Promise<FileScores[]> {
  const read = [];
  for (const file of files) read.push({ file, ...(await readWordJudgements(file)) });
  const results: FileScores[] = [];
  for (const { file, pairs, analogies } of read) {
    if (pairs) {
      const scores = similarityScores(vectors, pairs);
      const { spearman, covered } = scores;
      results.push({
        file,
        scores,
        text: `Spearman ${spearman.toFixed(4)}, ${count(covered)} of ${countOf(pairs.length, "pair")}`,
      });
    } else {
      const scores = await analogyScores(vectors, analogies, { executor, signal });
      const { accuracy, correct, covered } = scores;
      const share = `${(100 * accuracy).toFixed(2)} % (${count(correct)})`;
      results.push({
        file,
        scores,
        text: `${share} of ${count(covered)} analogies, of ${count(analogies.length)} in the file`,
      });
    }
  }
  return results;
}

/** The mean agreement with files of pairs, as Spearman's correlation. */
export const vectorAgreement: Measure<Word2Vec> = {
  measure: "Spearman",
  options: (command) => command,
  of: async (model, { files }) => {
    const vectors = await model.vectors();
    const agreements: number[] = [];
    for (const file of files) {
      const { pairs } = await readWordJudgements(file);
      if (!pairs) throw new InputError(`quantize: ${file} has analogies, and pairs of words with scores are measured.`);
      agreements.push(similarityScores(vectors, pairs).spearman);
    }
    return agreements.reduce((sum, own) => sum + own, 0) / agreements.length;
  },
};

/** Agreement of word vectors with people: similarities and analogies. */
export const evaluateVectors: Ability = {
  verb: evaluate,
  run: (folder: string, files: string[], options: EvaluateOptions) =>
    untilInterrupted(async (signal) => {
      const print = printer(options);
      const model = await modelFrom<Word2Vec>(folder, options);
      const vectors = await model.vectors();
      for (const { file, scores, text } of await judgementsOf(files, { vectors, executor: model.executor, signal })) {
        print.object({ file, ...scores });
        print.line(`${oneLine(file)}: ${text}`);
      }
    }),
};
