import type { Communicator } from "../executor/communicator.js";
import type { Executable, Feeds } from "../executor/executor.js";
import { Programs } from "../executor/programs.js";
import { differentiate } from "../graph/differentiate.js";
import type { Graph } from "../graph/graph.js";
import * as ops from "../graph/ops/index.js";
import type { VariableSpec } from "../graph/program.js";
import { tableRows } from "../graph/rewrites/index.js";
import type { Tensor } from "../graph/tensor.js";
import type { Parameter } from "../nn/parameter.js";
import { learntParameters } from "../nn/parameter.js";
import { DivergenceError, firstFound, firstNonFinite } from "./divergence.js";
import type { Optimizer } from "./optimizers.js";
import { averageShare } from "./optimizers.js";
import type { Reduction } from "./reduction.js";
import { expectCount, hasNone, sumOverRanks, targetsOf } from "./reduction.js";
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
 * One training step as one Program: forward, backward, clip, update and carried state; one for each form of batch. Where the gradients of
 * several batches are added up, each before the last has a program that adds. A step whose gradient is not finite changes no parameter.
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
   * @param batches a batch, or several whose gradients are added up: the loss is the mean over the targets of them all, or, where it is
   *   a sum over time, the mean over the batches.
   * @throws DivergenceError if the loss or a gradient is not finite.
   */
  async run(batches: Batch<Form> | readonly Batch<Form>[], input: StepInput): Promise<StepResult> {
    const parts = partsOf([batches].flat() as Batch<Form>[], this.#options.reduction);
    const sums = { total: 0, count: 0 };
    let numberOf = (_: string) => 0;
    for (const part of parts) {
      const executable = this.#program(part);
      const { outputs } = await executable.run(this.#feeds(executable, { part, input, sums }));
      numberOf = (name) => (outputs[name]?.[0] ?? 0) as number;
      sums.total = numberOf("total");
      sums.count = numberOf("count");
    }
    const [{ total, count: tokens }, gradientNorm] = [sums, numberOf("norm")];
    if (!(Number.isFinite(total) && Number.isFinite(gradientNorm))) throw await this.#diagnose(parts, input);
    if (parts.some(({ batch: { rows } }) => rows && !rows.apart)) {
      const expected = parts.reduce((sum, { batch }) => sum + targetsOf(batch), 0);
      expectCount(tokens, expected);
    }
    const wishes = { stop: numberOf("stop") > 0, checkpoint: numberOf("checkpoint") > 0 };
    return { loss: total / tokens, tokens, gradientNorm, wishes };
  }

  /** The variables of all programs so far that outlive a step: parameters, moments and carried state. */
  variables(): VariableSpec[] {
    return this.#programs.variables.filter(
      ({ name }) => !name.startsWith("zeros[") && !name.startsWith(sumsOfGradients),
    );
  }

  #program(part: Part<Form>): Executable {
    const { batch, place } = part;
    const key = JSON.stringify([batch.form, batch.rows, place]);
    return this.#programs.get(key, (graph) => this.#record(graph, part), batch.rows);
  }

  #feeds({ program }: Executable, { part, input, sums }: PartRun<Form>): Feeds {
    const { batch, share, number } = part;
    const { learningRate, step, firstBatch = step } = input;
    const offered: Record<string, Feeds[string]> = {
      ...this.#defaults,
      ...batch.feeds,
      learningRate,
      step,
      ...(input.averageShare === undefined ? {} : { [averageShare]: input.averageShare }),
      clipNorm: this.#options.clipNorm,
      clipValue: this.#options.clipValue,
      random: Int32Array.of(input.seed, firstBatch + number),
      targetsOfAll: targetsOf(batch),
      share,
      totalBefore: sums.total,
      countBefore: sums.count,
      stop: Number(input.wishes?.stop ?? false),
      checkpoint: Number(input.wishes?.checkpoint ?? false),
    };
    return Object.fromEntries(program.feeds.map(({ name }) => [name, offered[name] as Feeds[string]]));
  }

  #record(graph: Graph, part: Part<Form>): void {
    const sums = this.#model.updatesItself
      ? this.#recordLosses(graph, part.batch)
      : part.place === "only" || part.place === "last"
        ? this.#recordUpdate(graph, part)
        : this.#recordSums(graph, part);
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

  /** Loss and gradients of this rank's rows, zeros where it has none; of several batches the sums with those of the batches before. */
  #recordGradients(graph: Graph, { batch, place }: Pick<Part<Form>, "batch" | "place">): Recorded {
    const { form, rows } = batch;
    const parameters = learntParameters(this.#model);
    const weights = parameters.map((parameter) => parameter.in(graph));
    let own: Recorded;
    if (hasNone(rows, form)) {
      const none = graph.zeros([]);
      own = { gradients: weights.map(({ shape }) => graph.zeros(shape)), total: none, count: none, carried: [] };
    } else {
      const recorded = this.#model.recordLoss(graph, form);
      const { losses, count, carried } = recorded;
      const whole = this.#objective(graph, recorded);
      const objective = place === "only" ? whole : ops.multiply(whole, graph.scalar("share"));
      own = { gradients: differentiate(objective, weights), total: ops.sum(losses), count, carried };
    }
    if (place === "only" || place === "first") return own;
    return {
      gradients: own.gradients.map((gradient, i) => ops.add(this.#sum(graph, i), gradient)),
      total: ops.add(own.total, graph.scalar("totalBefore")),
      count: ops.add(own.count, graph.scalar("countBefore")),
      carried: own.carried,
    };
  }

  /** Sum of the gradients of the batches so far, as a variable. */
  #sum(graph: Graph, i: number): Tensor {
    const { name, shape } = learntParameters(this.#model)[i] as Parameter;
    return graph.variable({ name: `${sumsOfGradients}${name}`, dtype: "f32", shape });
  }

  /** Gradients that wait for those of the batches after. */
  #recordSums(graph: Graph, part: Part<Form>): { total: Tensor; count: Tensor } {
    const { gradients, total, count, carried } = this.#recordGradients(graph, part);
    const always = ops.affine(graph.zeros([]), { shift: 1 });
    for (const [i, gradient] of gradients.entries()) ops.assign(this.#sum(graph, i), gradient, always);
    // 0 for a finite total; else NaN, with which nothing is assigned.
    const finite = ops.affine(total, { scale: 0 });
    for (const { variable, value } of carried) ops.assign(variable, value, finite);
    return { total, count };
  }

  /** Backward, sums over the ranks, clip, update and carried state. */
  #recordUpdate(graph: Graph, part: Part<Form>): { total: Tensor; count: Tensor } {
    const { optimizer, clipNorm, clipValue, communicator } = this.#options;
    const parameters = learntParameters(this.#model);
    const own = this.#recordGradients(graph, part);
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
  #recordWatched(graph: Graph, { batch }: Part<Form>): void {
    if (this.#model.updatesItself) {
      graph.output("total", this.#recordLosses(graph, batch).total);
      return;
    }
    const { gradients, total } = this.#recordGradients(graph, { batch, place: "only" });
    graph.output("total", total);
    graph.output(
      "norm",
      graph.within("optimizer", () => ops.globalNorm(gradients).norm),
    );
  }

  #sumOverRanks(graph: Graph, { gradients, total, count }: Recorded) {
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

  /** Runs forward and backward again, watching every op: the parameters have not changed since, so they meet the same numbers. */
  async #diagnose(parts: readonly Part<Form>[], input: StepInput): Promise<DivergenceError> {
    const { clipNorm, communicator } = this.#options;
    const own = new Programs(this.#model, { training: true });
    let found: ReturnType<typeof firstNonFinite> | null = null;
    for (const part of parts) {
      const { batch } = part;
      const key = JSON.stringify([batch.form, batch.rows]);
      const executable = own.get(key, (graph) => this.#recordWatched(graph, part), batch.rows);
      const sums = { total: 0, count: 0 };
      const { nonFinite } = await executable.run(this.#feeds(executable, { part, input, sums }), { check: true });
      if (nonFinite === null) continue;
      found = firstNonFinite(executable.program.ops[nonFinite]);
      break;
    }
    return new DivergenceError({
      ...((await firstFound(found, communicator)) ?? firstNonFinite(undefined)),
      step: input.step,
      parameters: "The parameters are those from before this step.",
      advice: `Lower the learning rate (now ${input.learningRate})${clipNorm > 0 ? "" : " or clip the gradient (clipNorm 1 to 5)"}.`,
    });
  }
}

/** A batch of a step. */
interface Part<Form> {
  readonly batch: Batch<Form>;
  /** Where it stands among those whose gradients are added up. */
  readonly place: "only" | "first" | "next" | "last";
  /** Number of it among them, from 0. */
  readonly number: number;
  /** Share of the loss that is its own. */
  readonly share: number;
}

/** Sources of the feeds of a part. */
interface PartRun<Form> {
  readonly part: Part<Form>;
  readonly input: StepInput;
  /** Loss and targets of the batches before. */
  readonly sums: { readonly total: number; readonly count: number };
}

interface Recorded {
  readonly gradients: readonly Tensor[];
  readonly total: Tensor;
  readonly count: Tensor;
  readonly carried: RecordedLoss["carried"];
}

/** Beginning of the names of variables that add up gradients. */
const sumsOfGradients = "sum of gradients/";

function partsOf<Form>(batches: readonly Batch<Form>[], reduction: StepOptions["reduction"]): Part<Form>[] {
  const targets = batches.reduce((sum, batch) => sum + targetsOf(batch), 0);
  const last = batches.length - 1;
  return batches.map((batch, number) => ({
    batch,
    place: last === 0 ? "only" : number === 0 ? "first" : number === last ? "last" : "next",
    number,
    share: reduction === "token" && targets > 0 ? targetsOf(batch) / targets : 1 / batches.length,
  }));
}
