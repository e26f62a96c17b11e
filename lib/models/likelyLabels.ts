import { option, real } from "../options.js";

/** The rule of the probability from which on something has a label, where it may have several. */
export const thresholdRule = option(real({ above: 0, below: 1, initial: 0.5 }), { aka: ["cutoff"] });

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
