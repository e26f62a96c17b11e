import type { Executor } from "../executor/executor.js";
import { value } from "../options.js";

/** The rule of the executor that computes a model. */
export const executorRule = value<Executor>("an executor: nativeExecutor(), or new ReferenceExecutor()", isExecutor);

function isExecutor(given: unknown): boolean {
  return typeof (given as Executor | null)?.createStore === "function";
}
