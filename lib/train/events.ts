export type { History, HistoryPoint } from "../formats/index.js";

/** After every update. */
export interface StepEvent {
  /** Number of this update, from 1. */
  step: number;
  /** Epochs done, with the part of the running one: 1.5 is the middle of the second. */
  epoch: number;
  /** Nats per token of this batch. */
  loss: number;
  /** Norm of all gradients together, before clipping. NaN where the model makes its own steps: they have none. */
  gradientNorm: number;
  learningRate: number;
  /** Tokens trained on so far. */
  tokens: number;
  /** Over the last few seconds. */
  tokensPerSecond: number;
  /** 0 to 1. */
  progress: number;
  /** Estimated from the speed so far. */
  secondsLeft: number;
}

export interface ValidationEvent {
  step: number;
  epoch: number;
  /** Nats per token. */
  loss: number;
  perplexity: number;
  /** Only where the data knows its characters, and none of its tokens is unknown. */
  bitsPerCharacter?: number;
  /** Share of the targets whose likeliest class is theirs; only of models that record predictions, as classifiers do. */
  accuracy?: number;
  /** Whether it is the best so far, by loss or accuracy as the trainer was told: then its parameters are kept. */
  best: boolean;
}

export interface SampleEvent {
  step: number;
  epoch: number;
  /** Training loss at that time. */
  loss: number;
  text: string;
}

export interface CheckpointEvent {
  step: number;
  folder: string;
  /** "best": the parameters of the best validation. "resume": everything that a resume needs. */
  kind: "best" | "resume";
}

export interface AveragingEvent {
  /** Updates done: from the next one on the weights are averaged. */
  step: number;
}

/** Why training ended. */
export type EndReason =
  /** All epochs are done. */
  | "finished"
  /** The validation loss had stopped improving. */
  | "early"
  /** The AbortSignal fired; a resume continues from here. */
  | "stopped";

export interface EndEvent {
  reason: EndReason;
  step: number;
  epoch: number;
  /** Tokens read, each as often as it was read. */
  tokens: number;
  /** Seconds spent training, over all runs of a resumed training. */
  seconds: number;
  /**
   * Whether the folder holds this training. False without a folder, and where the training was stopped before it had anything to
   * replace the old model with: that one is still there.
   */
  saved: boolean;
  /** Validation loss, in nats per token, of the parameters that were kept, if there was a validation. */
  bestLoss?: number;
}

/** The events of a Trainer, with what their listeners receive. */
export interface TrainerEvents {
  step: [StepEvent];
  validation: [ValidationEvent];
  /** The optimizer begins to average the weights. */
  averaging: [AveragingEvent];
  sample: [SampleEvent];
  checkpoint: [CheckpointEvent];
  end: [EndEvent];
}
