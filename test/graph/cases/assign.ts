import type { Cases } from "../case.js";

export const cases: Cases = {
  assign: [1, Number.NaN].map((guard) => ({
    name: `guard ${guard}`,
    forwardOnly: true,
    args: (i) => [i.variable("v", [2, 3]), i.floats("x", [2, 3]), i.scalar("guard", guard)],
    results: (_, __, [variable]) => [variable],
  })),
};
