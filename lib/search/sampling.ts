import type { Completed, TableFor } from "../options.js";
import { completeOptions, largestInt32, largestUint32, optional, real, whole } from "../options.js";

/** How a token is drawn from its distribution. */
export interface SamplingOptions {
  /** 0 takes the most probable token; above 1 is more daring. Default 1. */
  temperature?: number;
  /** Only the k most probable tokens; 0, or as many as the vocabulary has, for all. Default 0. */
  topK?: number;
  /** Only the most probable tokens that together reach this probability; 1 for all. Default 1. */
  topP?: number;
  /** The same seed writes the same text. Default: a new one each time. */
  seed?: number;
}

/** The rules of the sampling options, for the tables of whatever draws. */
export const samplingRules = {
  temperature: real({ minimum: 0, initial: 1 }),
  topK: whole({ maximum: Number.MAX_SAFE_INTEGER, initial: 0 }),
  topP: real({ above: 0, maximum: 1, initial: 1 }),
  seed: optional(whole({ maximum: largestUint32 })),
} satisfies TableFor<SamplingOptions>;

export type CompleteSampling = Required<SamplingOptions>;

/** Checked sampling options, with a seed. */
export function seeded({ temperature, topK, topP, seed }: Completed<typeof samplingRules>): CompleteSampling {
  return {
    temperature,
    // No vocabulary is larger.
    topK: Math.min(topK, largestInt32),
    topP,
    seed: seed ?? Math.floor(Math.random() * 2 ** 31),
  };
}

/** The sampling options with their defaults. @throws OptionError for an unknown option or a value outside its range. */
export function completeSampling(who: string, options: SamplingOptions): CompleteSampling {
  return seeded(completeOptions(who, options, samplingRules));
}
