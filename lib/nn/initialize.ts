import type { VariableSpec } from "../graph/program.js";
import { checkOption, completeOptions, list, seed, value } from "../options.js";
import { initialValues } from "./initialValues.js";
import { Parameter } from "./parameter.js";

/** The part of a Store that `initialize` needs. */
export interface WeightStore {
  declare(variable: VariableSpec): void;
  write(name: string, values: Float32Array): Promise<void>;
}

/** Rule of a store that takes weights. */
export const weightStoreRule = value<WeightStore>("the store of an executor", (store) => {
  const { declare, write } = (store ?? {}) as Partial<WeightStore>;
  return typeof declare === "function" && typeof write === "function";
});
/** Rule of a list of parameters. */
export const parametersRule = list(value<Parameter>("a Parameter", (parameter) => parameter instanceof Parameter));

/**
 * Gives parameters their first values, each by its own initializer, from the random numbers of a seed and its name. A store
 * does so by itself, with the seed 1, for a parameter that a compiled program uses and that nobody has written.
 *
 * Built-in initializers leave the event loop free: they work in slices of some milliseconds.
 * @param options.seed default 1.
 * @throws OptionError for what is no store or no list of parameters; InputError for an initializer that gives other values.
 */
export async function initialize(
  store: WeightStore,
  parameters: readonly Parameter[],
  options: { seed?: number } = {},
): Promise<void> {
  checkOption("initialize", "store", store, weightStoreRule);
  checkOption("initialize", "parameters", parameters, parametersRule);
  const { seed: of } = completeOptions("initialize", options, { seed: seed() });
  for (const parameter of parameters) {
    const { name, dtype, shape } = parameter;
    store.declare({ name, dtype, shape });
    if (dtype === "f32") await store.write(name, await initialValues(parameter, of));
  }
}
