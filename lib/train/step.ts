import type { Communicator } from "../executor/communicator.js";
import type { Executable, Feeds, Values } from "../executor/executor.js";
import { Programs } from "../executor/programs.js";
import { differentiate } from "../graph/differentiate.js";
import type { Graph } from "../graph/graph.js";
import * as ops from "../graph/ops/index.js";
import type { VariableSpec } from "../graph/program.js";
import { elementsOf } from "../graph/program.js";
import { tableRows } from "../graph/rewrites/index.js";
import type { Tensor } from "../graph/tensor.js";
import { learntParameters } from "../nn/parameter.js";
import { DivergenceError, firstFound, firstNonFinite } from "./divergence.js";
import type { Optimizer } from "./optimizers.js";
import { averageShare } from "./optimizers.js";
import type { Reduction } from "./reduction.js";
import { expectCount, hasNone, sumOverRanks, targetsOf } from "./reduction.js";
import { hasResidual, residualName } from "./residuals.js";
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
  /** Number of its first batch among all, from 1, by which noise is drawn. Default: as many as updates. */
  firstBatch?: number;
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
 * One training step as one Program: forward, backward, clip, update and carried state; one for each form of batch. Where several batches are
 * learnt from as one, a program for each form adds up gradients, and one more steps. A step whose gradient is not finite changes no parameter.
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

  /**
   * @param batches a batch, or several that are learnt from as if they were one: the loss is the mean over the targets of them all or,
   *   where it is a sum over time, over all their rows.
   * @throws DivergenceError if the loss or a gradient is not finite.
   */
  async run(batches: Batch<Form> | readonly Batch<Form>[], input: StepInput): Promise<StepResult> {
    const group = [batches].flat() as Batch<Form>[];
    const [only] = group as [Batch<Form>];
    const { executable, feeds } = group.length === 1 ? this.#one(only, input) : await this.#several(group, input);
    const { outputs } = await executable.run(feeds);
    const numberOf = (name: string) => numberIn(outputs, name);
    const [total, tokens, gradientNorm] = [numberOf("total"), numberOf("count"), numberOf("norm")];
    if (!(Number.isFinite(total) && Number.isFinite(gradientNorm))) throw await this.#diagnose(group, input);
    if (areTogether(group)) expectCount(tokens, sumOf(group, targetsOf));
    const wishes = { stop: numberOf("stop") > 0, checkpoint: numberOf("checkpoint") > 0 };
    return { loss: total / tokens, tokens, gradientNorm, wishes };
  }

  /** The variables of all programs so far that outlive a step: parameters, moments and carried state. */
  variables(): VariableSpec[] {
    return this.#programs.variables.filter(
      ({ name }) => !name.startsWith("zeros[") && !name.startsWith(sumsOfGradients),
    );
  }

  /** Whether this rank sends a part of its gradients later. */
  get hasResiduals(): boolean {
    const { communicator, reduced } = this.#options;
    return communicator !== undefined && reduced?.compress === "top-k";
  }

  /** Clears the residuals that another training left. */
  async forget(): Promise<void> {
    if (!this.hasResiduals) return;
    const { store, executor } = this.#model;
    for (const { name: parameter, shape } of learntParameters(this.#model).filter(hasResidual)) {
      const name = residualName(parameter);
      store.declare({ name, dtype: "f32", shape });
      await store.write(name, new executor.floats(elementsOf(shape)));
    }
  }

  /** The step on one batch. */
  #one(batch: Batch<Form>, input: StepInput) {
    const { form, rows } = batch;
    const executable = this.#programs.get(JSON.stringify([form, rows]), (graph) => this.#record(graph, batch), rows);
    return { executable, feeds: this.#feeds(executable, { batch, input }) };
  }

  /** Adds up the gradients of several batches. @returns the step on their sums. */
  async #several(group: readonly Batch<Form>[], input: StepInput) {
    const own = { total: 0, count: 0, rows: 0 };
    for (const [i, batch] of group.entries()) {
      const { form, rows } = batch;
      const key = JSON.stringify([form, rows, i === 0 ? "first" : "next"]);
      const adding = this.#programs.get(key, (graph) => this.#recordSums(graph, batch, i > 0), rows);
      const { outputs } = await adding.run(this.#feeds(adding, { batch, input, number: i }));
      own.total += numberIn(outputs, "total");
      own.count += numberIn(outputs, "count");
      own.rows += numberIn(outputs, "rows");
    }
    const together = areTogether(group);
    const targets = together ? sumOf(group, targetsOf) : own.count;
    const rows = together ? sumOf(group, (batch) => batch.rows?.of ?? 0) : own.rows;
    const all = this.#options.reduction === "token" ? targets : rows;
    const executable = this.#programs.get("sums", (graph) => this.#recordStepOnSums(graph));
    const { total, count } = own;
    return {
      executable,
      feeds: this.#feeds(executable, { input, more: { total, count, weight: all > 0 ? 1 / all : 0 } }),
    };
  }

  #feeds({ program }: Executable, { batch, input, number = 0, more }: Fed<Form>): Feeds {
    const { learningRate, step, firstBatch = step, averageShare: share, wishes } = input;
    const offered: Record<string, Feeds[string]> = {
      ...this.#defaults,
      ...batch?.feeds,
      ...more,
      learningRate,
      step,
      ...(share === undefined ? {} : { [averageShare]: share }),
      clipNorm: this.#options.clipNorm,
      clipValue: this.#options.clipValue,
      random: Int32Array.of(input.seed, firstBatch + number),
      targetsOfAll: batch ? targetsOf(batch) : 0,
      stop: Number(wishes?.stop ?? false),
      checkpoint: Number(wishes?.checkpoint ?? false),
    };
    return Object.fromEntries(program.feeds.map(({ name }) => [name, offered[name] as Feeds[string]]));
  }

  #record(graph: Graph, batch: Batch<Form>): void {
    const sums = this.#model.updatesItself
      ? this.#recordLosses(graph, batch)
      : this.#recordUpdate(
          graph,
          this.#recordGradients(graph, batch, (recorded) => this.#objective(graph, recorded)),
        );
    graph.output("total", sums.total);
    graph.output("count", sums.count);
    this.#defaults = { ...this.#defaults, ...graph.defaults };
  }

  /** Gradients that are added to those of the batches before, or take their place, and wait for those after. */
  #recordSums(graph: Graph, batch: Batch<Form>, adds: boolean): void {
    const own = this.#recordGradients(graph, batch, (recorded) => this.#summed(graph, recorded));
    const always = ops.affine(graph.zeros([]), { shift: 1 });
    for (const [i, sum] of this.#sums(graph).entries()) {
      const gradient = own.gradients[i] as Tensor;
      ops.assign(sum, adds ? ops.add(sum, gradient) : gradient, always);
    }
    // 0 for a finite total; else NaN, with which nothing is assigned.
    const finite = ops.affine(own.total, { scale: 0 });
    for (const { variable, value } of own.carried) ops.assign(variable, value, finite);
    graph.output("total", own.total);
    graph.output("count", own.count);
    graph.output("rows", ops.affine(graph.zeros([]), { shift: own.rows }));
    this.#defaults = { ...this.#defaults, ...graph.defaults };
  }

  #recordStepOnSums(graph: Graph): void {
    const weight = graph.scalar("weight");
    const gradients = this.#sums(graph).map((sum) => ops.multiply(sum, weight));
    const own = { gradients, total: graph.scalar("total"), count: graph.scalar("count"), rows: 0, carried: [] };
    const { total, count } = this.#recordUpdate(graph, own);
    graph.output("total", total);
    graph.output("count", count);
  }

  /** Sums of gradients, as variables. */
  #sums(graph: Graph): Tensor[] {
    return learntParameters(this.#model).map(({ name, shape }) =>
      graph.variable({ name: `${sumsOfGradients}${name}`, dtype: "f32", shape }),
    );
  }

  /** The loss alone: recording it updates the model. */
  #recordLosses(graph: Graph, { form }: Batch<Form>): { total: Tensor; count: Tensor } {
    const { losses, count } = this.#model.recordLoss(graph, form);
    graph.output("norm", ops.affine(count, { scale: 0 }));
    return { total: ops.sum(losses), count };
  }

  /** Loss and gradients of this rank's rows, zeros where it has none. @param objective gives the scalar whose gradients they are. */
  #recordGradients(
    graph: Graph,
    { form, rows }: Batch<Form>,
    objective: (recorded: RecordedLoss) => Tensor,
  ): OwnGradients {
    const weights = learntParameters(this.#model).map((parameter) => parameter.in(graph));
    if (hasNone(rows, form)) {
      const none = graph.zeros([]);
      const gradients = weights.map(({ shape }) => graph.zeros(shape));
      return { gradients, total: none, count: none, rows: 0, carried: [] };
    }
    const recorded = this.#model.recordLoss(graph, form);
    const { losses, count, carried } = recorded;
    const gradients = differentiate(objective(recorded), weights);
    return { gradients, total: ops.sum(losses), count, rows: losses.shape[1] as number, carried };
  }

  /** Sums over the ranks, clip, update and carried state. */
  #recordUpdate(graph: Graph, own: OwnGradients): { total: Tensor; count: Tensor } {
    const { optimizer, clipNorm, clipValue, communicator } = this.#options;
    const parameters = learntParameters(this.#model);
    return graph.within("optimizer", () => {
      const { gradients, total, count, residuals } = communicator
        ? this.#sumOverRanks(graph, own)
        : { ...own, residuals: [] };
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
      for (const { variable, value } of [...own.carried, ...residuals]) ops.assign(variable, value, scale);
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
    const { gradients, total } = this.#recordGradients(graph, batch, (recorded) => this.#objective(graph, recorded));
    graph.output("total", total);
    graph.output(
      "norm",
      graph.within("optimizer", () => ops.globalNorm(gradients).norm),
    );
  }

  #sumOverRanks(graph: Graph, { gradients, total, count }: OwnGradients) {
    const wishes = [graph.scalar("stop"), graph.scalar("checkpoint")];
    const parameters = learntParameters(this.#model);
    const summands = { gradients, parameters, last: [total, count, ...wishes] };
    const sums = sumOverRanks(graph, summands, this.#options.reduced);
    const [totalOfAll, countOfAll, stop, checkpoint] = sums.last as [Tensor, Tensor, Tensor, Tensor];
    graph.output("stop", stop);
    graph.output("checkpoint", checkpoint);
    return { gradients: sums.gradients, total: totalOfAll, count: countOfAll, residuals: sums.residuals };
  }

  /** This rank's part of the objective: the parts of all ranks add up to that of the whole batch. */
  #objective(graph: Graph, recorded: RecordedLoss): Tensor {
    const { losses, count: ownCount, penalty } = recorded;
    const { count, rows } = graph.whole(ownCount, losses.shape[1] as number);
    if (this.#options.reduction === "sequence") return ops.affine(this.#summed(graph, recorded), { scale: 1 / rows });
    const mean = ops.divide(ops.sum(losses), count);
    return penalty ? ops.add(mean, penalty) : mean;
  }

  /** The same before it is divided by targets or rows. */
  #summed(graph: Graph, { losses, count: own, penalty }: RecordedLoss): Tensor {
    const sum = ops.sum(losses);
    const { count } = graph.whole(own, losses.shape[1] as number);
    return penalty ? ops.add(sum, ops.multiply(penalty, count)) : sum;
  }

  /** Runs forward and backward again, watching every op: the parameters have not changed since. */
  async #diagnose(group: readonly Batch<Form>[], input: StepInput): Promise<DivergenceError> {
    const { clipNorm, communicator } = this.#options;
    const own = new Programs(this.#model, { training: true });
    let found: ReturnType<typeof firstNonFinite> | null = null;
    for (const [number, batch] of group.entries()) {
      const key = JSON.stringify([batch.form, batch.rows]);
      const executable = own.get(key, (graph) => this.#recordWatched(graph, batch), batch.rows);
      const { nonFinite } = await executable.run(this.#feeds(executable, { batch, input, number }), { check: true });
      if (nonFinite !== null) found ??= firstNonFinite(executable.program.ops[nonFinite]);
    }
    return new DivergenceError({
      ...((await firstFound(found, communicator)) ?? firstNonFinite(undefined)),
      step: input.step,
      parameters: "The parameters are those from before this step.",
      advice: `Lower the learning rate (now ${input.learningRate})${clipNorm > 0 ? "" : " or clip the gradient (clipNorm 1 to 5)"}.`,
    });
  }
}

/** Loss and gradients of the rows that this rank has. */
interface OwnGradients {
  readonly gradients: readonly Tensor[];
  readonly total: Tensor;
  readonly count: Tensor;
  readonly rows: number;
  readonly carried: RecordedLoss["carried"];
}

/** Sources of the feeds of a program. */
interface Fed<Form> {
  readonly batch?: Batch<Form>;
  readonly input: StepInput;
  /** Number of the batch among those of the step, from 0. */
  readonly number?: number;
  /** Run-time scalars of this program alone. */
  readonly more?: Feeds;
}

/** Beginning of the names of variables that add up gradients. */
const sumsOfGradients = "sum of gradients/";

function numberIn(outputs: Readonly<Record<string, Values>>, name: string): number {
  return outputs[name]?.[0] ?? 0;
}

function sumOf<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0);
}

/** Whether these are rows of batches that all ranks learn from together. */
function areTogether(group: readonly Batch[]): boolean {
  return group.some(({ rows }) => rows !== undefined && !rows.apart);
}
