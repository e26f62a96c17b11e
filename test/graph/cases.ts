/// <reference types="vite/client" />
import type { OpCases } from "./case.js";

const files = Object.values(import.meta.glob<OpCases>("./cases/*.ts", { eager: true }));

/** Cases of the ops that users can record, by name in the catalogue: of all files in test/graph/cases. */
export const cases: OpCases["cases"] = Object.assign({}, ...files.map((file) => file.cases));

/** Ops without cases of their own, and where they are tested. */
export const testedElsewhere: Readonly<Record<string, string>> = Object.assign(
  {},
  ...files.map((file) => file.testedElsewhere),
);

/**
 * How far a float32 result may be from the float64 reference, relative to the largest value of the result, by op; gradients
 * have the same bound. The reasons are in docs/numerics.md: rounding of a sum of n products grows like sqrt(n) to n times
 * 6e-8, and the kernels' exp, sigmoid and tanh are within 3 ulp.
 */
export const tolerances: Readonly<Record<string, number>> = Object.assign({}, ...files.map((file) => file.tolerances));

/** A few roundings. */
export const otherwise = 2e-6;
