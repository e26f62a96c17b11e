import type { Executor, Feeds, Store } from "../executor/executor.js";
import { Programs } from "../executor/programs.js";
import { differentiate } from "../graph/differentiate.js";
import type { Graph } from "../graph/graph.js";
import * as ops from "../graph/ops/index.js";
import { tableRows } from "../graph/rewrites/index.js";
import type { Parameter } from "../nn/parameter.js";
import { learntParameters } from "../nn/parameter.js";
import type { Measured, MeasuringStep, RecordAlso } from "./evaluation.js";
import { measured } from "./evaluation.js";
import type { Batch, RecordedLoss, Trainable } from "./trainable.js";

/** Largest norm of all gradients together in a step of dynamic evaluation. */
const clipNorm = 5;

/**
 * Measures batches and learns from each after it has been measured: dynamic evaluation (Mikolov et al. 2010; Krause et al. 2018). For a batch
 * with mean loss L,
 *
 *   w <- w - η dL/dw + λ (w_0 - w)
 *
 * with the gradient of all weights clipped to a norm of 5. It learns in a store of its own: the model stays as it is.
 */
export class DynamicStep<Form> implements MeasuringStep<Form> {
  readonly #model: Trainable<Form>;
  readonly #rates: { readonly learningRate: number; readonly decay: number };
  readonly #also: RecordAlso | undefined;
  readonly #programs: Programs;

  private constructor(
    model: Trainable<Form>,
    { also, ...rates }: { learningRate: number; decay: number; also?: RecordAlso },
  ) {
    this.#model = model;
    this.#rates = rates;
    this.#also = also;
    this.#programs = new Programs(model);
  }

  /** @param options.learningRate η. @param options.decay λ. */
  static async of<Form>(
    model: Trainable<Form>,
    options: { learningRate: number; decay: number; also?: RecordAlso },
  ): Promise<DynamicStep<Form>> {
    const store = model.executor.createStore();
    const learnt = new Set(options.decay > 0 ? learntParameters(model) : []);
    for (const parameter of model.parameters) {
      const values = await model.store.read(parameter.name);
      for (const name of learnt.has(parameter) ? [parameter.name, startOf(parameter)] : [parameter.name]) {
        store.declare({ name, dtype: parameter.dtype, shape: parameter.shape });
        await store.write(name, values);
      }
    }
    return new DynamicStep(copyOf(model, store), options);
  }

  /** @param more gives the feeds of what is recorded besides. */
  run(batch: Batch<Form>, more?: () => Feeds): Promise<Measured> {
    const executable = this.#programs.get(JSON.stringify(batch.form), (graph) => {
      const recorded = this.#model.recordLoss(graph, batch.form);
      this.#recordUpdate(graph, recorded);
      graph.output("total", ops.sum(recorded.losses));
      graph.output("count", recorded.count);
      graph.output("losses", recorded.losses);
      this.#also?.(graph, recorded);
    });
    return measured(executable, batch, () => ({ ...more?.(), ...this.#rates, clipNorm }));
  }

  #recordUpdate(graph: Graph, { losses, count, carried }: RecordedLoss): void {
    const parameters = learntParameters(this.#model);
    const mean = ops.divide(ops.sum(losses), count);
    const gradients = differentiate(
      mean,
      parameters.map((parameter) => parameter.in(graph)),
    );
    const updates = gradients.map((gradient) => tableRows(gradient) ?? { ids: null, rows: gradient });
    const { norm } = ops.globalNorm(updates.map(({ rows }) => rows));
    const scale = ops.clipScale(norm, graph.scalar("clipNorm"));
    const learningRate = graph.scalar("learningRate");
    for (const [i, { ids, rows: gradient }] of updates.entries()) {
      const parameter = parameters[i] as Parameter;
      const weight = parameter.in(graph);
      if (this.#rates.decay > 0) {
        const target = graph.variable({ name: startOf(parameter), dtype: "f32", shape: parameter.shape });
        ops.approach({ variable: weight, target, share: graph.scalar("decay"), scale });
      }
      const plain = { velocity: null, momentum: 0, nesterov: false, weightDecay: 0 };
      ops.sgd({ weight, gradient, ids, scale, learningRate, ...plain });
    }
    for (const { variable, value } of carried) ops.assign(variable, value, scale);
  }
}

/** Name of the weight w_0 that a parameter goes back to. */
function startOf({ name }: Parameter): string {
  return `dynamic.start/${name}`;
}

/** The model with the weights of another store. */
function copyOf<Form>(model: Trainable<Form>, store: Store): Trainable<Form> & { executor: Executor; store: Store } {
  return {
    executor: model.executor,
    store,
    parameters: model.parameters,
    recordLoss: (graph, form) => model.recordLoss(graph, form),
  };
}
