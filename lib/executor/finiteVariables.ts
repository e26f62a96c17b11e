import { Graph } from "../graph/graph.js";
import * as ops from "../graph/ops/index.js";
import type { VariableSpec } from "../graph/program.js";
import type { Executable, Executor, Store, Values } from "./executor.js";

/** Looks for NaN and infinity in the variables of a store: one pass inside the executor. */
export class FiniteVariables {
  readonly #executor: Executor;
  readonly #store: Store;
  /** By the names of the variables. */
  readonly #programs = new Map<string, Executable>();

  constructor({ executor, store }: { executor: Executor; store: Store }) {
    this.#executor = executor;
    this.#store = store;
  }

  /** The name of a variable that is not finite; null if all are. */
  async firstOther(variables: readonly VariableSpec[]): Promise<string | null> {
    const floats = variables.filter(({ dtype }) => dtype === "f32");
    if (floats.length === 0) return null;
    const { outputs } = await this.#norm(floats).run({});
    if (Number.isFinite(outputs.norm?.[0])) return null;
    // Finite values can have a norm that is too large for a float.
    for (const { name } of floats) if (!allFinite(await this.#store.read(name))) return name;
    return null;
  }

  #norm(variables: readonly VariableSpec[]): Executable {
    const key = variables.map(({ name }) => name).join("\n");
    let executable = this.#programs.get(key);
    if (!executable) {
      const graph = new Graph();
      const { norm } = ops.globalNorm(variables.map((variable) => graph.variable(variable)));
      graph.output("norm", norm);
      executable = this.#executor.compile(graph.program(), this.#store);
      this.#programs.set(key, executable);
    }
    return executable;
  }
}

function allFinite(values: Values): boolean {
  let sum = 0;
  for (const value of values) sum += value - value;
  return sum === 0;
}
