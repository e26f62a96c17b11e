import { ShapeError } from "../../errors.js";
import { completeOptions, flag, object, optional, whole } from "../../options.js";
import { defineOperation } from "../operation.js";
import type { Tensor } from "../tensor.js";
import { matchShapes, operand } from "../tensor.js";

export const dropoutOperation = defineOperation({
  name: "dropout",
  operands: ["x", "rate", "random i32"],
  results: ["y"],
  attributes: ["stream", "overTime", "axis", "first", "of"],
  // The op is linear in x and its mask comes from counters, so the gradient is the op itself: no mask is stored.
  gradient: ({ rate, random, stream, overTime, axis, first, of }, { dy }) => ({
    dx: dropout({
      ...{ x: dy, rate, random, stream, overTime: overTime === 1 },
      ...(of > 0 ? { part: { axis, first, of } } : {}),
    }),
  }),
});

const rules = {
  ...{ x: operand, rate: operand, random: operand, stream: whole(), overTime: flag() },
  part: optional(object({ axis: whole(), first: whole(), of: whole({ minimum: 1 }) })),
};

/**
 * Zeroes elements with probability `rate` and scales the others by 1 / (1 - rate) (Srivastava et al. 2014).
 *
 * @param operands.rate run-time scalar in [0, 1).
 * @param operands.random i32 [2]: the seed and the step; the same pair gives the same mask.
 * @param operands.stream number that tells this mask from the others of the program.
 * @param operands.overTime one mask for all time steps of x [T,...] (variational dropout, Gal & Ghahramani 2016).
 * @param operands.part place of x in a larger tensor, whose mask it gets its part of: along `axis` it has the entries from `first` on, of
 *   `of`. Default: x is all there is.
 */
export function dropout(operands: {
  x: Tensor;
  rate: Tensor;
  random: Tensor;
  stream: number;
  overTime?: boolean;
  part?: { readonly axis: number; readonly first: number; readonly of: number };
}): Tensor {
  const { x, rate, random, stream, overTime, part } = completeOptions("dropout", operands, rules);
  matchShapes("dropout", [
    ["x", x, overTime ? "... F" : "..."],
    ["rate", rate, ""],
    ["random", random, "2", "i32"],
  ]);
  const { axis, first, of } = part ?? { axis: 0, first: 0, of: 0 };
  if (part && !(axis >= Number(overTime) && first + (x.shape[axis] ?? Number.POSITIVE_INFINITY) <= of)) {
    throw new ShapeError(
      `dropout: ${x} is no part of a tensor with ${of} entries along axis ${axis}, from ${first} on.`,
    );
  }
  const attributes = { stream, overTime: Number(overTime), axis, first, of };
  return x.graph.record(dropoutOperation, { x, rate, random }, { y: x }, attributes).y;
}
