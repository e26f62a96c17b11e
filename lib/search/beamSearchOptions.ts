import { OptionError } from "../errors.js";
import type { Completed, TableFor } from "../options.js";
import {
  abortSignal,
  callback,
  completeOptions,
  flag,
  list,
  nullable,
  optional,
  real,
  value,
  whole,
} from "../options.js";
import type { CompleteSampling, SamplingOptions } from "./sampling.js";
import { completeSampling } from "./sampling.js";
import type { TokenAutomaton } from "./tokenAutomaton.js";
import { automatonRule } from "./tokenAutomaton.js";

export interface BeamSearchOptions {
  /** The token that is read first. */
  begin: number;
  /** The token that ends a hypothesis; null: all run to maximumLength. */
  end: number | null;
  /** Hypotheses that are followed side by side, at most 4096. 1 is greedy search. Default 5. */
  beams?: number;
  /** How many of the best are returned; at most `beams`. Default 1. */
  nBest?: number;
  /** Tokens of a hypothesis, the end included; whatever has not ended by then is cut off. Default 100. */
  maximumLength?: number;
  /** Tokens before the end may come. Default 0. */
  minimumLength?: number;
  /**
   * What a score is divided by: the length to this power as in Wu et al. (2016, GNMT), ((5 + length) / 6) ^ alpha, or
   * "average" for the length itself. Default 0: nothing, which prefers short hypotheses.
   */
  lengthPenalty?: number | "average";
  /** beta of Wu et al. (2016): adds beta · sum over the source of log(min(attention it got, 1)). Needs attention. Default 0. */
  coveragePenalty?: number;
  /** No n tokens may follow each other twice in a hypothesis; 0 allows it. Default 0. */
  noRepeatNgram?: number;
  /** What every hypothesis begins with. Default: nothing. */
  prefix?: readonly number[];
  /** Tokens that must stand at a position of every hypothesis, counted from 0, which cannot end before. Default: none. */
  forced?: readonly ForcedToken[];
  /** Tokens that may not be written. */
  banned?: readonly number[];
  /** Which tokens may follow each other; prefix and forced tokens come all the same. Default: all. */
  automaton?: TokenAutomaton;
  /**
   * Groups that the beams are dealt out to, each of which avoids the tokens that those before it have chosen in the same step
   * (Vijayakumar et al. 2018). Divides `beams`. Default 1.
   */
  groups?: number;
  /** What a token loses for each earlier group that has chosen it. Default 0.5 with groups. */
  diversity?: number;
  /**
   * Every hypothesis is drawn on its own, with random numbers of its own, instead of searched for; scores are those of the
   * model's own distribution, whatever the temperature. Not with groups.
   */
  sampling?: SamplingOptions;
  /**
   * Stop as soon as no hypothesis can become better than the nBest that have ended: the result is the same as without. Not with
   * groups. Default true.
   */
  earlyStopping?: boolean;
  /** Called after each step with the best hypothesis so far; at last with the result. */
  onBest?: (tokens: readonly number[]) => void;
  /** Also return what was followed, for drawing. */
  tree?: boolean;
  signal?: AbortSignal;
}

export interface ForcedToken {
  position: number;
  token: number;
}

/** Each beam is a row of the step, with a state and logits of its own in memory. */
const mostBeams = 4096;

const token = whole();

/** A divisor's exponent, or the length itself. */
export const lengthPenalty = value<number | "average">(
  'a number at least 0, or "average"',
  (given) => given === "average" || (Number.isFinite(given) && (given as number) >= 0),
  0,
);

/** The rules of the options of beam search, for the tables of whatever searches. */
export const beamSearchRules = {
  begin: token,
  end: nullable(token),
  beams: whole({ minimum: 1, maximum: mostBeams, initial: 5 }),
  nBest: whole({ minimum: 1, initial: 1 }),
  maximumLength: whole({ minimum: 1, initial: 100 }),
  minimumLength: whole({ initial: 0 }),
  lengthPenalty,
  coveragePenalty: real({ minimum: 0, initial: 0 }),
  noRepeatNgram: whole({ maximum: Number.MAX_SAFE_INTEGER, initial: 0 }),
  prefix: list(token, []),
  forced: list(value<ForcedToken>("{ position, token }, two whole numbers at least 0", isForcedToken), []),
  banned: list(token, []),
  automaton: automatonRule,
  groups: whole({ minimum: 1, initial: 1 }),
  diversity: optional(real({ minimum: 0 })),
  sampling: optional(value<SamplingOptions>("an object of sampling options", isObject)),
  earlyStopping: flag(true),
  onBest: callback<NonNullable<BeamSearchOptions["onBest"]>>(),
  tree: flag(),
  signal: abortSignal,
} satisfies TableFor<BeamSearchOptions>;

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

function isForcedToken(given: unknown): boolean {
  const { position, token: own } = (given ?? {}) as Partial<ForcedToken>;
  return token.fits(position) && token.fits(own);
}

function isObject(given: unknown): boolean {
  return typeof given === "object" && given !== null && !Array.isArray(given);
}

/** @throws OptionError for options that contradict each other. */
function expectConsistent(who: string, complete: CompleteBeamSearchOptions): void {
  const { beams, nBest, groups, diversity, sampling, minimumLength, maximumLength, prefix, banned, end } = complete;
  const refuse = (message: string) => {
    throw new OptionError(`${who}: ${message}`);
  };
  if (nBest > beams) refuse(`nBest ${nBest} asks for more than the ${beams} beams can bring.`);
  if (beams % groups !== 0) refuse(`${groups} groups do not divide ${beams} beams.`);
  if (diversity > 0 && groups === 1 && !sampling) refuse("diversity keeps groups apart, and there is one group.");
  if (sampling && (groups > 1 || diversity > 0)) {
    refuse("groups and diversity belong to search; hypotheses that are drawn differ by themselves.");
  }
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
