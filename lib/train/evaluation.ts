import type { Executable, Feeds } from "../executor/executor.js";
import { Graph } from "../graph/graph.js";
import * as ops from "../graph/ops/index.js";
import type { Batch, Trainable } from "./trainable.js";

/** The summed loss of a batch in nats, the number of its targets, and the loss of each target. */
export interface Measured {
  total: number;
  tokens: number;
  losses: Float32Array | Float64Array;
}

/** Measures the loss of batches without learning from them. A program is compiled for each form of batch and kept. */
export class EvaluationStep<Form> {
  readonly #model: Trainable<Form>;
  readonly #programs = new Map<string, Executable>();

  constructor(model: Trainable<Form>) {
    this.#model = model;
  }

  async run(batch: Batch<Form>): Promise<Measured> {
    const executable = this.#program(batch.form);
    const feeds = Object.fromEntries(
      executable.program.feeds.map(({ name }) => [name, batch.feeds[name] as Feeds[string]]),
    );
    const { outputs } = await executable.run(feeds);
    return {
      total: outputs.total?.[0] as number,
      tokens: outputs.count?.[0] as number,
      losses: outputs.losses as Float32Array | Float64Array,
    };
  }

  #program(form: Form): Executable {
    const key = JSON.stringify(form);
    let executable = this.#programs.get(key);
    if (!executable) {
      const graph = new Graph();
      const { losses, count, carried } = this.#model.recordLoss(graph, form);
      for (const { variable, value } of carried) ops.assign(variable, value);
      graph.output("total", ops.sum(losses));
      graph.output("count", count);
      graph.output("losses", losses);
      executable = this.#model.executor.compile(graph.program(), this.#model.store);
      this.#programs.set(key, executable);
    }
    return executable;
  }
}
