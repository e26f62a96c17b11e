/// <reference types="vite/client" />
import { ops } from "../../lib/graph/index.js";
import { Tensor } from "../../lib/graph/tensor.js";
import type { Case, OpCases, Recorded } from "./case.js";

const files = Object.values(import.meta.glob<OpCases>("./cases/*.ts", { eager: true }));

/** Cases of the functions that record ops, by name: of all files in test/graph/cases. */
export const calls: Readonly<Record<string, readonly Case[]>> = Object.assign({}, ...files.map((file) => file.cases));

/** The same, to be recorded. */
export const cases: Readonly<Record<string, readonly Recorded[]>> = Object.fromEntries(
  Object.entries(calls).map(([name, list]) => [name, list.map((one) => recorded(name, one))]),
);

function recorded(name: string, { args, results, ...others }: Case): Recorded {
  const record: Recorded["record"] = (inputs) => {
    const values = args(inputs);
    const returned = (ops[name as keyof typeof ops] as (...args: unknown[]) => unknown)(...values);
    if (results) return results(returned, inputs, values);
    return returned instanceof Tensor ? [returned] : Object.values(returned as Record<string, Tensor>);
  };
  return { ...others, record };
}

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
