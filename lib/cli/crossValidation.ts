import { foldRules, splitFolds } from "../data/index.js";
import { OptionError } from "../errors.js";
import { option, optional, table } from "../options.js";
import type { TrainingData } from "../train/data.js";
import type { SavableModel } from "../train/trainable.js";
import type { HeldOut } from "./heldOut.js";
import { untilInterrupted } from "./interrupt.js";
import { given } from "./options.js";
import type { Printer } from "./print.js";
import type { TrainingOptions } from "./training.js";
import { passingTrainerFor } from "./training.js";
import type { TrainingCall } from "./trainingCall.js";
import type { SplitExamples, TrainingParts } from "./trainingParts.js";
import { holdOutOf } from "./trainingParts.js";

/** The option of commands that can cross-validate. */
export const foldsRules = table("cross-validation", {
  /**
   * Cross-validate instead: cut the examples into this many parts, train a model without each, measure it on that part, and keep none.
   * Default: none; `splitFolds` in a program makes 10.
   */
  folds: option(optional(foldRules.folds), { excludes: ["test", "folder", "resume", "overwrite"] }),
});

/** How a kind of model is cross-validated. */
export interface CrossValidation<Example, Form, Model extends SavableModel<Form>, Result extends object> {
  readonly call: TrainingCall<TrainingOptions>;
  readonly print: Printer;
  readonly folds: number;
  /** A share of what a fold learns from, which is held out to choose its best epoch. */
  readonly validation: HeldOut;
  read(signal: AbortSignal): Promise<readonly Example[]>;
  readonly split: SplitExamples<Example>;
  /** A model with new weights, and its data. */
  prepare(
    parts: TrainingParts<Example>,
    signal: AbortSignal,
  ): Promise<{ model: Model; data: TrainingData<Form>; measured?: TrainingData<Form> | undefined }>;
  evaluate(model: Model, examples: readonly Example[], signal: AbortSignal): Promise<Result>;
  /** The scores of one fold, as text. */
  say(result: Result): string;
  /** Prints the means of all folds. */
  conclude(results: readonly Result[]): void;
}

/**
 * Trains a model without each part of the examples, measures it on that part, and prints the mean; the models are not kept.
 * @throws OptionError for a validation on files.
 */
export async function crossValidate<Example, Form, Model extends SavableModel<Form>, Result extends object>({
  call,
  print,
  folds,
  validation,
  conclude,
  ...kind
}: CrossValidation<Example, Form, Model, Result>): Promise<void> {
  if ("files" in validation) {
    throw new OptionError("train: --folds holds out a share: --validation is then a number.");
  }
  const { seed } = call.options;
  await untilInterrupted(async (signal) => {
    const examples = await kind.read(signal);
    const results: Result[] = [];
    for (const [fold, { train, test }] of splitFolds(examples, { folds, seed }).entries()) {
      const parts = { ...holdOutOf(kind.split, train, { share: validation.share, seed }), all: examples, test: null };
      const { model, data, measured } = await kind.prepare(parts, signal);
      const trainer = passingTrainerFor(model, call, { data, ...given({ validation: measured }) });
      const line = print.progress();
      trainer.on("step", ({ progress, loss }) =>
        line.update((fold + progress) / folds, `fold ${fold + 1} of ${folds}  loss ${loss.toFixed(3)}`),
      );
      await trainer.run({ signal }).finally(() => line.stop());
      signal.throwIfAborted();
      const result = await kind.evaluate(model, test, signal);
      results.push(result);
      print.object({ event: "fold", fold: fold + 1, ...result });
      print.line(`fold ${fold + 1} of ${folds}: ${kind.say(result)}`);
    }
    conclude(results);
  });
}

/** Mean of the scores of the folds, and their standard deviation, with n - 1. */
export interface Spread {
  readonly mean: number;
  readonly deviation: number;
}

export function spread(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / Math.max(1, values.length - 1)) };
}

/** A share in per cent, with its deviation. */
export function spreadText({ mean, deviation }: Spread): string {
  return `${(100 * mean).toFixed(2)} % (standard deviation ${(100 * deviation).toFixed(2)})`;
}
