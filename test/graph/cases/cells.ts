import type { Cases } from "../case.js";

const sizes = [
  [1, 1],
  [3, 5],
  [2, 33],
  [70, 130],
].map(([B = 0, H = 0]) => ({ name: `B=${B} H=${H}`, gradient: H < 50, B, H }));

export const cases: Cases = {
  lstmCell: sizes.map(({ B, H, ...others }) => ({
    ...others,
    args: (inputs) => [inputs.floats("a", [B, 4 * H]), inputs.floats("c", [B, H])],
  })),
  gruCell: sizes.map(({ B, H, ...others }) => ({
    ...others,
    args: (inputs) => [inputs.floats("a", [B, 3 * H]), inputs.floats("p", [B, 3 * H]), inputs.floats("h", [B, H])],
  })),
};
