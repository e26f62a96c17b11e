import { completeOptions } from "../../options.js";
import { defineOperation } from "../operation.js";
import type { Tensor } from "../tensor.js";
import { matchShapes, operand } from "../tensor.js";

export const followOperation = defineOperation({
  name: "follow",
  operands: ["states i32", "ids i32", "classOf i32", "next i32"],
  results: ["after i32"],
});

const rules = { states: operand, ids: operand, classOf: operand, next: operand };

/**
 * One step of an automaton for each of some hypotheses: state'[n] = next[classOf[ids[n]], states[n]], or 0 where that is -1.
 * While running, an id, class or state that does not exist is an InputError.
 *
 * @param operands.states i32 [N] before the step.
 * @param operands.ids i32 [N] the tokens that are read.
 * @param operands.classOf i32 [V] the class of each token.
 * @param operands.next i32 [C,S] the state after a token of a class.
 * @returns i32 [N]
 */
export function follow(operands: { states: Tensor; ids: Tensor; classOf: Tensor; next: Tensor }): Tensor {
  const { states, ids, classOf, next } = completeOptions("follow", operands, rules);
  const { N } = matchShapes("follow", [
    ["states", states, "N", "i32"],
    ["ids", ids, "N", "i32"],
    ["classOf", classOf, "V", "i32"],
    ["next", next, "C S", "i32"],
  ]);
  return states.graph.record(followOperation, { states, ids, classOf, next }, { after: [N as number] }).after;
}
