import { expectNumber } from "../options.js";

/** How a token is drawn from its distribution. */
export interface SamplingOptions {
  /** 0 takes the most probable token; above 1 is more daring. Default 1. */
  temperature?: number;
  /** Only the k most probable tokens; 0 for all. Default 0. */
  topK?: number;
  /** Only the most probable tokens that together reach this probability; 1 for all. Default 1. */
  topP?: number;
  /** The same seed writes the same text. Default: a new one each time. */
  seed?: number;
}

/** The sampling options with their defaults. @throws OptionError for a value outside its range. */
export function completeSampling(who: string, options: SamplingOptions): Required<SamplingOptions> {
  return {
    temperature: expectNumber(who, "temperature", options.temperature ?? 1, { minimum: 0 }),
    topK: expectNumber(who, "topK", options.topK ?? 0, { integer: true, minimum: 0 }),
    topP: expectNumber(who, "topP", options.topP ?? 1, { above: 0, maximum: 1 }),
    seed: expectNumber(who, "seed", options.seed ?? Math.floor(Math.random() * 2 ** 31), { integer: true, minimum: 0 }),
  };
}
