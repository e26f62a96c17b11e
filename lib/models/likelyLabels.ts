import { OptionError } from "../errors.js";
import { option, optional, real } from "../options.js";

/** The rule of the probability from which on something has a label, where it may have several. */
export const thresholdRule = option(optional(real({ above: 0, below: 1 })), { aka: ["cutoff"] });

/** The threshold of a model that may give several labels. @throws OptionError for one that gives one label. */
export function thresholdOf(
  owner: string,
  { threshold, several }: { threshold: number | undefined; several: boolean },
): number {
  if (threshold === undefined || several) return threshold ?? 0.5;
  throw new OptionError(
    `${owner}: threshold says which labels are likely enough, and this model gives one, the likeliest. Leave it out.`,
    ["threshold"],
  );
}

/** The likeliest label, or where there may be several all that are likely enough. */
export function likelyLabels(
  probabilities: ArrayLike<number>,
  { names, several, threshold }: { names: readonly string[]; several: boolean; threshold: number },
): string | string[] {
  if (several) return names.filter((_, c) => (probabilities[c] as number) >= threshold);
  let best = 0;
  for (let c = 1; c < names.length; c++) if ((probabilities[c] as number) > (probabilities[best] as number)) best = c;
  return names[best] as string;
}
