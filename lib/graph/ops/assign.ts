import { defineOperation } from "../operation.js";
import type { Tensor } from "../tensor.js";
import { expectTensor, matchShapes } from "../tensor.js";

export const assignOperation = defineOperation({
  name: "assign",
  operands: ["variable any", "x any", "guard?"],
  results: [],
  mutates: ["variable"],
});

/** Copies x into a variable. With `guard`, a scalar: nothing is copied when it is NaN. */
export function assign(variable: Tensor, x: Tensor, guard?: Tensor | null): void {
  expectTensor("assign", "variable", variable);
  matchShapes("assign", [
    ["x", x, variable.shape.join(" "), variable.dtype],
    ["guard?", guard, ""],
  ]);
  variable.graph.record(assignOperation, { variable, x, guard }, {});
}
