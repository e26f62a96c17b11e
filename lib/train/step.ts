import type { Communicator } from "../executor/communicator.js";
import type { Executable, Feeds } from "../executor/executor.js";
import { Programs } from "../executor/programs.js";
import { differentiate } from "../graph/differentiate.js";
import type { Graph } from "../graph/graph.js";
import * as ops from "../graph/ops/index.js";
import type { VariableSpec } from "../graph/program.js";
import { tableRows } from "../graph/rewrites/index.js";
import type { Tensor } from "../graph/tensor.js";
import { learntParameters } from "../nn/parameter.js";
import { DivergenceError, firstFound, firstNonFinite } from "./divergence.js";
import type { Optimizer } from "./optimizers.js";
import { averageShare } from "./optimizers.js";
import type { Reduction } from "./reduction.js";
import { expectCount, hasNone, sumOverRanks } from "./reduction.js";
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
  /** The ranks that train together. Default: this one is alone. */
  communicator?: Communicator | undefined;
  /** How they send each other their gradients. Default: in buckets of 4 MB, as they are. */
  reduced?: Reduction;
}

/** The run-time scalars of one step. */
export interface StepInput {
  learningRate: number;
  /** Number of this update, from 1. */
  step: number;
  seed: number;
  /** Share of the way that a mean of the weights goes to those after this update. Default 0. */
  averageShare?: number;
  /** Wishes of this rank, which all ranks learn of at the end of the step. */
  wishes?: Wishes;
}

/** Wishes of a rank for what comes after a step. */
export interface Wishes {
  /** That the training stops. */
  readonly stop: boolean;
  /** That a checkpoint is written. */
  readonly checkpoint: boolean;
}

export interface StepResult {
  /** Nats per target; NaN where there is none. */
  loss: number;
  tokens: number;
  /** Norm of all gradients together before clipping; 0 of a model that updates itself. */
  gradientNorm: number;
  /** Wishes of all ranks together. */
  wishes: Wishes;
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
    this.#programs = new Programs(model, { training: true, communicator: options.communicator });
  }

  /** @throws DivergenceError if the loss or a gradient is not finite. */
  async run(batch: Batch<Form>, input: StepInput): Promise<StepResult> {
    const { form, rows } = batch;
    const key = JSON.stringify([form, rows]);
    const executable = this.#programs.get(key, (graph) => this.#record(graph, batch), rows);
    const offered: Record<string, Feeds[string]> = {
      ...this.#defaults,
      ...batch.feeds,
      learningRate: input.learningRate,
      step: input.step,
      ...(input.averageShare === undefined ? {} : { [averageShare]: input.averageShare }),
      clipNorm: this.#options.clipNorm,
      clipValue: this.#options.clipValue,
      random: Int32Array.of(input.seed, input.step),
      targetsOfAll: batch.count ?? batch.tokens,
      stop: Number(input.wishes?.stop ?? false),
      checkpoint: Number(input.wishes?.checkpoint ?? false),
    };
    const feedsOf = ({ program }: Executable) =>
      Object.fromEntries(program.feeds.map(({ name }) => [name, offered[name] as Feeds[string]]));
    const { outputs } = await executable.run(feedsOf(executable));
    const numberOf = (name: string) => (outputs[name]?.[0] ?? 0) as number;
    const [total, tokens, gradientNorm] = [numberOf("total"), numberOf("count"), numberOf("norm")];
    if (!(Number.isFinite(total) && Number.isFinite(gradientNorm))) {
      throw await this.#diagnose(batch, { feedsOf, input });
    }
    if (rows && !rows.apart) expectCount(tokens, batch);
    const wishes = { stop: numberOf("stop") > 0, checkpoint: numberOf("checkpoint") > 0 };
    return { loss: total / tokens, tokens, gradientNorm, wishes };
  }

  /** The variables of all programs so far, without the constant zeros: parameters, moments and carried state. */
  variables(): VariableSpec[] {
    return this.#programs.variables.filter(({ name }) => !name.startsWith("zeros["));
  }

  #record(graph: Graph, batch: Batch<Form>): void {
    const sums = this.#model.updatesItself ? this.#recordLosses(graph, batch) : this.#recordUpdate(graph, batch);
    graph.output("total", sums.total);
    graph.output("count", sums.count);
    this.#defaults = { ...this.#defaults, ...graph.defaults };
  }

  /** The loss alone: recording it updates the model. */
  #recordLosses(graph: Graph, { form }: Batch<Form>): { total: Tensor; count: Tensor } {
    const { losses, count } = this.#model.recordLoss(graph, form);
    graph.output("norm", ops.affine(count, { scale: 0 }));
    return { total: ops.sum(losses), count };
  }

  /** Loss and gradients of this rank's rows: zeros where it has none. */
  #recordGradients(graph: Graph, { form, rows }: Batch<Form>) {
    const weights = learntParameters(this.#model).map((parameter) => parameter.in(graph));
    if (hasNone(rows, form)) {
      const none = graph.zeros([]);
      const gradients = weights.map(({ shape }) => graph.zeros(shape));
      return { gradients, total: none, count: none, carried: [] };
    }
    const recorded = this.#model.recordLoss(graph, form);
    const gradients = differentiate(this.#objective(graph, recorded), weights);
    return { gradients, total: ops.sum(recorded.losses), count: recorded.count, carried: recorded.carried };
  }

  /** Backward, sums over the ranks, clip, update and carried state. */
  #recordUpdate(graph: Graph, batch: Batch<Form>): { total: Tensor; count: Tensor } {
    const { optimizer, clipNorm, clipValue, communicator } = this.#options;
    const parameters = learntParameters(this.#model);
    const own = this.#recordGradients(graph, batch);
    return graph.within("optimizer", () => {
      const { gradients, total, count } = communicator ? this.#sumOverRanks(graph, own) : own;
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
      for (const { variable, value } of own.carried) ops.assign(variable, value, scale);
      graph.output("norm", norm);
      return { total, count };
    });
  }

  /** The part of a step that comes before it changes anything. */
  #recordWatched(graph: Graph, batch: Batch<Form>): void {
    if (this.#model.updatesItself) {
      graph.output("total", this.#recordLosses(graph, batch).total);
      return;
    }
    const { gradients, total } = this.#recordGradients(graph, batch);
    graph.output("total", total);
    graph.output(
      "norm",
      graph.within("optimizer", () => ops.globalNorm(gradients).norm),
    );
  }

  #sumOverRanks(graph: Graph, { gradients, total, count }: { gradients: Tensor[]; total: Tensor; count: Tensor }) {
    const wishes = [graph.scalar("stop"), graph.scalar("checkpoint")];
    const sums = sumOverRanks(graph, { gradients, last: [total, count, ...wishes] }, this.#options.reduced);
    const [totalOfAll, countOfAll, stop, checkpoint] = sums.last as [Tensor, Tensor, Tensor, Tensor];
    graph.output("stop", stop);
    graph.output("checkpoint", checkpoint);
    return { gradients: sums.gradients, total: totalOfAll, count: countOfAll };
  }

  /** This rank's part of the objective: the parts of all ranks add up to that of the whole batch. */
  #objective(graph: Graph, { losses, count: ownCount, penalty }: RecordedLoss): Tensor {
    const { count, rows } = graph.whole(ownCount, losses.shape[1] as number);
    if (this.#options.reduction === "token") {
      const mean = ops.divide(ops.sum(losses), count);
      return penalty ? ops.add(mean, penalty) : mean;
    }
    const scale = 1 / rows;
    const sum = ops.affine(ops.sum(losses), { scale });
    return penalty ? ops.add(sum, ops.multiply(penalty, ops.affine(count, { scale }))) : sum;
  }

  /** Runs forward and backward again, watching every op: nothing has changed since, so they meet the same numbers. */
  async #diagnose(
    batch: Batch<Form>,
    { feedsOf, input }: { feedsOf: (executable: Executable) => Feeds; input: StepInput },
  ): Promise<DivergenceError> {
    const { clipNorm, communicator } = this.#options;
    const own = new Programs(this.#model, { training: true });
    const executable = own.get("", (graph) => this.#recordWatched(graph, batch), batch.rows);
    const { nonFinite } = await executable.run(feedsOf(executable), { check: true });
    const found = nonFinite === null ? null : firstNonFinite(executable.program.ops[nonFinite]);
    return new DivergenceError({
      ...((await firstFound(found, communicator)) ?? firstNonFinite(undefined)),
      step: input.step,
      parameters: "The parameters are those from before this step.",
      advice: `Lower the learning rate (now ${input.learningRate})${clipNorm > 0 ? "" : " or clip the gradient (clipNorm 1 to 5)"}.`,
    });
  }
}
