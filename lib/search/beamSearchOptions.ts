import { OptionError } from "../errors.js";
import type { Completed, OptionsOf } from "../options.js";
import {
  abortSignal,
  callback,
  completeOptions,
  flag,
  list,
  nullable,
  numberOf,
  option,
  optional,
  real,
  table,
  value,
  whole,
} from "../options.js";
import type { CompleteSampling, SamplingOptions } from "./sampling.js";
import { completeSampling } from "./sampling.js";
import { automatonRule } from "./tokenAutomaton.js";

export interface ForcedToken {
  position: number;
  token: number;
}

/** Each beam is a row of the step, with a state and logits of its own in memory. */
const mostBeams = 4096;

const token = whole();

/** A divisor's exponent, or the length itself. */
export const lengthPenalty = option(
  value<number | "average">(
    'a number at least 0, or "average"',
    (value) => value === "average" || (Number.isFinite(value) && (value as number) >= 0),
    0,
  ),
  { written: { as: "x", parse: numberOf } },
);

/** The rules of the options of beam search, for the tables of whatever searches. */
export const beamSearchRules = table("beamSearch", {
  /** The token that is read first. */
  begin: option(token, { aka: ["bos_token_id"] }),
  /** The token that ends a hypothesis; null: all run to `maximumLength`. */
  end: option(nullable(token), { aka: ["eos_token_id"] }),
  /** Hypotheses that are followed side by side, at most 4096; 1 is greedy search. Default 5. */
  beams: option(whole({ minimum: 1, maximum: mostBeams, initial: 5 }), {
    aka: ["num_beams", "beam_size", "beam_width"],
  }),
  /** Hypotheses to return, the best ones; at most `beams`. Default 1. */
  nBest: option(whole({ minimum: 1, initial: 1 }), { aka: ["num_return_sequences", "num_hypotheses"] }),
  /** Tokens of a hypothesis, the end included; whatever has not ended by then is cut off. Default 100. */
  maximumLength: option(whole({ minimum: 1, initial: 100 }), {
    aka: ["max_length", "max_new_tokens", "max_decoding_length"],
  }),
  /** Tokens before the end may come. Default 0. */
  minimumLength: option(whole({ initial: 0 }), { aka: ["min_length", "min_new_tokens"] }),
  /**
   * Power of the length that divides a score, ((5 + length) / 6) ^ alpha as in Wu et al. (2016, GNMT), or "average" for the length
   * itself. 0 prefers short hypotheses. Default 0.
   */
  lengthPenalty: option(lengthPenalty, { aka: ["alpha", "len_penalty"] }),
  /** beta of Wu et al. (2016): adds beta · sum over the source of log(min(attention it got, 1)). Needs attention. Default 0. */
  coveragePenalty: option(real({ minimum: 0, initial: 0 }), { aka: ["beta"] }),
  /** Tokens in a row that no hypothesis has twice; 0 allows all. Default 0. */
  blockNgramRepeat: option(whole({ maximum: Number.MAX_SAFE_INTEGER, initial: 0 }), {
    aka: ["no_repeat_ngram_size", "no_repeat_ngram"],
  }),
  /** Beginning of every hypothesis. Default none. */
  prefix: option(list(token, []), { aka: ["decoder_input_ids", "target_prefix"] }),
  /** Tokens that must stand at a position of every hypothesis, counted from 0, which cannot end before. Default none. */
  forced: option(list(value<ForcedToken>("{ position, token }, two whole numbers at least 0", isForcedToken), []), {
    aka: ["force_words_ids", "constraints"],
  }),
  /** Tokens that may not be written. Default none. */
  banned: option(list(token, []), { aka: ["bad_words_ids", "suppress_tokens", "suppress_sequences"] }),
  /** Which tokens may follow each other; prefix and forced tokens come all the same. Default: all. */
  automaton: option(automatonRule, { aka: ["prefix_allowed_tokens_fn", "grammar"] }),
  /**
   * Groups that the beams are dealt out to, each of which avoids the tokens that those before it have chosen in the same step
   * (Vijayakumar et al. 2018). Divides `beams`. Default 1.
   */
  groups: option(whole({ minimum: 1, initial: 1 }), { aka: ["num_beam_groups"], excludes: ["sampling"] }),
  /** Penalty of a token for each earlier group that has chosen it. Default: 0.5 with groups. */
  diversity: option(optional(real({ minimum: 0 })), {
    aka: ["diversity_penalty", "diversity_rate"],
    needs: { groups: true },
  }),
  /**
   * Draw every hypothesis on its own, with random numbers of its own, instead of searching; scores are those of the model's own
   * distribution, whatever the temperature. Default: search.
   */
  sampling: option(optional(value<SamplingOptions>("an object of sampling options", isObject)), { aka: ["do_sample"] }),
  /**
   * Stop as soon as no hypothesis can become better than the `nBest` that have ended: the result is the same as without. Not with
   * groups. Default true.
   */
  earlyStopping: option(flag(true), { flag: null }),
  /** Called after each step with the best hypothesis so far, and finally with the result. Default: none. */
  onBest: callback<(ids: readonly number[]) => void>(),
  /** Also return what was followed, for drawing. Default false. */
  tree: option(flag(), { flag: null }),
  /** Signal that stops the search. Default: none. */
  signal: abortSignal,
});

/** Options of `beamSearch`. @interface */
export type BeamSearchOptions = OptionsOf<typeof beamSearchRules>;

/** Every option, with its default where it was not given. `sampling`: null to search. */
export type CompleteBeamSearchOptions = Omit<Completed<typeof beamSearchRules>, "diversity" | "sampling"> & {
  diversity: number;
  sampling: CompleteSampling | null;
};

/**
 * Every default filled in.
 * @param who whose options they are, for messages.
 * @throws OptionError for what does not fit.
 */
export function completeBeamSearchOptions(options: BeamSearchOptions, who = "beamSearch"): CompleteBeamSearchOptions {
  const { diversity, sampling, ...rest } = completeOptions(who, options, beamSearchRules);
  const complete = {
    ...rest,
    diversity: diversity ?? (rest.groups > 1 ? 0.5 : 0),
    sampling: sampling ? completeSampling(`${who}: sampling`, sampling) : null,
  };
  expectConsistent(who, complete);
  return complete;
}

function isForcedToken(value: unknown): boolean {
  const { position, token: own } = (value ?? {}) as Partial<ForcedToken>;
  return token.fits(position) && token.fits(own);
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @throws OptionError for options that contradict each other. */
function expectConsistent(who: string, complete: CompleteBeamSearchOptions): void {
  const { beams, nBest, groups, minimumLength, maximumLength, prefix, banned, end } = complete;
  const refuse = (message: string) => {
    throw new OptionError(`${who}: ${message}`);
  };
  if (nBest > beams) refuse(`nBest ${nBest} asks for more than the ${beams} beams can bring.`);
  if (beams % groups !== 0) refuse(`${groups} groups do not divide ${beams} beams.`);
  if (minimumLength >= maximumLength)
    refuse(`minimumLength ${minimumLength} leaves no room in maximumLength ${maximumLength}.`);
  if (prefix.length > maximumLength) refuse(`the prefix is longer than maximumLength ${maximumLength}.`);
  if (end !== null && prefix.includes(end)) refuse("the prefix contains the end.");
  const forbidden = prefix.find((token) => banned.includes(token));
  if (forbidden !== undefined) refuse(`token ${forbidden} of the prefix is banned.`);
  if (end !== null && banned.includes(end)) refuse("the end is banned: no hypothesis could end.");
  const required = new Map<number, number>(prefix.entries());
  for (const { position, token } of complete.forced) {
    if (position >= maximumLength)
      refuse(`position ${position} of a forced token is beyond maximumLength ${maximumLength}.`);
    if (token === end) refuse(`the end is forced at position ${position}; maximumLength is what ends a hypothesis.`);
    if (banned.includes(token)) refuse(`the forced token ${token} is banned.`);
    const other = required.get(position);
    if (other !== undefined && other !== token)
      refuse(`tokens ${other} and ${token} cannot both stand at position ${position}.`);
    required.set(position, token);
  }
}

/** The tokens that must stand somewhere, by position: prefix and forced ones. */
export function requiredTokens({ prefix, forced }: CompleteBeamSearchOptions): Map<number, number> {
  return new Map([...prefix.entries(), ...forced.map(({ position, token }) => [position, token] as const)]);
}
