import { expectKnownOptions, expectNumber, OptionError } from "../errors.js";

/** What a model answers about the next token of some hypotheses. */
export interface StepResult<State> {
  /** [hypotheses][V] log-probabilities. */
  logProbabilities: readonly ArrayLike<number>[];
  /** The state after each. */
  states: readonly State[];
  /** [hypotheses][S] where attention looked; for the coverage penalty and for pictures. */
  attention?: readonly ArrayLike<number>[];
}

/** One step of any model: the last token of each hypothesis, and its state, to what comes next. */
export type StepFunction<State> = (
  tokens: readonly number[],
  states: readonly State[],
) => StepResult<State> | Promise<StepResult<State>>;

export interface BeamSearchOptions {
  /** The token that is read first. */
  begin: number;
  /** The token that ends a hypothesis. */
  end: number;
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
   * Stop as soon as no hypothesis can become better than the nBest that have ended: the result is the same as without. Not with
   * groups. Default true.
   */
  earlyStopping?: boolean;
  /** Told the best hypothesis so far, after every step. */
  onBest?: (tokens: readonly number[]) => void;
  /** Also return what was followed, for drawing. */
  tree?: boolean;
  signal?: AbortSignal;
}

export interface Hypothesis {
  /** Without begin and end. */
  tokens: number[];
  /** What hypotheses are compared by: the sum of logProbabilities, with the penalties. */
  score: number;
  /** Of each token, and of the end if it has ended. */
  logProbabilities: number[];
  /** Whether it ended by itself, or was cut off. */
  ended: boolean;
  /** [tokens][S], where the step function gives it. */
  attention?: ArrayLike<number>[];
}

/** A token that was followed: node `parent` of the tree comes before it (-1: the beginning). */
export interface TreeNode {
  token: number;
  parent: number;
  logProbability: number;
  /** Of the hypothesis up to here. */
  score: number;
}

interface Live<State> {
  tokens: readonly number[];
  logProbabilities: readonly number[];
  sum: number;
  attention: readonly ArrayLike<number>[];
  state: State;
  node: number;
}

interface Candidate {
  beam: number;
  token: number;
  logProbability: number;
  /** What candidates of a group are ranked by. */
  rank: number;
}

/**
 * Beam search over any step function, in plain TypeScript: it follows the `beams` likeliest beginnings, and returns the nBest
 * hypotheses, best first. In each step the candidates are all tokens behind all beams; an end among the best `beams` of them
 * ends a hypothesis, and the best others live on.
 *
 * @param state what the first step begins with.
 * @throws OptionError for options that contradict each other.
 * @throws the signal's reason if it fires.
 */
export async function beamSearch<State>(
  step: StepFunction<State>,
  state: State,
  options: BeamSearchOptions,
): Promise<{ hypotheses: Hypothesis[]; tree?: TreeNode[] }> {
  const complete = completeBeamSearchOptions(options);
  const { begin, end, beams, nBest, maximumLength, groups, diversity, prefix, signal } = complete;
  const width = beams / groups;
  const tree: TreeNode[] = [];
  const finished: Hypothesis[][] = Array.from({ length: groups }, () => []);
  const first = { tokens: [], logProbabilities: [], sum: 0, attention: [], state, node: -1 };
  let live: Live<State>[][] = Array.from({ length: groups }, () => [first]);

  for (let length = 1; length <= maximumLength; length++) {
    signal?.throwIfAborted();
    const all = live.flat();
    const result = await step(
      all.map(({ tokens }) => tokens.at(-1) ?? begin),
      all.map((beam) => beam.state),
    );
    const chosen = new Map<number, number>();
    let from = 0;
    live = live.map((group, g) => {
      const offset = from;
      from += group.length;
      // An end cannot live on, so that twice as many candidates always leave enough.
      const candidates = best(2 * width, function* () {
        for (const [beam, { tokens, sum }] of group.entries()) {
          const given = result.logProbabilities[offset + beam] as ArrayLike<number>;
          const allowed = tokensAllowed(tokens, complete);
          for (let token = 0; token < given.length; token++) {
            const logProbability = given[token] as number;
            if (!(logProbability > Number.NEGATIVE_INFINITY) || !allowed(token)) continue;
            const rank = sum + logProbability - diversity * (chosen.get(token) ?? 0);
            yield { beam, token, logProbability, rank };
          }
        }
      });
      const next: Live<State>[] = [];
      for (const [place, { beam, token, logProbability }] of candidates.entries()) {
        const before = group[beam] as Live<State>;
        const attention = result.attention?.[offset + beam];
        const grown: Live<State> = {
          tokens: [...before.tokens, token],
          logProbabilities: [...before.logProbabilities, logProbability],
          sum: before.sum + logProbability,
          attention: attention ? [...before.attention, attention] : [],
          state: result.states[offset + beam] as State,
          node: before.node,
        };
        const ends = token === end;
        if (ends ? place >= width : next.length >= width) continue;
        if (complete.tree) {
          grown.node = tree.length;
          tree.push({ token, parent: before.node, logProbability, score: scoreOf(grown, complete) });
        }
        if (ends) (finished[g] as Hypothesis[]).push(hypothesis(grown, complete, true));
        else next.push(grown);
      }
      for (const { tokens } of next) {
        const token = tokens.at(-1) as number;
        chosen.set(token, (chosen.get(token) ?? 0) + 1);
      }
      return next;
    });
    complete.onBest?.(bestSoFar(finished.flat(), live.flat(), complete));
    if (live.every((group) => group.length === 0) || cannotImprove(finished.flat(), live.flat(), complete)) break;
  }
  // What was cut off counts only where too little has ended.
  const ended = finished.flat().sort((a, b) => b.score - a.score);
  const cut = live.flat().filter(({ tokens }) => tokens.length === maximumLength);
  const rest = cut.map((beam) => hypothesis(beam, complete, false)).sort((a, b) => b.score - a.score);
  const hypotheses = [...ended, ...rest].slice(0, nBest);
  if (hypotheses.length === 0 && prefix.length > 0) {
    throw new OptionError(
      "beamSearch: no hypothesis begins with the prefix: a token of it has probability 0, or may not be written.",
    );
  }
  return { hypotheses, ...(complete.tree ? { tree } : {}) };
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
  banned: [] as readonly number[],
  groups: 1,
  earlyStopping: true,
  tree: false,
};

const optionNames = [...Object.keys(defaults), "begin", "end", "diversity", "onBest", "signal"];

type Complete = Required<Omit<BeamSearchOptions, "onBest" | "signal">> & Pick<BeamSearchOptions, "onBest" | "signal">;

/** Every default filled in. @throws OptionError for what does not fit. */
export function completeBeamSearchOptions(options: BeamSearchOptions): Complete {
  const who = "beamSearch";
  expectKnownOptions(who, options, optionNames);
  const complete: Complete = {
    ...defaults,
    ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
    begin: options.begin,
    end: options.end,
    diversity: options.diversity ?? ((options.groups ?? 1) > 1 ? 0.5 : 0),
  };
  for (const name of ["beams", "nBest", "maximumLength", "groups"] as const) {
    expectNumber(who, name, complete[name], { integer: true, minimum: 1 });
  }
  for (const name of ["begin", "end", "minimumLength", "noRepeatNgram"] as const) {
    expectNumber(who, name, complete[name], { integer: true, minimum: 0 });
  }
  for (const name of ["coveragePenalty", "diversity"] as const) expectNumber(who, name, complete[name], { minimum: 0 });
  if (complete.lengthPenalty !== "average") expectNumber(who, "lengthPenalty", complete.lengthPenalty, { minimum: 0 });
  const { beams, nBest, groups, minimumLength, maximumLength, prefix, banned, end } = complete;
  const refuse = (message: string) => {
    throw new OptionError(`${who}: ${message}`);
  };
  if (nBest > beams) refuse(`nBest ${nBest} asks for more than the ${beams} beams can bring.`);
  if (beams % groups !== 0) refuse(`${groups} groups do not divide ${beams} beams.`);
  if (minimumLength >= maximumLength)
    refuse(`minimumLength ${minimumLength} leaves no room in maximumLength ${maximumLength}.`);
  if (prefix.length > maximumLength) refuse(`the prefix is longer than maximumLength ${maximumLength}.`);
  if (prefix.includes(end)) refuse("the prefix contains the end.");
  const forbidden = prefix.find((token) => banned.includes(token));
  if (forbidden !== undefined) refuse(`token ${forbidden} of the prefix is banned.`);
  if (banned.includes(end)) refuse("the end is banned: no hypothesis could end.");
  return complete;
}

/** The best candidates, by rank, then as they come: those of better beams and smaller tokens first. */
function best(count: number, candidates: () => Generator<Candidate>): Candidate[] {
  const kept: Candidate[] = [];
  for (const candidate of candidates()) {
    if (kept.length === count && candidate.rank <= (kept[count - 1] as Candidate).rank) continue;
    let at = kept.length;
    while (at > 0 && (kept[at - 1] as Candidate).rank < candidate.rank) at--;
    kept.splice(at, 0, candidate);
    if (kept.length > count) kept.pop();
  }
  return kept;
}

/** Which tokens may follow. */
function tokensAllowed(tokens: readonly number[], options: Complete): (token: number) => boolean {
  const { prefix, banned, end, minimumLength, noRepeatNgram: n } = options;
  const forced = prefix[tokens.length];
  if (forced !== undefined) return (token) => token === forced;
  const refused = new Set(banned);
  if (tokens.length < minimumLength) refused.add(end);
  if (n > 0 && tokens.length >= n - 1) {
    const last = tokens.slice(tokens.length - (n - 1)).join();
    for (let i = 0; i + n <= tokens.length; i++) {
      if (tokens.slice(i, i + n - 1).join() === last) refused.add(tokens[i + n - 1] as number);
    }
  }
  return (token) => !refused.has(token);
}

function lengthFactor(length: number, penalty: number | "average"): number {
  return penalty === "average" ? length : ((5 + length) / 6) ** penalty;
}

/** Wu et al. (2016), equation 14. The end counts as a token. */
function scoreOf({ tokens, sum, attention }: Omit<Live<unknown>, "state">, options: Complete): number {
  const score = sum / lengthFactor(tokens.length, options.lengthPenalty);
  if (options.coveragePenalty === 0) return score;
  const positions = attention[0]?.length;
  if (positions === undefined)
    throw new OptionError("beamSearch: coveragePenalty needs a step function that returns attention.");
  let coverage = 0;
  for (let s = 0; s < positions; s++) {
    const got = attention.reduce((total, weights) => total + (weights[s] as number), 0);
    // A position that does not exist gets none.
    if (got > 0) coverage += Math.log(Math.min(got, 1));
  }
  return score + options.coveragePenalty * coverage;
}

function hypothesis(beam: Live<unknown>, options: Complete, ended: boolean): Hypothesis {
  return {
    tokens: ended ? beam.tokens.slice(0, -1) : [...beam.tokens],
    score: scoreOf(beam, options),
    logProbabilities: [...beam.logProbabilities],
    ended,
    ...(beam.attention.length > 0 ? { attention: [...beam.attention] } : {}),
  };
}

function bestSoFar(
  finished: readonly Hypothesis[],
  live: readonly Live<unknown>[],
  options: Complete,
): readonly number[] {
  let [tokens, score]: [readonly number[], number] = [[], Number.NEGATIVE_INFINITY];
  for (const entry of finished) if (entry.score > score) [tokens, score] = [entry.tokens, entry.score];
  for (const beam of live) {
    const own = scoreOf(beam, options);
    if (own > score) [tokens, score] = [beam.tokens, own];
  }
  return tokens;
}

/** Whether no beam can still reach a better score than the nBest that have ended. */
function cannotImprove(finished: readonly Hypothesis[], live: readonly Live<unknown>[], options: Complete): boolean {
  const { earlyStopping, groups, nBest, maximumLength, lengthPenalty } = options;
  if (!earlyStopping || groups > 1 || finished.length < nBest) return false;
  const worst = [...finished].sort((a, b) => b.score - a.score)[nBest - 1] as Hypothesis;
  // Every further token makes the sum smaller, and the length can make no more of it than the greatest length does. Coverage is
  // at most 0.
  return live.every(({ sum }) => sum / lengthFactor(maximumLength, lengthPenalty) <= worst.score);
}
