import { defineOperation } from "../operation.js";
import type { Tensor } from "../tensor.js";
import { matchShapes } from "../tensor.js";
import { matmul } from "./matmul.js";
import { sumTo } from "./reduce.js";
import { asRows, reshape } from "./shape.js";

const linearOperation = defineOperation({
  name: "linear",
  operands: ["x", "weight", "bias?"],
  results: ["y"],
  gradient: ({ operands: [x, weight, bias], gradients: [dy], needs }) => {
    const rows = asRows(dy as Tensor);
    const dx = () => reshape(matmul(rows, weight as Tensor), (x as Tensor).shape);
    const dweight = () => matmul(rows, asRows(x as Tensor), { transposeA: true });
    const dbias = () => sumTo(rows, (bias as Tensor).shape);
    return [needs[0] ? dx() : null, needs[1] ? dweight() : null, needs[2] ? dbias() : null];
  },
});

/** y = x Wᵀ + b. x [...,I], weight [O,I], bias [O] -> [...,O]. */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor | null): Tensor {
  const { O } = matchShapes("linear", [
    ["x", x, "... I"],
    ["weight", weight, "O I"],
    ["bias?", bias, "O"],
  ]);
  const shape = [...x.shape.slice(0, -1), O as number];
  return x.graph.record(linearOperation, [x, weight, bias], [{ shape }])[0] as Tensor;
}
