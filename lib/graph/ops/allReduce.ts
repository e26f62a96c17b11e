import { ShapeError } from "../../errors.js";
import { checkOption, completeOptions, flag, list, whole } from "../../options.js";
import { defineOperation } from "../operation.js";
import type { Shape } from "../program.js";
import { elementsOf, shapeRule, shapeText } from "../program.js";
import type { Tensor } from "../tensor.js";
import { matchShapes, operand } from "../tensor.js";

export const allReduceOperation = defineOperation({
  name: "allReduce",
  operands: ["...tensors"],
  results: ["sums"],
  attributes: ["bfloat16", "width"],
  readBy: "awaitSum",
});

const rules = { bfloat16: flag(), width: whole({ initial: 0 }) };

/**
 * Begins to add tensors over all processes of a distributed training (Communicator), one after the other in one array [n]; the ops that
 * follow run meanwhile. `awaitSum` takes them out; nothing else may read the array. Without other processes it is a copy.
 * @param options.bfloat16 send half the bytes: what each process adds and the sums are rounded to bfloat16, to nearest even. Default false.
 * @param options.width send only the rows of `width` numbers that are not all 0, where that is fewer bytes for all processes together; the
 *   sums are the same, but for the sign of a 0. 0: send everything. Default 0.
 * @throws ShapeError if the array is not made of such rows.
 */
export function allReduce(tensors: readonly Tensor[], options: { bfloat16?: boolean; width?: number } = {}): Tensor {
  const { bfloat16, width } = completeOptions("allReduce", options, rules);
  const [first] = checkOption("allReduce", "tensors", tensors, list(operand));
  if (!first) throw new ShapeError("allReduce: expected at least one tensor.");
  for (const tensor of tensors) matchShapes("allReduce", [["tensor", tensor, "..."]]);
  const n = tensors.reduce((sum, { shape }) => sum + elementsOf(shape), 0);
  if (width > 0 && n % width > 0) throw new ShapeError(`allReduce: ${n} numbers are not rows of width ${width}.`);
  const attributes = { bfloat16: Number(bfloat16), width };
  return first.graph.record(allReduceOperation, { tensors }, { sums: [n] }, attributes).sums;
}

export const awaitSumOperation = defineOperation({
  name: "awaitSum",
  operands: ["sums"],
  results: ["y"],
  attributes: ["begin"],
});

const placeRules = { begin: whole(), shape: shapeRule };

/** Waits for the sums of an `allReduce`, and takes the tensor out that begins at number `begin` of the array. */
export function awaitSum(sums: Tensor, place: { begin: number; shape: Shape }): Tensor {
  const { begin, shape } = completeOptions("awaitSum", place, placeRules);
  const { n = 0 } = matchShapes("awaitSum", [["sums", sums, "n"]]);
  if (begin + elementsOf(shape) > n) {
    throw new ShapeError(`awaitSum: ${sums} has no ${shapeText(shape)} from number ${begin} on.`);
  }
  return sums.graph.record(awaitSumOperation, { sums }, { y: shape }, { begin }).y;
}
