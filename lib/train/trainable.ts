import type { Executor, Feeds, Store } from "../executor/executor.js";
import type { BatchRows, Graph } from "../graph/graph.js";
import type { Tensor } from "../graph/tensor.js";
import type { Parameter } from "../nn/parameter.js";
import { value } from "../options.js";

/** One minibatch, ready to be fed. Batches of equal `form` run the same program. */
export interface Batch<Form = unknown> {
  /** Sizes and switches that the recording depends on: plain data. */
  readonly form: Form;
  readonly feeds: Feeds;
  /** Targets in this batch. */
  readonly tokens: number;
  /** Targets that stand for what the vocabulary lacks, where the data counts them. */
  readonly unknown?: number;
  /** Factor of the learning rate of this batch, where the mean loss is what a training lowers. Default 1. */
  readonly rate?: number;
  /** Sum of the weights of the targets, where they have weights. Default: `tokens`. */
  readonly count?: number;
  /** The place of its rows in a larger batch, of which `tokens` and `count` speak. Default: these are all rows. */
  readonly rows?: BatchRows;
}

/** The tensors that a model records for a batch. */
export interface RecordedLoss {
  /** One loss in nats for each target, 0 where there is none. */
  readonly losses: Tensor;
  /** [] the number of targets. */
  readonly count: Tensor;
  /**
   * The likeliest class of each target, i32, in the order of the feed `targets`, which has -1 where there is none: a validation then
   * has an accuracy. Training leaves it out.
   */
  readonly predictions?: Tensor;
  /**
   * [] an amount that training adds to the mean loss of a target, and that no measurement counts. Where a graph records
   * some rows of a batch it is their part (`Graph.whole`). Default: nothing.
   */
  readonly penalty?: Tensor;
  /** [T,B,F] the state from which each target is predicted, for measurements that compare it with others. Training leaves it out. */
  readonly hidden?: Tensor;
  /** State to be kept for the next batch: truncated back-propagation through time. */
  readonly carried: readonly { readonly variable: Tensor; readonly value: Tensor }[];
}

/** A model that can be trained: parameters in a store, and a loss to record. */
export interface Trainable<Form = unknown> {
  readonly executor: Executor;
  readonly store: Store;
  readonly parameters: readonly Parameter[];
  /**
   * Whether the losses that it records in training make their own steps of plain gradient descent, at the rate of the scalar
   * `learningRate`: no gradient is taken, clipped or given to an optimizer. Default false.
   */
  readonly updatesItself?: boolean;
  recordLoss(graph: Graph, form: Form): RecordedLoss;
  /** Refuses a batch that is made for another kind of model, by its form. @param data the batch comes from it. */
  expectForm?(form: unknown, data: object): void;
}

/** A model that can also write itself into a folder. */
export interface SavableModel<Form> extends Trainable<Form> {
  save(folder: string, options?: { overwrite?: boolean }): Promise<void>;
  /** Reads back what save() wrote. @throws FileError if the folder holds another model. */
  restore(folder: string): Promise<void>;
}

/** Rule of a model that a Trainer trains. */
export const savableModel = value<SavableModel<never>>(
  "a model: LanguageModel, Seq2Seq, SequenceClassifier, or one with parameters and recordLoss()",
  (model) => {
    const { store, parameters, recordLoss } = (model ?? {}) as Partial<SavableModel<never>>;
    return typeof store === "object" && Array.isArray(parameters) && typeof recordLoss === "function";
  },
);
