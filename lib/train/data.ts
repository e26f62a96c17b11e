import type { Batch } from "./trainable.js";

/** Batches for one model, the same ones in the same order whenever an epoch is read. */
export interface TrainingData<Form = unknown> {
  /** Batches in one epoch. */
  readonly length: number;
  /** Says which batches these are, so that a resumed training reads what the first part read. */
  readonly identity?: string;
  /** Digest of what is in the batches, where that can be known: a training is not resumed on other data of the same size. */
  digest?(): Promise<string>;
  /** Use of the batches, where that matters to the model: state carried in training is not for validation. */
  readonly role?: "train" | "validate" | "evaluate";
  /** Characters that one epoch's targets stand for, where that is known: for bits per character. */
  readonly characters?: number;
  /**
   * The batches of an epoch, from batch `from` on. The next one is asked for while a batch is in use: each has arrays of
   * its own.
   */
  batches(epoch: number, from?: number): AsyncIterable<Batch<Form>> | Iterable<Batch<Form>>;
}
