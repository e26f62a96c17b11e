import type { OpCases } from "../case.js";

export const cases: OpCases["cases"] = {};

export const testedElsewhere = {
  ...Object.fromEntries(
    ["globalNorm", "clipScale", "sgd", "adam", "rmsprop", "adagrad"].map((name) => [
      name,
      "test/parity/optimizers.test.ts",
    ]),
  ),
  assign: "test/graph/properties.test.ts",
};
