import type { Executable, Feeds } from "../executor/executor.js";
import { Programs } from "../executor/programs.js";
import { differentiate } from "../graph/differentiate.js";
import type { Graph } from "../graph/graph.js";
import * as ops from "../graph/ops/index.js";
import type { VariableSpec } from "../graph/program.js";
import { tableRows } from "../graph/rewrites/index.js";
import type { Tensor } from "../graph/tensor.js";
import { learntParameters } from "../nn/parameter.js";
import { DivergenceError, firstNonFinite } from "./divergence.js";
import type { Optimizer } from "./optimizers.js";
import { averageShare } from "./optimizers.js";
import type { Batch, RecordedLoss, Trainable } from "./trainable.js";

export interface StepOptions {
  optimizer: Optimizer;
  /** Largest allowed norm of all gradients together; 0 turns clipping off. */
  clipNorm: number;
  /** Largest allowed absolute value of one gradient element; 0 turns it off. */
  clipValue: number;
  /**
   * The loss whose gradient is taken. "token": the mean over all targets. "sequence": the sum over time, averaged over the
   * rows of the batch, as Zaremba et al. (2014) and Graves do; their learning rates and clip norms assume it.
   */
  reduction: "token" | "sequence";
}

/** The run-time scalars of one step. */
export interface StepInput {
  learningRate: number;
  /** Number of this update, from 1. */
  step: number;
  seed: number;
  /** Share of the way that a mean of the weights goes to those after this update. Default 0. */
  averageShare?: number;
}

export interface StepResult {
  /** Nats per target. */
  loss: number;
  tokens: number;
  /** Norm of all gradients together before clipping; 0 of a model that updates itself. */
  gradientNorm: number;
}

/**
 * One training step as one Program: forward, backward, clip, update and carried state; one for each form of batch. A step whose gradient is not finite changes nothing.
 */
export class TrainingStep<Form> {
  readonly #model: Trainable<Form>;
  readonly #options: StepOptions;
  readonly #programs: Programs;
  /** Values of the run-time scalars that have one. */
  #defaults: Feeds = {};

  constructor(model: Trainable<Form>, options: StepOptions) {
    this.#model = model;
    this.#options = options;
    this.#programs = new Programs(model, { training: true });
  }

  /** @throws DivergenceError if the loss or a gradient is not finite. */
  async run(batch: Batch<Form>, input: StepInput): Promise<StepResult> {
    const executable = this.#programs.get(JSON.stringify(batch.form), (graph) => this.#record(graph, batch.form));
    const offered: Record<string, Feeds[string]> = {
      ...this.#defaults,
      ...batch.feeds,
      learningRate: input.learningRate,
      step: input.step,
      ...(input.averageShare === undefined ? {} : { [averageShare]: input.averageShare }),
      clipNorm: this.#options.clipNorm,
      clipValue: this.#options.clipValue,
      random: Int32Array.of(input.seed, input.step),
    };
    const feeds = Object.fromEntries(
      executable.program.feeds.map(({ name }) => [name, offered[name] as Feeds[string]]),
    );
    const { outputs } = await executable.run(feeds);
    const total = outputs.total?.[0] as number;
    const tokens = outputs.count?.[0] as number;
    const gradientNorm = outputs.norm?.[0] as number;
    if (Number.isFinite(total) && Number.isFinite(gradientNorm)) return { loss: total / tokens, tokens, gradientNorm };
    throw await this.#diagnose(executable, feeds, input);
  }

  /** The variables of all programs so far, without the constant zeros: parameters, moments and carried state. */
  variables(): VariableSpec[] {
    return this.#programs.variables.filter(({ name }) => !name.startsWith("zeros["));
  }

  #record(graph: Graph, form: Form): void {
    const recorded = this.#model.recordLoss(graph, form);
    if (this.#model.updatesItself) graph.output("norm", ops.affine(recorded.count, { scale: 0 }));
    else this.#recordUpdate(graph, recorded);
    graph.output("total", ops.sum(recorded.losses));
    graph.output("count", recorded.count);
    this.#defaults = { ...this.#defaults, ...graph.defaults };
  }

  /** Backward, clip, update and carried state. */
  #recordUpdate(graph: Graph, recorded: RecordedLoss): void {
    const { optimizer, clipNorm, clipValue } = this.#options;
    const parameters = learntParameters(this.#model);
    const weights = parameters.map((parameter) => parameter.in(graph));
    const gradients = differentiate(this.#objective(recorded), weights);
    graph.within("optimizer", () => {
      const updates = gradients.map((gradient) => {
        const table = optimizer.rowwise ? tableRows(gradient) : null;
        return table ? { gradient: table.rows, ids: table.ids } : { gradient, ids: null };
      });
      const { norm } = ops.globalNorm(updates.map(({ gradient }) => gradient));
      const scale = ops.clipScale(norm, clipNorm > 0 ? graph.scalar("clipNorm") : graph.zeros([]));
      const learningRate = graph.scalar("learningRate");
      const step = graph.scalar("step");
      updates.forEach(({ gradient, ids }, i) => {
        const parameter = parameters[i] as (typeof parameters)[number];
        const clipped = clipValue > 0 ? ops.clamp(gradient, graph.scalar("clipValue")) : gradient;
        optimizer.record({ parameter, gradient: clipped, ids, scale, learningRate, step });
      });
      for (const { variable, value } of recorded.carried) ops.assign(variable, value, scale);
      graph.output("norm", norm);
    });
  }

  #objective({ losses, count, penalty }: RecordedLoss): Tensor {
    if (this.#options.reduction === "token") {
      const mean = ops.divide(ops.sum(losses), count);
      return penalty ? ops.add(mean, penalty) : mean;
    }
    const scale = 1 / (losses.shape[1] as number);
    const sum = ops.affine(ops.sum(losses), { scale });
    return penalty ? ops.add(sum, ops.multiply(penalty, ops.affine(count, { scale }))) : sum;
  }

  /** Runs the step again, watching every op: nothing has changed since, so it meets the same numbers. */
  async #diagnose(executable: Executable, feeds: Feeds, input: StepInput): Promise<DivergenceError> {
    const { nonFinite } = await executable.run(feeds, { check: true });
    const op = nonFinite === null ? undefined : executable.program.ops[nonFinite];
    const { clipNorm } = this.#options;
    return new DivergenceError({
      ...firstNonFinite(op),
      step: input.step,
      parameters: "The parameters are those from before this step.",
      advice: `Lower the learning rate (now ${input.learningRate})${clipNorm > 0 ? "" : " or clip the gradient (clipNorm 1 to 5)"}.`,
    });
  }
}
