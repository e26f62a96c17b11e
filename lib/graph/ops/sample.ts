import { completeOptions } from "../../options.js";
import { defineOperation } from "../operation.js";
import type { Tensor } from "../tensor.js";
import { matchShapes, operand, operandIfAny } from "../tensor.js";

export const sampleOperation = defineOperation({
  name: "sample",
  operands: ["logits", "temperature", "topK i32", "topP", "random i32", "ahead? i32"],
  results: ["ids i32", "logProbability"],
});

const rules = {
  logits: operand,
  temperature: operand,
  topK: operand,
  topP: operand,
  random: operand,
  ahead: operandIfAny,
};

/**
 * Draws one token from each row of logits [B,V].
 *
 * @param operands.temperature run-time scalar; 0 takes the most probable token.
 * @param operands.topK i32 scalar: only the k most probable tokens; 0 for all (Fan et al. 2018).
 * @param operands.topP run-time scalar: only the most probable tokens that together reach p (Holtzman et al. 2020).
 * @param operands.random i32 [2]: seed and step.
 * @param operands.ahead i32 [B]: steps by which the random numbers of each row are ahead of that one. Default: none.
 * @returns ids i32 [B], and logProbability [B] in nats under the unfiltered distribution at temperature 1.
 */
export function sample(operands: {
  logits: Tensor;
  temperature: Tensor;
  topK: Tensor;
  topP: Tensor;
  random: Tensor;
  ahead?: Tensor | null;
}): { ids: Tensor; logProbability: Tensor } {
  const own = completeOptions("sample", operands, rules);
  const { logits, temperature, topK, topP, random, ahead } = own;
  const { B } = matchShapes("sample", [
    ["logits", logits, "B V"],
    ["temperature", temperature, ""],
    ["topK", topK, "", "i32"],
    ["topP", topP, ""],
    ["random", random, "2", "i32"],
    ["ahead?", ahead, "B", "i32"],
  ]);
  const rows = [B as number];
  return logits.graph.record(sampleOperation, own, { ids: rows, logProbability: rows });
}
