import type { Batch } from "./trainable.js";

/** One of several processes that share the rows of each batch. */
export interface RowShare {
  readonly rank: number;
  readonly size: number;
}

/** The rows of a process, first to end - 1, of `of`: as many for each, or one more. The first process has some of any batch. */
export function rowsOfShare(of: number, { rank, size }: RowShare): { first: number; end: number } {
  return { first: Math.ceil((of * rank) / size), end: Math.ceil((of * (rank + 1)) / size) };
}

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
  /**
   * Whether a batch is `form.B` rows side by side that do not know of each other, so that several processes can share it. Default false.
   */
  readonly divisible?: boolean;
  /** Characters that one epoch's targets stand for, where that is known: for bits per character. */
  readonly characters?: number;
  /**
   * The batches of an epoch, from batch `from` on. The next one is asked for while a batch is in use: each has arrays of
   * its own.
   */
  batches(epoch: number, from?: number): AsyncIterable<Batch<Form>> | Iterable<Batch<Form>>;
  /**
   * The same batches with the rows of one process, which are read alone; `tokens` are those of all rows. Default: the rows are cut out of
   * what `batches` gives.
   */
  batchesOfRows?(epoch: number, from: number, share: RowShare): AsyncIterable<Batch<Form>> | Iterable<Batch<Form>>;
}
