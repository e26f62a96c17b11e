import { Graph } from "../graph/graph.js";
import type { VariableSpec } from "../graph/program.js";
import type { Executable, Executor, Store } from "./executor.js";

/**
 * Programs that are kept. Each shape of batch is a program of its own, of less than 100 kB: a training meets a few
 * hundred shapes, a server any number.
 */
const mostPrograms = 512;

/** The compiled programs of a model, by key: recorded when they are first asked for, those used last kept. */
export class Programs {
  readonly #model: { readonly executor: Executor; readonly store: Store };
  readonly #training: boolean;
  readonly #kept = new Map<string, Executable>();
  readonly #variables = new Map<string, VariableSpec>();

  /** @param options.training whether dropout and other noise is recorded. Default false. */
  constructor(
    model: { readonly executor: Executor; readonly store: Store },
    { training = false }: { training?: boolean } = {},
  ) {
    this.#model = model;
    this.#training = training;
  }

  /** The program of a key. @param record records it, where none is kept. */
  get(key: string, record: (graph: Graph) => void): Executable {
    let executable = this.#kept.get(key);
    if (!executable) {
      const graph = new Graph({ training: this.#training });
      record(graph);
      executable = this.#model.executor.compile(graph.program(), this.#model.store);
      for (const spec of executable.program.variables) this.#variables.set(spec.name, spec);
    }
    // The one that was used last stands last.
    this.#kept.delete(key);
    this.#kept.set(key, executable);
    if (this.#kept.size > mostPrograms) this.#kept.delete(this.#kept.keys().next().value as string);
    return executable;
  }

  /** The variables of all programs so far, also of those that are no longer kept. */
  get variables(): readonly VariableSpec[] {
    return [...this.#variables.values()];
  }
}
