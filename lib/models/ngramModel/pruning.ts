import { OptionError } from "../../errors.js";
import type { OptionsOf } from "../../options.js";
import { abortSignal, double, option, table } from "../../options.js";
import type { NgramModelConfig } from "./network.js";

/** A relative rise of the perplexity. */
export const pruneThreshold = double({ above: 0, below: 1 });

export const pruneRules = table("NgramModel.pruned", {
  /** Relative rise of the model's perplexity below which the loss of an n-gram is nothing, 1e-7 for example. */
  pruneEntropy: option(pruneThreshold, { flag: null }),
  /** Signal that stops the pruning. Default: none. */
  signal: abortSignal,
});

/** Options of `NgramModel.pruned`. @interface */
export type NgramPruneOptions = OptionsOf<typeof pruneRules>;

/** @throws OptionError for a smoothing whose probabilities do not sum to 1. */
export function expectPrunable(who: string, smoothing: NgramModelConfig["smoothing"]): void {
  if (smoothing !== "backOff") return;
  throw new OptionError(
    `${who}: the probabilities of backOff do not sum to 1, so that no weight makes up for n-grams that are pruned. Take another ` +
      "smoothing, or minimumCounts.",
    ["pruneEntropy", "smoothing"],
  );
}
