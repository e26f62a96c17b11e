import { completeOptions, whole } from "../../options.js";
import { defineOperation } from "../operation.js";
import { elementsOf } from "../program.js";
import type { Tensor } from "../tensor.js";
import { matchShapes, operand, operandIfAny } from "../tensor.js";

export const ngramStepOperation = defineOperation({
  name: "ngramStep",
  operands: ["ngrams i32", "states i32", "ids i32"],
  results: ["logits?", "after i32"],
  cost: ({ logits }) => ({ bytes: 20 * elementsOf(logits) }),
});

export const ngramLossesOperation = defineOperation({
  name: "ngramLosses",
  operands: ["ngrams i32", "states i32", "inputs i32", "targets i32", "lengths? i32"],
  results: ["losses", "count", "orders? i32", "last? i32"],
  // A search among the children of a context or two, each a few lines of the cache.
  cost: ({ inputs }) => ({ bytes: 512 * elementsOf(inputs) }),
});

const rules = { ngrams: operand, states: operand };

/**
 * A step of an n-gram model for some rows: reads a token after the context of each, and gives the log-probability of
 * every token to follow,
 *
 *   log p(w | h) = log p(h w) where the table has the n-gram h w, else log backoff(h) + log p(w | h without its first word)
 *
 * (Katz 1987; docs/ngram.md for the table). No gradient.
 *
 * @param operands.ngrams i32 [W] the packed table (native/ngram/ngram_table.h).
 * @param operands.states i32 [N] the context of each row: 0 for none, then as the table counts them.
 * @param operands.ids i32 [N] the tokens that are read.
 * @param operands.V tokens of the vocabulary.
 * @returns logits [N,V] in nats; after i32 [N]: the contexts with the tokens. While running, a table of another size, or a
 *   state or id outside of it, is an InputError.
 */
export function ngramStep(operands: { ngrams: Tensor; states: Tensor; ids: Tensor; V: number }): {
  logits: Tensor;
  after: Tensor;
} {
  const own = { ...rules, ids: operand, V: whole({ minimum: 1 }) };
  const { ngrams, states, ids, V } = completeOptions("ngramStep", operands, own);
  const { N } = matchShapes("ngramStep", [
    ["ngrams", ngrams, "W", "i32"],
    ["states", states, "N", "i32"],
    ["ids", ids, "N", "i32"],
  ]) as { N: number };
  return ngrams.graph.record(ngramStepOperation, { ngrams, states, ids }, { logits: [N, V], after: [N] });
}

/**
 * The losses of texts under an n-gram model, by the table's n-grams alone: nothing is V wide. Operands as those of
 * `ngramStep`, and
 *
 * @param operands.inputs i32 [T,B] the tokens that are read.
 * @param operands.targets i32 [T,B] the token that follows each, -1 for "no target here".
 * @param operands.lengths i32 [B] steps of each row; past them its state is carried and its losses are 0.
 * @returns losses [T,B] in nats; count [], the number of targets; orders i32 [T,B]: words of the longest n-gram that was
 *   found for each, the target included, 0 where there is none; last i32 [B]: the contexts after the last tokens.
 */
export function ngramLosses(operands: {
  ngrams: Tensor;
  states: Tensor;
  inputs: Tensor;
  targets: Tensor;
  lengths?: Tensor | null;
}): { losses: Tensor; count: Tensor; orders: Tensor; last: Tensor } {
  const own = { ...rules, inputs: operand, targets: operand, lengths: operandIfAny };
  const { ngrams, states, inputs, targets, lengths } = completeOptions("ngramLosses", operands, own);
  const { T, B } = matchShapes("ngramLosses", [
    ["ngrams", ngrams, "W", "i32"],
    ["states", states, "B", "i32"],
    ["inputs", inputs, "T B", "i32"],
    ["targets", targets, "T B", "i32"],
    ["lengths?", lengths, "B", "i32"],
  ]) as { T: number; B: number };
  const shapes = { losses: [T, B], count: [], orders: [T, B], last: [B] };
  return ngrams.graph.record(ngramLossesOperation, { ngrams, states, inputs, targets, lengths }, shapes);
}
