import { OptionError } from "../errors.js";
import { communicatorRule } from "../executor/communicator.js";
import type { TrainingRecord } from "../formats/index.js";
import type { OptionsOf } from "../options.js";
import { completeOptions, flag, option, optional, real, seed, table, text, value, whole, word } from "../options.js";
import type { TrainingData } from "./data.js";
import type { Optimizer, OptimizerName } from "./optimizers.js";
import { optimizer as optimizerNamed, optimizerNames, optimizerTables } from "./optimizers.js";
import type { Schedule, ScheduleName } from "./schedules.js";
import { isSchedule, schedule as scheduleNamed, scheduleNames } from "./schedules.js";

/** Rule of the data that a Trainer reads; data of other kinds may come from the user's own program. */
const trainingData = value<TrainingData<never>>(
  "training data with at least one batch (WindowData, SentenceData, PairData ...)",
  (data) => {
    const { length = 0, batches } = (data ?? {}) as Partial<TrainingData<never>>;
    return length > 0 && typeof batches === "function";
  },
);

/** Writes a text that shows what a model has learnt; called every `every` updates. */
export interface Samples {
  every: number;
  write: (signal?: AbortSignal) => Promise<string>;
}

/** The options of a Trainer. */
export const trainerRules = table("Trainer", {
  /** Batches to learn from. */
  data: trainingData,
  /** Batches to measure at the end of every epoch, or as `validateEvery` says. Default: none. */
  validation: optional(trainingData),
  /** Update rule. A name stands for one with its own defaults. Default adam. */
  optimizer: option(
    value<Optimizer | OptimizerName>("an optimizer: sgd(), adam() ..., or its name", isOptimizer, "adam"),
    {
      holds: optimizerTables,
      written: { as: "name", words: optimizerNames },
    },
  ),
  /** Schedule of the learning rate. A name stands for one with its own defaults. Default constant. */
  schedule: option(
    value<Schedule | ScheduleName>("a schedule: constant(), cosine() ..., or its name", isScheduleOrName, "constant"),
    { aka: ["lr_scheduler", "lr_scheduler_type"], written: { as: "name", words: scheduleNames } },
  ),
  /** Times to read the data. Default 10. */
  epochs: option(whole({ minimum: 1, initial: 10 }), {
    aka: ["num_epochs", "num_train_epochs", "max_epochs"],
    onResume: "changes",
  }),
  /** Updates after which training stops, even within an epoch. Default: none. */
  maximumSteps: option(optional(whole({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })), {
    aka: ["max_steps", "steps", "max_updates"],
    onResume: "changes",
  }),
  /** Largest norm of all gradients together; 0 for no clipping. Default: 5, or 0 with `clipValue`. */
  clipNorm: option(optional(real({ minimum: 0 })), {
    aka: ["clip", "max_grad_norm", "gradient_clip_val", "grad_clip"],
    excludes: ["clipValue"],
  }),
  /** Largest absolute value of an element of a gradient, instead of `clipNorm`; 0 for no clipping. Default 0. */
  clipValue: option(real({ minimum: 0, initial: 0 }), { aka: ["grad_clip_value"] }),
  /** Gradient of the mean over all tokens, or of the sum over time, averaged over sequences. Default token. */
  reduction: word(["token", "sequence"], "token"),
  /** Seed for dropout. Default 1. */
  seed: option(seed(), { aka: ["random_seed", "random_state", "manual_seed"] }),
  /** Updates between validations; 0 for once an epoch. Default 0. */
  validateEvery: option(whole({ initial: 0 }), {
    aka: ["eval_steps", "val_check_interval"],
    needs: { validation: true },
    onResume: "changes",
  }),
  /**
   * Measure of a validation that says which parameters are the best: the lowest "loss", or the highest "accuracy" of a model that has one,
   * as classifiers and taggers do. Their accuracy often still rises when the loss does not fall any more. Default loss.
   */
  best: option(word(["loss", "accuracy"], "loss"), {
    aka: ["metric_for_best_model"],
    needs: { validation: true },
    onResume: "changes",
  }),
  /** Validations in a row that are not the best after which training stops; 0 for never. Default 0. */
  patience: option(whole({ initial: 0 }), {
    aka: ["early_stopping", "early_stopping_patience"],
    needs: { validation: true },
    onResume: "changes",
  }),
  /** Folder for the model and what a resume needs. Default: none. */
  folder: option(optional(text()), {
    flag: "-o, --out",
    aka: ["output_dir", "save_dir", "checkpoint_dir"],
    onResume: "once",
    written: { as: "folder" },
  }),
  /** Seconds between checkpoints within an epoch. Default 120. */
  checkpointSeconds: option(real({ above: 0, initial: 120 }), {
    aka: ["save_steps", "checkpoint_every"],
    onResume: "changes",
  }),
  /** Writes a text that shows what the model has learnt; called every `every` updates. Default: none. */
  samples: optional(value<Samples>("{ every, write }", isSamples)),
  /** Go on with the training that `folder` holds. Default false. */
  resume: option(flag(), { aka: ["resume_from_checkpoint"], excludes: ["overwrite"], onResume: "once" }),
  /** Replace the model and the training that `folder` holds, which are refused otherwise. Default false. */
  overwrite: option(flag(), { aka: ["overwrite_output_dir"], onResume: "once" }),
  /**
   * Batches whose gradients are added up for each update, as if they were one: for larger batches than memory holds, and fewer messages
   * between processes. Text that runs on from window to window runs on through them. Default 1.
   */
  accumulate: option(whole({ minimum: 1, initial: 1 }), {
    aka: ["gradient_accumulation_steps", "accumulate_grad_batches", "accumulation_steps"],
  }),
  /**
   * This process as one of several that train the model together (mpi(), threadGroup()): each batch is shared by rows, and all ranks have the
   * same options. The first rank alone reads and writes `folder`. Default: this process is alone.
   */
  communicator: option(optional(communicatorRule), { flag: null, onResume: "changes" }),
  /**
   * Bytes of gradients, in MB of 2^20, that processes which train together add up at a time, while the backward pass goes on: more for a network
   * that answers late, fewer for one that is slow. Default 4.
   */
  bucketMegabytes: option(real({ above: 0, initial: 4 }), { aka: ["bucket_cap_mb"], onResume: "changes" }),
  /**
   * Sending of gradients between processes that train together: as they are; rounded to "bfloat16", half the bytes; or "top-k", the largest numbers
   * of each matrix alone, while the others are added to its next gradient. The sums are made in float32. Default none.
   */
  compress: option(word(["none", "bfloat16", "top-k"], "none"), { onResume: "changes" }),
  /** Share of the numbers of a gradient that "top-k" sends. Default 0.01. */
  compressShare: option(real({ above: 0, maximum: 1, initial: 0.01 }), {
    aka: ["compress_ratio"],
    needs: { compress: ["top-k"] },
    onResume: "changes",
  }),
  /**
   * Updates that each of several processes makes alone, on its own rows, before all take the mean of what they have learnt (DiLoCo, Douillard et al.
   * 2023): for slow networks. They also meet before every validation and at the end of an epoch. 0 for none: every update is made together.
   * Default 0.
   */
  localSteps: option(whole({ initial: 0 }), { aka: ["sync_every", "inner_steps"], onResume: "changes" }),
  /** Learning rate of the step that follows `localSteps`, on the mean of all changes. Default 0.7. */
  outerLearningRate: option(real({ minimum: 0, initial: 0.7 }), { aka: ["outer_lr"], onResume: "changes" }),
  /** Nesterov momentum of the step that follows `localSteps`. Default 0.9. */
  outerMomentum: option(real({ minimum: 0, below: 1, initial: 0.9 }), { onResume: "changes" }),
  /** Description of how this training was called, kept in `folder` as training.json. Default: no such file. */
  record: optional(value<TrainingRecord>("{ command, files, options }", isRecord)),
});

type Data = "data" | "validation";

/** Options of a Trainer. @interface */
export type TrainerOptions<Form> = Omit<OptionsOf<typeof trainerRules>, Data> & {
  /** Batches to learn from. */
  data: TrainingData<Form>;
  /** Batches to measure at the end of every epoch, or as `validateEvery` says. Default: none. */
  validation?: TrainingData<Form>;
};

type Optional = "validation" | "folder" | "samples" | "record" | "communicator";
type Named = "optimizer" | "schedule";

/** The options with their defaults. */
export type CompleteTrainerOptions<Form> = Required<Omit<TrainerOptions<Form>, Optional | Named>> &
  Pick<TrainerOptions<Form>, Optional> & { optimizer: Optimizer; schedule: Schedule };

/** @throws OptionError for an unknown option, one outside its range, or two that contradict each other. */
export function completeTrainerOptions<Form>(options: TrainerOptions<Form>): CompleteTrainerOptions<Form> {
  const {
    maximumSteps = Number.POSITIVE_INFINITY,
    validation,
    folder,
    samples,
    record,
    communicator,
    ...complete
  } = completeOptions("Trainer", options, trainerRules);
  const { clipValue, optimizer, schedule } = complete;
  const { clipNorm = clipValue > 0 ? 0 : 5 } = complete;
  if (validation?.role === "train") {
    throw new OptionError('Trainer: the validation data was made to train on; pass role: "validate" where it is made.');
  }
  if (complete.compress === "top-k" && complete.localSteps > 0) {
    throw new OptionError(
      "Trainer: localSteps exchanges all that each rank has learnt, and compress top-k a part of each gradient: leave one of them out.",
      ["compress", "localSteps"],
    );
  }
  const rule = typeof optimizer === "string" ? optimizerNamed(optimizer) : optimizer;
  if (rule.averaging && rule.averaging.nonMonotone > 0 && !validation) {
    throw new OptionError(
      `Trainer: ${rule.name} begins to average when the validation loss no longer falls, and there is no validation. Give one, or nonMonotone 0, ` +
        "which averages from the first update on.",
      ["optimizer", "validation"],
    );
  }
  return {
    ...complete,
    maximumSteps,
    clipNorm,
    optimizer: rule,
    schedule: typeof schedule === "string" ? scheduleNamed(schedule) : schedule,
    ...(validation ? { validation } : {}),
    ...(folder !== undefined ? { folder } : {}),
    ...(samples ? { samples } : {}),
    ...(record ? { record } : {}),
    ...(communicator ? { communicator } : {}),
  } as CompleteTrainerOptions<Form>;
}

/** Names are looked up later, with a message that lists them. */
function isOptimizer(rule: unknown): boolean {
  const { name, learningRate, moments, options, record } = (rule ?? {}) as Partial<Optimizer>;
  const isWhole = typeof learningRate === "number" && Array.isArray(moments) && typeof (options ?? 0) === "object";
  return typeof rule === "string" || (typeof name === "string" && isWhole && typeof record === "function");
}

function isScheduleOrName(rule: unknown): boolean {
  return typeof rule === "string" || isSchedule(rule);
}

function isSamples(samples: unknown): boolean {
  const { every, write } = (samples ?? {}) as { every?: unknown; write?: unknown };
  return Number.isSafeInteger(every) && (every as number) > 0 && typeof write === "function";
}

function isRecord(record: unknown): boolean {
  const { command, files, options } = (record ?? {}) as Partial<TrainingRecord>;
  return typeof command === "string" && Array.isArray(files?.train) && typeof options === "object";
}
