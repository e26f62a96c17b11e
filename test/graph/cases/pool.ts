import type { Cases } from "../case.js";

const windows = [{ size: 2 }, { size: 3, stride: 1 }, { size: 2, stride: 3 }, { size: 1 }];

export const cases: Cases = {
  maxPool: windows.map((options) => ({
    name: JSON.stringify(options),
    args: (inputs) => [inputs.floats("x", [2, 5, 4, 19]), options],
  })),
  meanPool: windows.map((options) => ({
    name: JSON.stringify(options),
    args: (inputs) => [inputs.floats("x", [2, 5, 4, 3]), options],
  })),
};
