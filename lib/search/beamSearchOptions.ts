import { describe, OptionError } from "../errors.js";
import { expectKnownOptions, expectNumber } from "../options.js";
import type { SamplingOptions } from "./sampling.js";
import { completeSampling } from "./sampling.js";

export interface BeamSearchOptions {
  /** The token that is read first. */
  begin: number;
  /** The token that ends a hypothesis; null: all run to maximumLength. */
  end: number | null;
  /** Hypotheses that are followed side by side. 1 is greedy search. Default 5. */
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
  /** Told the best hypothesis so far, after every step; at last the result. */
  onBest?: (tokens: readonly number[]) => void;
  /** Also return what was followed, for drawing. */
  tree?: boolean;
  signal?: AbortSignal;
}

export interface ForcedToken {
  position: number;
  token: number;
}

const defaults = {
  beams: 5,
  nBest: 1,
  maximumLength: 100,
  minimumLength: 0,
  lengthPenalty: 0 as number | "average",
  coveragePenalty: 0,
  noRepeatNgram: 0,
  prefix: [] as readonly number[],
  forced: [] as readonly ForcedToken[],
  banned: [] as readonly number[],
  groups: 1,
  earlyStopping: true,
  tree: false,
};

export const beamSearchOptionNames = [
  ...Object.keys(defaults),
  "begin",
  "end",
  "diversity",
  "sampling",
  "onBest",
  "signal",
];

type Told = "onBest" | "signal";

/** Every option, with its default where it was not given. `sampling`: null to search. */
export type CompleteBeamSearchOptions = Required<Omit<BeamSearchOptions, Told | "sampling">> & {
  sampling: Required<SamplingOptions> | null;
} & Pick<BeamSearchOptions, Told>;

/**
 * Every default filled in.
 * @param who whose options they are, for messages.
 * @throws OptionError for what does not fit.
 */
export function completeBeamSearchOptions(options: BeamSearchOptions, who = "beamSearch"): CompleteBeamSearchOptions {
  expectKnownOptions(who, options, beamSearchOptionNames);
  const complete: CompleteBeamSearchOptions = {
    ...defaults,
    ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
    begin: options.begin,
    end: options.end,
    diversity: options.diversity ?? ((options.groups ?? 1) > 1 ? 0.5 : 0),
    sampling: options.sampling ? completeSamplingOf(who, options.sampling) : null,
  };
  const whole = (name: string, value: unknown, minimum: number) =>
    expectNumber(who, name, value, { integer: true, minimum });
  for (const name of ["beams", "nBest", "maximumLength", "groups"] as const) whole(name, complete[name], 1);
  for (const name of ["begin", "minimumLength", "noRepeatNgram"] as const) whole(name, complete[name], 0);
  if (complete.end !== null) whole("end", complete.end, 0);
  for (const name of ["earlyStopping", "tree"] as const) {
    if (typeof complete[name] === "boolean") continue;
    throw new OptionError(`${who}: expected ${name} to be true or false, got ${describe(complete[name])}.`);
  }
  for (const name of ["coveragePenalty", "diversity"] as const) expectNumber(who, name, complete[name], { minimum: 0 });
  if (complete.lengthPenalty !== "average") expectNumber(who, "lengthPenalty", complete.lengthPenalty, { minimum: 0 });
  for (const token of complete.prefix) whole("a token of the prefix", token, 0);
  for (const token of complete.banned) whole("a banned token", token, 0);
  for (const { position, token } of complete.forced) {
    whole("the position of a forced token", position, 0);
    whole("a forced token", token, 0);
  }
  expectConsistent(who, complete);
  return complete;
}

function completeSamplingOf(who: string, sampling: SamplingOptions): Required<SamplingOptions> {
  expectKnownOptions(`${who}: sampling`, sampling, ["temperature", "topK", "topP", "seed"]);
  return completeSampling(who, sampling);
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
