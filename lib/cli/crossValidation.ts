import type { LabelledText } from "../data/index.js";
import { splitFolds, splitTexts } from "../data/index.js";
import { labelsOf } from "../models/sequenceClassifier/examples.js";
import type { ClassifierEvaluation } from "../models/sequenceClassifier/sequenceClassifier.js";
import type { ClassifierOptions } from "./classifierTraining.js";
import { classifierFor, vocabularyOf } from "./classifierTraining.js";
import { untilInterrupted } from "./interrupt.js";
import { given } from "./options.js";
import type { Printer } from "./print.js";
import { count } from "./print.js";
import { notWorthIt } from "./printClassification.js";
import { passingTrainerFor } from "./training.js";
import type { TrainingCall } from "./trainingCall.js";

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;

/**
 * Trains a classifier without each part of the texts, measures it on that part, and prints the mean; the models are not kept.
 * @param options.share share of the texts to learn from that is held out to choose the best epoch.
 */
export async function crossValidate(
  examples: readonly LabelledText[],
  {
    call,
    print,
    share,
    folds,
  }: { call: TrainingCall<ClassifierOptions>; print: Printer; share: number; folds: number },
): Promise<void> {
  const { options, command } = call;
  const { seed } = options;
  const names = examples.flatMap(labelsOf);
  await untilInterrupted(async (signal) => {
    const context = { options, command, signal, print };
    const results: ClassifierEvaluation[] = [];
    for (const [fold, { train, test }] of splitFolds(examples, { folds, seed }).entries()) {
      const parts = splitTexts(train, { validation: share, seed });
      const tokenizer = await vocabularyOf(parts.train, names, context);
      const { model, data, measured } = await classifierFor(parts, { tokenizer, before: null, ...context });
      const trainer = passingTrainerFor(model, call, { data, ...given({ validation: measured }) });
      const line = print.progress();
      trainer.on("step", ({ progress, loss }) =>
        line.update((fold + progress) / folds, `fold ${fold + 1} of ${folds}  loss ${loss.toFixed(3)}`),
      );
      await trainer.run({ signal }).finally(() => line.stop());
      signal.throwIfAborted();
      const result = await model.evaluate(test, { signal });
      results.push(result);
      print.object({ event: "fold", fold: fold + 1, ...result });
      print.line(
        `fold ${fold + 1} of ${folds}: accuracy ${percent(result.accuracy)} of ${count(result.count)} texts` +
          `${result.bagOfWords ? `; a linear bag of words ${percent(result.bagOfWords.accuracy)}` : ""}`,
      );
    }
    printMeans(print, results);
  });
}

function printMeans(print: Printer, results: readonly ClassifierEvaluation[]): void {
  const linear = results.flatMap(({ bagOfWords }) => (bagOfWords ? [bagOfWords.accuracy] : []));
  const means = {
    accuracy: spread(results.map(({ accuracy }) => accuracy)),
    macroF1: spread(results.map(({ macroF1 }) => macroF1)),
    majority: spread(results.map(({ majority }) => majority.accuracy)),
    bagOfWords: linear.length > 0 ? spread(linear) : null,
  };
  print.object({ event: "mean", folds: results.length, ...means });
  const written = ({ mean, deviation }: { mean: number; deviation: number }) =>
    `${percent(mean)} (standard deviation ${(100 * deviation).toFixed(2)})`;
  print.line(`mean: accuracy ${written(means.accuracy)}, macro F1 ${written(means.macroF1)}`);
  const bag = means.bagOfWords ? `; a linear bag of words ${written(means.bagOfWords)}` : "";
  print.line(`always the commonest label: ${percent(means.majority.mean)}${bag}`);
  if (means.accuracy.mean <= Math.max(means.majority.mean, means.bagOfWords?.mean ?? 0)) print.line(notWorthIt);
}

/** Mean and standard deviation, with n - 1. */
function spread(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / Math.max(1, values.length - 1)) };
}
