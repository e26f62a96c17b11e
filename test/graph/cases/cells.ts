import * as ops from "../../../lib/graph/ops/index.js";
import type { Tensor } from "../../../lib/graph/tensor.js";
import type { Case, Inputs, OpCases } from "../case.js";

function cellCases(record: (inputs: Inputs, B: number, H: number) => Tensor[]): Case[] {
  const sizes = [
    [1, 1],
    [3, 5],
    [2, 33],
    [70, 130],
  ] as const;
  return sizes.map(([B, H]) => ({
    name: `B=${B} H=${H}`,
    gradient: H < 50,
    record: (inputs) => record(inputs, B, H),
  }));
}

export const cases: OpCases["cases"] = {
  lstmCell: cellCases((inputs, B, H) => {
    const { h, c } = ops.lstmCell(inputs.floats("a", [B, 4 * H]), inputs.floats("c", [B, H]));
    return [h, c];
  }),
  gruCell: cellCases((inputs, B, H) => [
    ops.gruCell(inputs.floats("a", [B, 3 * H]), inputs.floats("p", [B, 3 * H]), inputs.floats("h", [B, H])),
  ]),
};
