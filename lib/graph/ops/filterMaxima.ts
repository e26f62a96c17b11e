import { ShapeError } from "../../errors.js";
import { completeOptions } from "../../options.js";
import { defineOperation } from "../operation.js";
import { elementsOf } from "../program.js";
import type { Tensor } from "../tensor.js";
import { matchShapes, operand } from "../tensor.js";

export const filterMaximaOperation = defineOperation({
  name: "filterMaxima",
  operands: ["x", "weight", "bias", "lengths i32"],
  results: ["y", "places? i32"],
  cost: ({ x, weight }) => ({ flops: 2 * elementsOf(x.slice(0, 2)) * elementsOf(weight) }),
  gradient: (seen, { dy }) => {
    if (!dy) return {};
    const { graph, x, weight, bias } = seen;
    return graph.record(filterMaximaGradient, { ...seen, dy }, { dx: x, dweight: weight, dbias: bias });
  },
});

export const filterMaximaGradient = defineOperation({
  name: "filterMaximaGradient",
  operands: ["x", "weight", "lengths i32", "places i32", "dy"],
  results: ["dx?", "dweight", "dbias"],
  cost: ({ dy, weight }) => ({ flops: (4 * elementsOf(dy) * elementsOf(weight)) / (weight[0] as number) }),
});

const rules = { x: operand, weight: operand, bias: operand, lengths: operand };

/**
 * The largest answer of each filter over all places of a sequence: a convolution and its maximum over time (Collobert et al. 2011; Kim et
 * al. 2016, equations 5 and 6, whose tanh may follow, as it does not change which is largest).
 *
 *   y[n,f] = max over c < lengths[n] of (b_f + sum over i < w of W[f,i] · x[n,c+i])
 *
 * where x is 0 past the length. A gradient reaches the place of the maximum alone, of several the first. Padding costs nothing.
 * @param operands.x [N,C,E]
 * @param operands.weight [F,w E], w vectors of E side by side.
 * @param operands.bias [F]
 * @param operands.lengths i32 [N], each in 0..C. Rows of length 0 have y = 0.
 * @returns [N,F]. While running, a length outside its range is an InputError.
 */
export function filterMaxima(operands: { x: Tensor; weight: Tensor; bias: Tensor; lengths: Tensor }): Tensor {
  const { x, weight, bias, lengths } = completeOptions("filterMaxima", operands, rules);
  const { N, E, F, K } = matchShapes("filterMaxima", [
    ["x", x, "N C E"],
    ["weight", weight, "F K"],
    ["bias", bias, "F"],
    ["lengths", lengths, "N", "i32"],
  ]) as Record<"N" | "E" | "F" | "K", number>;
  if (K % E !== 0) {
    throw new ShapeError(`filterMaxima: expected a weight of [F,w ${E}], as x has ${E} features, got ${weight}.`);
  }
  const shapes = { y: [N, F], places: [N, F] };
  return x.graph.record(filterMaximaOperation, { x, weight, bias, lengths }, shapes).y;
}
