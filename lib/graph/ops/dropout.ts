import { completeOptions, flag, whole } from "../../options.js";
import { defineOperation } from "../operation.js";
import type { Tensor } from "../tensor.js";
import { matchShapes, operand } from "../tensor.js";

export const dropoutOperation = defineOperation({
  name: "dropout",
  operands: ["x", "rate", "random i32"],
  results: ["y"],
  attributes: ["stream", "overTime"],
  // The op is linear in x and its mask comes from counters, so the gradient is the op itself: no mask is stored.
  gradient: ({ rate, random, stream, overTime }, { dy }) => ({
    dx: dropout({ x: dy, rate, random, stream, overTime: overTime === 1 }),
  }),
});

const rules = { x: operand, rate: operand, random: operand, stream: whole(), overTime: flag() };

/**
 * Zeroes elements with probability `rate` and scales the others by 1 / (1 - rate) (Srivastava et al. 2014).
 *
 * @param operands.rate run-time scalar in [0, 1).
 * @param operands.random i32 [2]: the seed and the step; the same pair gives the same mask.
 * @param operands.stream number that tells this mask from the others of the program.
 * @param operands.overTime one mask for all time steps of x [T,...] (variational dropout, Gal & Ghahramani 2016).
 */
export function dropout(operands: {
  x: Tensor;
  rate: Tensor;
  random: Tensor;
  stream: number;
  overTime?: boolean;
}): Tensor {
  const { x, rate, random, stream, overTime } = completeOptions("dropout", operands, rules);
  matchShapes("dropout", [
    ["x", x, overTime ? "... F" : "..."],
    ["rate", rate, ""],
    ["random", random, "2", "i32"],
  ]);
  return x.graph.record(dropoutOperation, { x, rate, random }, { y: x }, { stream, overTime: Number(overTime) }).y;
}
