import { completeOptions } from "../../options.js";
import { defineOperation } from "../operation.js";
import { elementsOf } from "../program.js";
import type { Tensor } from "../tensor.js";
import { expectTensor, matchShapes, operand } from "../tensor.js";

export const spellOperation = defineOperation({
  name: "spell",
  operands: ["ids i32", "characters i32", "lengths i32"],
  results: ["spellings i32", "spellingLengths i32", "places i32"],
});

const rules = { ids: operand, characters: operand, lengths: operand };

/**
 * The spellings of the different tokens among some, so that what reads characters reads each token once.
 *
 * @param operands.ids i32 [...], N in all, each in 0..V-1.
 * @param operands.characters i32 [V,C], those of each token of the vocabulary.
 * @param operands.lengths i32 [V], the number of characters of each, in 0..C.
 * @returns spellings i32 [N,C] and lengths i32 [N] of the tokens in the order in which they first appear, then rows of length 0;
 *   places i32 [...], the row of each token. While running, an id or a length outside its range is an InputError.
 */
export function spell(operands: { ids: Tensor; characters: Tensor; lengths: Tensor }): {
  spellings: Tensor;
  lengths: Tensor;
  places: Tensor;
} {
  const { ids, characters, lengths } = completeOptions("spell", operands, rules);
  const { C } = matchShapes("spell", [
    ["ids", expectTensor("spell", "ids", ids), "...", "i32"],
    ["characters", characters, "V C", "i32"],
    ["lengths", lengths, "V", "i32"],
  ]) as { C: number };
  const N = elementsOf(ids.shape);
  const shapes = { spellings: [N, C], spellingLengths: [N], places: ids };
  const { spellings, spellingLengths, places } = ids.graph.record(spellOperation, { ids, characters, lengths }, shapes);
  return { spellings, lengths: spellingLengths, places };
}
