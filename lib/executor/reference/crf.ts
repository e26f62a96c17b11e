import { InputError } from "../../errors.js";
import type {
  crfGradient as crfGradientOperation,
  crfMarginalsOperation,
  crfOperation,
  crfPathsOperation,
} from "../../graph/ops/crf.js";
import type { Shape } from "../../graph/program.js";
import type { Call, Floats } from "./kernel.js";
import { expectLengths } from "./lengths.js";

/** The scores of one sequence of the batch. */
interface Field {
  readonly length: number;
  readonly C: number;
  emission(t: number, j: number): number;
  /** From tag i to tag j. */
  step(i: number, j: number): number;
  start(j: number): number;
  end(i: number): number;
}

interface Operands {
  emissions: Floats;
  transitions: Floats;
  lengths: Int32Array;
  shapes: { emissions: Shape };
}

function fieldsOf({ emissions, transitions, lengths, shapes }: Operands): Field[] {
  const [T, B, C] = shapes.emissions as [number, number, number];
  expectLengths(lengths, T, "the number of steps");
  const transition = (i: number, j: number) => transitions[i * C + j] as number;
  return Array.from({ length: B }, (_, b) => ({
    length: lengths[b] as number,
    C,
    emission: (t, j) => emissions[(t * B + b) * C + j] as number,
    step: transition,
    start: (j) => transition(C, j),
    end: (i) => transition(C + 1, i),
  }));
}

function logSumExp(values: readonly number[]): number {
  const largest = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}

/** log of the sum over all ways into tag j of step t, and over all ways. */
function forward(field: Field): { alphas: number[][]; normalizer: number } {
  const { length, C, emission, step, start, end } = field;
  const tags = Array.from({ length: C }, (_, j) => j);
  const alphas: number[][] = [];
  for (let t = 0; t < length; t++) {
    const before = alphas[t - 1];
    const into = (j: number) => (before ? logSumExp(tags.map((i) => (before[i] as number) + step(i, j))) : start(j));
    alphas.push(tags.map((j) => emission(t, j) + into(j)));
  }
  const last = alphas[length - 1];
  return { alphas, normalizer: last ? logSumExp(tags.map((i) => (last[i] as number) + end(i))) : 0 };
}

/** The probabilities of each tag in each step; `pair` is told those of each pair of neighbours. */
function marginals(field: Field, pair: (i: number, j: number, probability: number) => void = () => {}): number[][] {
  const { length, C, step, end } = field;
  const { alphas, normalizer } = forward(field);
  const tags = Array.from({ length: C }, (_, j) => j);
  const probabilities: number[][] = Array.from({ length }, () => tags.map(() => 0));
  for (let t = length - 1; t >= 0; t--) {
    const [alpha, own, after] = [alphas[t], probabilities[t], probabilities[t + 1]] as [number[], number[], number[]?];
    if (!after) {
      for (const i of tags) own[i] = Math.exp((alpha[i] as number) + end(i) - normalizer);
      continue;
    }
    for (const j of tags) {
      const ways = tags.map((i) => (alpha[i] as number) + step(i, j));
      const all = logSumExp(ways);
      for (const i of tags) {
        const probability = Math.exp((ways[i] as number) - all) * (after[j] as number);
        own[i] = (own[i] as number) + probability;
        pair(i, j, probability);
      }
    }
  }
  return probabilities;
}

export function crf(call: Call<typeof crfOperation>): void {
  const { tags, losses, alphas } = call;
  const [, B, C] = call.shapes.emissions as [number, number, number];
  alphas?.fill(0);
  for (const [b, field] of fieldsOf(call).entries()) {
    const own = tagsOf(tags, b, { B, field });
    const { alphas: ways, normalizer } = forward(field);
    for (const [t, row] of ways.entries()) alphas?.set(row, (t * B + b) * C);
    const score = own.reduce(
      (sum, tag, t) =>
        sum + field.emission(t, tag) + (t > 0 ? field.step(own[t - 1] as number, tag) : field.start(tag)),
      own.length > 0 ? field.end(own.at(-1) as number) : 0,
    );
    losses[b] = normalizer - score;
  }
}

export function crfGradient(call: Call<typeof crfGradientOperation>): void {
  const { tags, dlosses, demissions, dtransitions } = call;
  const [, B, C] = call.shapes.emissions as [number, number, number];
  demissions.fill(0);
  dtransitions.fill(0);
  const add = (into: Floats, at: number, value: number) => {
    into[at] = (into[at] as number) + value;
  };
  for (const [b, field] of fieldsOf(call).entries()) {
    const own = tagsOf(tags, b, { B, field });
    const weight = dlosses[b] as number;
    const likely = marginals(field, (i, j, probability) => add(dtransitions, i * C + j, weight * probability));
    for (const [t, row] of likely.entries()) {
      for (const [j, probability] of row.entries()) {
        const surprise = weight * (probability - (own[t] === j ? 1 : 0));
        add(demissions, (t * B + b) * C + j, surprise);
        if (t === 0) add(dtransitions, C * C + j, surprise);
        if (t === own.length - 1) add(dtransitions, (C + 1) * C + j, surprise);
      }
      if (t > 0) add(dtransitions, (own[t - 1] as number) * C + (own[t] as number), -weight);
    }
  }
}

export function crfMarginals(call: Call<typeof crfMarginalsOperation>): void {
  const { probabilities, normalizers } = call;
  const [, B, C] = call.shapes.emissions as [number, number, number];
  probabilities.fill(0);
  for (const [b, field] of fieldsOf(call).entries()) {
    for (const [t, row] of marginals(field).entries()) probabilities.set(row, (t * B + b) * C);
    normalizers[b] = forward(field).normalizer;
  }
}

/** A way into a tag: its score, and the way of the step before that it continues. */
interface Way {
  readonly score: number;
  readonly tag: number;
  readonly before: Way | null;
}

export function crfPaths(call: Call<typeof crfPathsOperation>): void {
  const { tags, scores, K } = call;
  const [T, B] = call.shapes.emissions as [number, number, number];
  tags.fill(-1);
  scores.fill(Number.NEGATIVE_INFINITY);
  for (const [b, { length, C, emission, step, start, end }] of fieldsOf(call).entries()) {
    const best = (ways: Way[]) => ways.sort((x, y) => y.score - x.score).slice(0, K);
    let ways: Way[][] = [];
    for (let t = 0; t < length; t++) {
      ways = Array.from({ length: C }, (_, tag) => {
        if (t === 0) return [{ score: start(tag) + emission(0, tag), tag, before: null }];
        const all = ways.flat().map((before) => ({ score: before.score + step(before.tag, tag), tag, before }));
        return best(all).map((way) => ({ ...way, score: way.score + emission(t, tag) }));
      });
    }
    const ended = best(ways.flat().map((way) => ({ ...way, score: way.score + end(way.tag) })));
    if (length === 0) scores[b] = 0;
    for (const [k, path] of ended.entries()) {
      scores[k * B + b] = path.score;
      let t = length - 1;
      for (let way: Way | null = path; way; way = way.before) tags[(k * T + t--) * B + b] = way.tag;
    }
  }
}

function tagsOf(tags: Int32Array, b: number, { B, field: { length, C } }: { B: number; field: Field }): number[] {
  return Array.from({ length }, (_, t) => {
    const tag = tags[t * B + b] as number;
    if (tag >= 0 && tag < C) return tag;
    throw new InputError(`crf: tag ${tag} of row ${b}, step ${t}, is none of the ${C} tags.`);
  });
}
