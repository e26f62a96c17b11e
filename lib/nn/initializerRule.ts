import type { Defaulted } from "../options.js";
import { value } from "../options.js";
import type { Initializer } from "./initializers.js";

/** Rule of an initializer. */
export const initializerRule = value<Initializer>(
  "an initializer: initializers.xavierUniform, initializers.uniform(0.1) ...",
  (initializer) => typeof initializer === "function",
);

/** Rule of an initializer that may be left out. */
export function initializerOr(initial: Initializer): Defaulted<Initializer> {
  return { ...initializerRule, initial };
}
