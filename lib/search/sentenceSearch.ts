import { OptionError } from "../errors.js";
import { drawToken } from "../random/drawToken.js";
import { philox, uniform01 } from "../random/philox.js";
import type { CompleteBeamSearchOptions } from "./beamSearchOptions.js";
import { requiredTokens } from "./beamSearchOptions.js";
import type { Hypothesis, SearchResult, TreeNode } from "./hypothesis.js";
import type { SamplingOptions } from "./sampling.js";
import { stateAfter } from "./tokenAutomaton.js";

/** Key of the random numbers of search; native/search/beam_search.cc has the same. */
const searchKey = 0x5ea2c4;

interface Live {
  tokens: readonly number[];
  logProbabilities: readonly number[];
  sum: number;
  attention: readonly ArrayLike<number>[];
  node: number;
  /** Its number, which chooses its random numbers. */
  beam: number;
  /** State of the automaton. */
  state: number;
}

/** A token that may follow the hypothesis at `place` of its group. */
interface Candidate {
  place: number;
  token: number;
  logProbability: number;
  /** The number that candidates of a group are ranked by. */
  rank: number;
}

/**
 * The search for one sentence, whoever computes the steps. native/search/beam_search.cc does the same for many.
 *
 * `tokens` is what the next step reads, one for each hypothesis that lives; `advance` takes what the step says about each.
 */
export class SentenceSearch {
  readonly #options: CompleteBeamSearchOptions;
  readonly #sentence: number;
  /** Tokens that must stand at a position. */
  readonly #required: ReadonlyMap<number, number>;
  /** Tokens before the end may come. */
  readonly #shortest: number;
  readonly #banned: ReadonlySet<number>;
  readonly #tree: TreeNode[] = [];
  readonly #finished: Hypothesis[][];
  #live: Live[][];
  #length = 0;
  #done = false;

  /** @param sentence its number, which chooses its random numbers. */
  constructor(options: CompleteBeamSearchOptions, sentence = 0) {
    const { groups, beams, sampling, minimumLength } = options;
    this.#options = options;
    this.#sentence = sentence;
    this.#required = requiredTokens(options);
    this.#shortest = minimumLength;
    for (const position of this.#required.keys()) this.#shortest = Math.max(this.#shortest, position + 1);
    this.#banned = new Set(options.banned);
    this.#finished = Array.from({ length: groups }, () => []);
    const first = { tokens: [], logProbabilities: [], sum: 0, attention: [], node: -1, state: 0 };
    const firsts = Array.from({ length: sampling ? beams : 1 }, (_, beam) => ({ ...first, beam }));
    this.#live = Array.from({ length: groups }, () => firsts);
  }

  /** The last token of each hypothesis that lives. */
  get tokens(): number[] {
    return this.#live.flat().map(({ tokens }) => tokens.at(-1) ?? this.#options.begin);
  }

  get done(): boolean {
    return this.#done;
  }

  /**
   * Takes one step.
   * @param step.logProbabilities [hypotheses][V]
   * @returns of each hypothesis that lives on, the place of the one that it continues.
   */
  advance(step: {
    logProbabilities: readonly ArrayLike<number>[];
    attention?: readonly ArrayLike<number>[];
  }): number[] {
    const { groups, beams, sampling, end, maximumLength } = this.#options;
    const width = beams / groups;
    const chosen = new Map<number, number>();
    const parents: number[] = [];
    let offset = 0;
    this.#live = this.#live.map((group, g) => {
      const rows = step.logProbabilities.slice(offset, offset + group.length);
      const candidates = sampling ? this.#drawn(group, rows, sampling) : this.#best(group, rows, chosen);
      const next: Live[] = [];
      for (const [rank, { place, token, logProbability }] of candidates.entries()) {
        const before = group[place] as Live;
        const attention = step.attention?.[offset + place];
        const grown: Live = {
          tokens: [...before.tokens, token],
          logProbabilities: [...before.logProbabilities, logProbability],
          sum: before.sum + logProbability,
          attention: attention ? [...before.attention, attention] : [],
          node: before.node,
          beam: before.beam,
          state: this.#stateAfter(before.state, token),
        };
        const ends = token === end;
        if (ends ? rank >= width : next.length >= width) continue;
        if (this.#options.tree) {
          grown.node = this.#tree.length;
          this.#tree.push({ id: token, parent: before.node, logProbability, score: this.#scoreOf(grown) });
        }
        if (ends) (this.#finished[g] as Hypothesis[]).push(this.#hypothesis(grown, true));
        else {
          next.push(grown);
          parents.push(offset + place);
        }
      }
      for (const { tokens } of next) {
        const token = tokens.at(-1) as number;
        chosen.set(token, (chosen.get(token) ?? 0) + 1);
      }
      offset += group.length;
      return next;
    });
    this.#length++;
    this.#done = this.#length === maximumLength || parents.length === 0 || this.#cannotImprove();
    return parents;
  }

  /** The tokens of the best hypothesis so far; at the end, of the result. */
  best(): readonly number[] {
    if (this.#done) return this.#ranked()[0]?.ids ?? [];
    let [ids, score]: [readonly number[], number] = [[], Number.NEGATIVE_INFINITY];
    for (const entry of this.#finished.flat()) if (entry.score > score) [ids, score] = [entry.ids, entry.score];
    for (const beam of this.#live.flat()) {
      const own = this.#scoreOf(beam);
      if (own > score) [ids, score] = [beam.tokens, own];
    }
    return ids;
  }

  /** @throws OptionError if nothing can be written as prefix and forced tokens demand. */
  result(): SearchResult {
    const hypotheses = this.#ranked().slice(0, this.#options.nBest);
    if (hypotheses.length === 0) expectPossible(this.#required.size, this.#sentence);
    return { hypotheses, ...(this.#options.tree ? { tree: this.#tree } : {}) };
  }

  /** Best first. What was cut off counts only where too little has ended. */
  #ranked(): Hypothesis[] {
    const better = (a: Hypothesis, b: Hypothesis) => b.score - a.score;
    const ended = this.#finished.flat().sort(better);
    const cut = this.#live.flat().map((beam) => this.#hypothesis(beam, false));
    return [...ended, ...cut.sort(better)];
  }

  /**
   * The best candidates, by rank, then as they come: those of better beams and smaller tokens first. An end cannot live on, so that
   * twice as many as a group has beams always leave enough.
   */
  #best(group: readonly Live[], rows: readonly ArrayLike<number>[], chosen: ReadonlyMap<number, number>): Candidate[] {
    const { beams, groups, diversity } = this.#options;
    const count = 2 * (beams / groups);
    const kept: Candidate[] = [];
    for (const [place, { tokens, sum, state }] of group.entries()) {
      const row = rows[place] as ArrayLike<number>;
      const allowed = this.#allowedAfter(tokens, state);
      for (let token = 0; token < row.length; token++) {
        const logProbability = row[token] as number;
        if (!(logProbability > Number.NEGATIVE_INFINITY)) continue;
        const rank = sum + logProbability - (diversity > 0 ? diversity * (chosen.get(token) ?? 0) : 0);
        if (kept.length === count && rank <= (kept[count - 1] as Candidate).rank) continue;
        if (!allowed(token)) continue;
        let at = kept.length;
        while (at > 0 && (kept[at - 1] as Candidate).rank < rank) at--;
        kept.splice(at, 0, { place, token, logProbability, rank });
        if (kept.length > count) kept.pop();
      }
    }
    return kept;
  }

  /** One token for each hypothesis; none where every token is impossible. */
  #drawn(group: readonly Live[], rows: readonly ArrayLike<number>[], sampling: Required<SamplingOptions>): Candidate[] {
    const words = new Uint32Array(4);
    return group.flatMap(({ tokens, beam, state }, place) => {
      const row = rows[place] as ArrayLike<number>;
      const allowed = this.#allowedAfter(tokens, state);
      const open = Float64Array.from(row, (logProbability, token) =>
        allowed(token) ? logProbability : Number.NEGATIVE_INFINITY,
      );
      philox([beam, this.#sentence % 2 ** 32, this.#length, 0], [sampling.seed | 0, searchKey], words);
      const token = drawToken(open, { ...sampling, u: uniform01(words[0] as number) });
      if (token === null) return [];
      return [{ place, token, logProbability: row[token] as number, rank: 0 }];
    });
  }

  /** Which tokens may follow. */
  #allowedAfter(tokens: readonly number[], state: number): (token: number) => boolean {
    const { end, blockNgramRepeat: n, automaton } = this.#options;
    const wanted = this.#required.get(tokens.length);
    if (wanted !== undefined) return (token) => token === wanted;
    const refused = new Set(this.#banned);
    if (end !== null && tokens.length < this.#shortest) refused.add(end);
    if (n > 0 && tokens.length >= n - 1) {
      const last = tokens.slice(tokens.length - (n - 1)).join();
      for (let i = 0; i + n <= tokens.length; i++) {
        if (tokens.slice(i, i + n - 1).join() === last) refused.add(tokens[i + n - 1] as number);
      }
    }
    return (token) => !refused.has(token) && (!automaton || stateAfter(automaton, state, token) >= 0);
  }

  /** A required token that the automaton refuses begins it again. */
  #stateAfter(state: number, token: number): number {
    const { automaton } = this.#options;
    return automaton ? Math.max(0, stateAfter(automaton, state, token)) : 0;
  }

  /** Wu et al. (2016), equation 14. The end counts as a token. */
  #scoreOf({ tokens, sum, attention }: Live): number {
    const { lengthPenalty, coveragePenalty } = this.#options;
    const score = sum / lengthFactor(tokens.length, lengthPenalty);
    if (coveragePenalty === 0) return score;
    const positions = attention[0]?.length;
    if (positions === undefined)
      throw new OptionError("beamSearch: coveragePenalty needs a step function that returns attention.");
    let coverage = 0;
    for (let s = 0; s < positions; s++) {
      const got = attention.reduce((total, weights) => total + (weights[s] as number), 0);
      // A position that does not exist gets none.
      if (got > 0) coverage += Math.log(Math.min(got, 1));
    }
    return score + coveragePenalty * coverage;
  }

  #hypothesis(beam: Live, ended: boolean): Hypothesis {
    return {
      ids: ended ? beam.tokens.slice(0, -1) : [...beam.tokens],
      score: this.#scoreOf(beam),
      logProbabilities: [...beam.logProbabilities],
      ended,
      ...(beam.attention.length > 0 ? { attention: [...beam.attention] } : {}),
    };
  }

  /** Whether no beam can still reach a better score than the nBest that have ended. */
  #cannotImprove(): boolean {
    const { earlyStopping, groups, nBest, maximumLength, lengthPenalty } = this.#options;
    const finished = this.#finished.flat();
    if (!earlyStopping || groups > 1 || finished.length < nBest) return false;
    const worst = finished.sort((a, b) => b.score - a.score)[nBest - 1] as Hypothesis;
    // Every further token makes the sum smaller, and the length can make no more of it than the greatest length does. Coverage
    // is at most 0.
    const factor = lengthFactor(maximumLength, lengthPenalty);
    return this.#live.flat().every(({ sum }) => sum / factor <= worst.score);
  }
}

function lengthFactor(length: number, penalty: number | "average"): number {
  return penalty === "average" ? length : ((5 + length) / 6) ** penalty;
}

/** A sentence without any hypothesis is an error where tokens were demanded: they are why. */
export function expectPossible(required: number, sentence: number): void {
  if (required === 0) return;
  const where = sentence > 0 ? ` of sentence ${sentence}` : "";
  throw new OptionError(
    `beamSearch: no hypothesis${where} begins with the prefix, or holds the forced tokens: one of them has probability 0, or may not be written.`,
  );
}
