import { InputError } from "../errors.js";
import type { Executable, Feeds } from "../executor/executor.js";
import { Graph } from "../graph/graph.js";
import * as ops from "../graph/ops/index.js";
import type { Op } from "../graph/program.js";
import type { Batch, Trainable } from "./trainable.js";

/** The summed loss of a batch in nats, the number of its targets, and the loss of each target. */
export interface Measured {
  total: number;
  tokens: number;
  losses: Float32Array | Float64Array;
}

/**
 * Measures the loss of batches without learning from them. A program is compiled for each form of batch and kept.
 * A loss that is not finite leaves the carried state as it was, so what is measured next does not inherit it.
 */
export class EvaluationStep<Form> {
  readonly #model: Trainable<Form>;
  readonly #carries: boolean;
  readonly #programs = new Map<string, Executable>();

  /** @param options.carries whether the state goes on to the next batch; otherwise nothing in the store changes. */
  constructor(model: Trainable<Form>, { carries = true }: { carries?: boolean } = {}) {
    this.#model = model;
    this.#carries = carries;
  }

  async run(batch: Batch<Form>): Promise<Measured> {
    const executable = this.#program(batch.form);
    const { outputs } = await executable.run(feedsOf(executable, batch));
    return {
      total: outputs.total?.[0] as number,
      tokens: outputs.count?.[0] as number,
      losses: outputs.losses as Float32Array | Float64Array,
    };
  }

  /** The op that first writes a value that is not finite, reading batches one after the other; undefined if none does. */
  async firstNonFinite(batches: AsyncIterable<Batch<Form>> | Iterable<Batch<Form>>): Promise<Op | undefined> {
    for await (const batch of batches) {
      const executable = this.#program(batch.form);
      const { nonFinite } = await executable.run(feedsOf(executable, batch), { check: true });
      if (nonFinite !== null) return executable.program.ops[nonFinite];
    }
    return undefined;
  }

  #program(form: Form): Executable {
    const key = JSON.stringify(form);
    let executable = this.#programs.get(key);
    if (!executable) {
      const graph = new Graph();
      const { losses, count, carried } = this.#model.recordLoss(graph, form);
      const total = ops.sum(losses);
      // 0 for a finite total; else NaN, with which nothing is assigned.
      const guard = ops.affine(total, { scale: 0 });
      if (this.#carries) for (const { variable, value } of carried) ops.assign(variable, value, guard);
      graph.output("total", total);
      graph.output("count", count);
      graph.output("losses", losses);
      executable = this.#model.executor.compile(graph.program(), this.#model.store);
      this.#programs.set(key, executable);
    }
    return executable;
  }
}

function feedsOf<Form>({ program }: Executable, { feeds }: Batch<Form>): Feeds {
  return Object.fromEntries(program.feeds.map(({ name }) => [name, feeds[name] as Feeds[string]]));
}

/** @throws InputError for a loss that is NaN or infinite: it measures nothing. */
export function expectFiniteLoss(who: string, total: number): void {
  if (Number.isFinite(total)) return;
  throw new InputError(
    `${who}: the loss is not finite (${total}): the numbers inside of the model overflow on this text. ` +
      "Measure shorter texts, or train the model with a lower learning rate.",
  );
}
