import { completeOptions, whole } from "../../options.js";
import { defineOperation } from "../operation.js";
import { elementsOf } from "../program.js";
import type { Tensor } from "../tensor.js";
import { matchShapes, operand } from "../tensor.js";

export const crfOperation = defineOperation({
  name: "crf",
  operands: ["emissions", "transitions", "tags i32", "lengths i32"],
  results: ["losses", "alphas?"],
  cost: ({ emissions, transitions }) => ({ flops: 4 * stepsOf(emissions) * elementsOf(transitions) }),
  gradient: ({ graph, emissions, transitions, tags, lengths, alphas }, { dlosses }) => {
    if (!dlosses) return {};
    const operands = { emissions, transitions, tags, lengths, alphas, dlosses };
    return graph.record(crfGradient, operands, { demissions: emissions, dtransitions: transitions });
  },
});

export const crfGradient = defineOperation({
  name: "crfGradient",
  operands: ["emissions", "transitions", "tags i32", "lengths i32", "alphas", "dlosses"],
  results: ["demissions", "dtransitions"],
  cost: ({ emissions, transitions }) => ({ flops: 8 * stepsOf(emissions) * elementsOf(transitions) }),
});

export const crfMarginalsOperation = defineOperation({
  name: "crfMarginals",
  operands: ["emissions", "transitions", "lengths i32"],
  results: ["probabilities", "normalizers"],
  cost: ({ emissions, transitions }) => ({ flops: 8 * stepsOf(emissions) * elementsOf(transitions) }),
});

export const crfPathsOperation = defineOperation({
  name: "crfPaths",
  operands: ["emissions", "transitions", "lengths i32"],
  results: ["tags i32", "scores"],
  attributes: ["K"],
  cost: ({ emissions, transitions, K }) => ({ flops: 2 * K * stepsOf(emissions) * elementsOf(transitions) }),
});

function stepsOf(emissions: readonly number[]): number {
  return elementsOf(emissions.slice(0, 2));
}

/** Operands of a conditional random field. @inline */
interface Scores {
  emissions: Tensor;
  transitions: Tensor;
  lengths: Tensor;
}

const rules = { emissions: operand, transitions: operand, lengths: operand };

/** The letters of the operands, once they fit together. @throws ShapeError */
function expectScores(name: string, { emissions, transitions, lengths }: Scores): { T: number; B: number; C: number } {
  const { T, B, C } = matchShapes(name, [
    ["emissions", emissions, "T B C"],
    ["lengths", lengths, "B", "i32"],
  ]) as { T: number; B: number; C: number };
  matchShapes(name, [
    ["emissions", emissions, "T B C"],
    ["transitions", transitions, `${C + 2} ${C}`],
  ]);
  return { T, B, C };
}

/**
 * The negative log-likelihood of tags under a linear-chain conditional random field (Lafferty et al. 2001; Lample et al. 2016,
 * equations 1 to 3):
 *
 *   score(y) = A[start,y_1] + sum over t of (P[t,y_t] + A[y_t,y_{t+1}]) + A[y_n,end]     loss = log sum over y' of exp score(y') - score(y)
 *
 * emissions P [T,B,C]; transitions A [C+2,C]: row i from tag i to each, row C from the start to each, row C+1 from each to the end. All
 * are finite: -1e30 forbids a transition. tags i32 [T,B], of which those past the lengths are not read; lengths i32 [B].
 *
 * @returns losses [B] in nats, 0 for a sequence of length 0. While running, a tag or a length outside its range is an InputError.
 */
export function crf(operands: Scores & { tags: Tensor }): Tensor {
  const { emissions, transitions, tags, lengths } = completeOptions("crf", operands, { ...rules, tags: operand });
  const { T, B } = expectScores("crf", { emissions, transitions, lengths });
  matchShapes("crf", [
    ["emissions", emissions, `${T} ${B} C`],
    ["tags", tags, `${T} ${B}`, "i32"],
  ]);
  const shapes = { losses: [B], alphas: emissions };
  return emissions.graph.record(crfOperation, { emissions, transitions, tags, lengths }, shapes).losses;
}

/**
 * How likely each tag of each step is under such a field, all tags of the other steps considered; operands as those of `crf`.
 * @returns probabilities [T,B,C], 0 past the lengths, and normalizers [B]: log sum over y of exp score(y).
 */
export function crfMarginals(operands: Scores): { probabilities: Tensor; normalizers: Tensor } {
  const { emissions, transitions, lengths } = completeOptions("crfMarginals", operands, rules);
  const { B } = expectScores("crfMarginals", { emissions, transitions, lengths });
  const shapes = { probabilities: emissions, normalizers: [B] };
  return emissions.graph.record(crfMarginalsOperation, { emissions, transitions, lengths }, shapes);
}

/**
 * The K sequences of tags with the highest scores under such a field, best first (Viterbi 1967; for several, each step keeps the K best
 * ways into each tag); operands as those of `crf`.
 * @returns tags i32 [K,T,B], -1 past the lengths and where there are fewer than K sequences; scores [K,B], there -infinity.
 */
export function crfPaths(operands: Scores & { K?: number }): { tags: Tensor; scores: Tensor } {
  const { emissions, transitions, lengths, K } = completeOptions("crfPaths", operands, {
    ...rules,
    K: whole({ minimum: 1, maximum: 1000, initial: 1 }),
  });
  const { T, B } = expectScores("crfPaths", { emissions, transitions, lengths });
  const shapes = { tags: [K, T, B], scores: [K, B] };
  return emissions.graph.record(crfPathsOperation, { emissions, transitions, lengths }, shapes, { K });
}
