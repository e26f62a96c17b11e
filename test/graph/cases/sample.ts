import type { OpCases } from "../case.js";

export const cases: OpCases["cases"] = {};

export const testedElsewhere = { sample: "test/graph/properties.test.ts" };
