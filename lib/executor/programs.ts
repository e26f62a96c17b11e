import type { BatchRows } from "../graph/graph.js";
import { Graph } from "../graph/graph.js";
import type { VariableSpec } from "../graph/program.js";
import type { Communicator } from "./communicator.js";
import type { Executable, Executor, Store } from "./executor.js";

/**
 * Programs that are kept. Each shape of batch is a program of its own, of less than 100 kB: a training meets a few
 * hundred shapes, a server any number.
 */
const mostPrograms = 512;

/** The compiled programs of a model, by key: recorded when they are first asked for, those used last kept. */
export class Programs {
  readonly #model: { readonly executor: Executor; readonly store: Store };
  readonly #options: { training: boolean; communicator?: Communicator | undefined };
  readonly #kept = new Map<string, Executable>();
  readonly #variables = new Map<string, VariableSpec>();

  /**
   * @param options.training whether dropout and other noise is recorded. Default false.
   * @param options.communicator the ranks over which programs add. Default: none.
   */
  constructor(
    model: { readonly executor: Executor; readonly store: Store },
    { training = false, communicator }: { training?: boolean; communicator?: Communicator | undefined } = {},
  ) {
    this.#model = model;
    this.#options = { training, communicator };
  }

  /**
   * The program of a key. @param record records it, where none is kept.
   * @param rows the rows of a batch that it has, where other processes have the others.
   */
  get(key: string, record: (graph: Graph) => void, rows?: BatchRows): Executable {
    let executable = this.#kept.get(key);
    if (!executable) {
      const { training, communicator } = this.#options;
      const graph = new Graph({ training, rows });
      record(graph);
      executable = this.#model.executor.compile(graph.program(), this.#model.store, { communicator });
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
