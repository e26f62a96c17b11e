import { defineOperation } from "../operation.js";
import { elementsOf, rowsOf } from "../program.js";
import type { Tensor } from "../tensor.js";
import { matchShapes } from "../tensor.js";
import { matmul } from "./matmul.js";
import { sumTo } from "./reduce.js";
import { asRows, reshape } from "./shape.js";

export const linearOperation = defineOperation({
  name: "linear",
  operands: ["x", "weight", "bias?"],
  results: ["y"],
  cost: ({ x, weight }) => ({ flops: 2 * rowsOf(x) * elementsOf(weight) }),
  gradient: ({ x, weight, bias }, { dy }, needs) => {
    const rows = asRows(dy);
    return {
      dx: needs.x && reshape(matmul(rows, weight), x.shape),
      dweight: needs.weight && matmul(rows, asRows(x), { transposeA: true }),
      dbias: needs.bias && bias && sumTo(rows, bias.shape),
    };
  },
});

/** y = x Wᵀ + b. x [...,I], weight [O,I], bias [O] -> [...,O]. */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor | null): Tensor {
  const { O } = matchShapes("linear", [
    ["x", x, "... I"],
    ["weight", weight, "O I"],
    ["bias?", bias, "O"],
  ]);
  const y = [...x.shape.slice(0, -1), O as number];
  return x.graph.record(linearOperation, { x, weight, bias }, { y }).y;
}
