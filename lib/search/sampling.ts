import type { Completed, OptionsOf } from "../options.js";
import { completeOptions, largestInt32, largestUint32, option, optional, real, table, whole } from "../options.js";

/** How a token is drawn from its distribution: rules for the tables of whatever draws. */
export const samplingRules = table("sampling", {
  /** Sharpness: 0 takes the most probable token, above 1 is more daring. Default 1. */
  temperature: option(real({ minimum: 0, initial: 1 }), { flag: "-t, --temperature" }),
  /** Only the k most probable tokens; 0, or as many as the vocabulary has, for all. Default 0. */
  topK: whole({ maximum: Number.MAX_SAFE_INTEGER, initial: 0 }),
  /** Only the most probable tokens that together reach this probability; 1 for all. Default 1. */
  topP: option(real({ above: 0, maximum: 1, initial: 1 }), { aka: ["nucleus"] }),
  /** Seed: the same one draws the same tokens. Default: a new one each time. */
  seed: option(optional(whole({ maximum: largestUint32 })), { aka: ["random_seed"] }),
});

/** Options of drawing tokens. @interface */
export type SamplingOptions = OptionsOf<typeof samplingRules>;

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
