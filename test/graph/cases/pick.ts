import type { Cases } from "../case.js";

export const cases: Cases = {
  pick: [{ name: "with none", args: (i) => [i.floats("x", [4, 6]), i.integers("ids", [4], [5, -1, 0, 3])] }],
};
