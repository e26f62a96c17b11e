import { OptionError } from "../errors.js";
import type { CompleteTrainerOptions, TrainerOptions } from "./trainerOptions.js";

/** A model that updates itself knows one rule. @throws OptionError for another. @param asked the options as they were asked for. */
export function expectPlainSteps<Form>({ optimizer }: CompleteTrainerOptions<Form>, asked: TrainerOptions<Form>): void {
  const { momentum, weightDecay } = optimizer.options;
  if (optimizer.name !== "sgd" || momentum || weightDecay) {
    throw new OptionError(
      "Trainer: this model makes its own steps of plain gradient descent. Use the optimizer sgd without momentum or weight decay.",
      ["optimizer"],
    );
  }
  if (asked.accumulate !== undefined && asked.accumulate > 1)
    throw new OptionError("Trainer: this model makes its own steps, one for each batch: leave accumulate out.", [
      "accumulate",
    ]);
  const clip = (["clipNorm", "clipValue"] as const).find((name) => asked[name]);
  if (clip)
    throw new OptionError(`Trainer: this model makes its own steps, which are not clipped: leave ${clip} out.`, [clip]);
}
