import { OptionError } from "../../errors.js";
import type { Completed, Rule } from "../../options.js";
import { option, optional, real, table, value, whole, word } from "../../options.js";

/** The smoothings, by the names that the addon knows (native/ngram/smoothings). */
export const smoothings = [
  "modifiedKneserNey",
  "kneserNey",
  "absolute",
  "wittenBell",
  "katz",
  "interpolation",
  "backOff",
  "additive",
  "maximumLikelihood",
] as const;
/** The name of a smoothing. @useDeclaredType */
export type SmoothingName = (typeof smoothings)[number];

const weightsRule: Rule<readonly number[] | undefined> = optional(
  value("a list of numbers of at least 0 with sum 1", (weights) => {
    const isList = Array.isArray(weights) && weights.every((weight) => typeof weight === "number" && weight >= 0);
    return isList && Math.abs((weights as number[]).reduce((sum, weight) => sum + weight, 0) - 1) < 1e-6;
  }),
);

/** How probabilities are estimated from counts. */
export const smoothingRules = table("smoothing", {
  /**
   * Estimate of probabilities from counts: "modifiedKneserNey" (Chen & Goodman 1998), "kneserNey" (1995), "absolute" discounting
   * (Ney et al. 1994), "wittenBell" (1991), all interpolated; "katz" (1987) with Good-Turing discounts; linear "interpolation" of
   * orders (Jelinek & Mercer 1980); "backOff" to the shorter context below a threshold; "additive"; "maximumLikelihood".
   * Default modifiedKneserNey.
   */
  smoothing: word(smoothings, "modifiedKneserNey"),
  /** Number added to each count by additive smoothing: 1 is Laplace's. Default: 1. */
  added: option(optional(real({ above: 0, maximum: 1e9 })), {
    needs: { smoothing: ["additive"] },
    aka: ["alpha", "delta"],
  }),
  /** Discount of every count, instead of those estimated from the counts. Default: estimated. */
  discount: option(optional(real({ minimum: 0, below: 1 })), {
    needs: { smoothing: ["modifiedKneserNey", "kneserNey", "absolute"] },
  }),
  /** Count up to which an n-gram of `backOff` gives way to the shorter one. Default: 0. */
  threshold: option(optional(whole()), { needs: { smoothing: ["backOff"] } }),
  /** Largest count that `katz` discounts. Default: 7. */
  mostDiscounted: option(optional(whole({ minimum: 1, maximum: 24 })), {
    needs: { smoothing: ["katz"] },
    aka: ["gtmax"],
  }),
  /**
   * Weights of orders 1 to n of an `interpolation`, or first that of the uniform distribution. Default: those under which the
   * held-out text is likeliest, by EM.
   */
  weights: option(weightsRule, { needs: { smoothing: ["interpolation"] }, flag: null }),
});

/** The numbers of a smoothing, in the order of the addon. */
export function smoothingNumbers(options: Completed<typeof smoothingRules>): Float64Array {
  const { added = 1, discount = -1, threshold = 0, mostDiscounted = 7 } = options;
  return Float64Array.of(added, discount, threshold, mostDiscounted);
}

/** The weights of an interpolation, that of the uniform distribution first. @throws OptionError for another number of them. */
export function completeWeights(who: string, weights: readonly number[], order: number): Float64Array {
  if (weights.length === order + 1) return Float64Array.from(weights);
  if (weights.length === order) return Float64Array.of(0, ...weights);
  throw new OptionError(
    `${who}: expected ${order} weights, one for each order, or ${order + 1} with that of the uniform distribution first, got ` +
      `${weights.length}.`,
    ["weights", "order"],
  );
}
