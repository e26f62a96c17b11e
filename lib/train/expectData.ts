import { InputError, OptionError } from "../errors.js";
import { Graph } from "../graph/graph.js";
import { hasNone } from "./reduction.js";
import type { Trainable } from "./trainable.js";
import type { CompleteTrainerOptions } from "./trainerOptions.js";

/** @throws OptionError for data that the model cannot read, or a measure that it has not: before anything is written. */
export async function expectData<Form>(
  model: Trainable<Form>,
  { data, validation, best }: CompleteTrainerOptions<Form>,
): Promise<void> {
  for (const each of validation ? [data, validation] : [data]) {
    for await (const { form, rows } of each.batches(0)) {
      if (hasNone(rows, form)) continue;
      model.expectForm?.(form, each);
      if (each !== validation || best === "loss" || model.recordLoss(new Graph(), form).predictions) break;
      throw new OptionError('Trainer: best is "accuracy", and this model has none: leave it out.', ["best"]);
    }
  }
}

/** @throws InputError where data has no targets, and so no mean loss. @param name of the data. */
export function expectAnyTarget(name: string, targets: number): void {
  if (targets > 0) return;
  throw new InputError(
    `Trainer: the ${name} has nothing that is predicted, so there is no loss: take more of it. Of word vectors it may be that all its ` +
      "words are frequent ones, which are left out at random (sample; --sample on the command line).",
  );
}
