import { OptionError } from "../errors.js";
import type { TrainingRecord } from "../formats/index.js";
import type { TableFor } from "../options.js";
import { completeOptions, flag, optional, real, seed, text, value, whole, word } from "../options.js";
import type { TrainingData } from "./data.js";
import type { Optimizer, OptimizerName } from "./optimizers.js";
import { optimizer as optimizerNamed } from "./optimizers.js";
import type { Schedule, ScheduleName } from "./schedules.js";
import { schedule as scheduleNamed } from "./schedules.js";

export interface TrainerOptions<Form> {
  data: TrainingData<Form>;
  /** Measured at the end of every epoch, or as `validateEvery` says. */
  validation?: TrainingData<Form>;
  /** A rule, or its name for one with its own defaults. Default adam(). */
  optimizer?: Optimizer | OptimizerName;
  /** A schedule, or its name for one with its own defaults. Default constant(). */
  schedule?: Schedule | ScheduleName;
  /** Default 10. */
  epochs?: number;
  /** Stop after so many updates, even within an epoch. Default: none. */
  maximumSteps?: number;
  /** Largest norm of all gradients together; 0 for no clipping. Default 5, or 0 with clipValue. */
  clipNorm?: number;
  /** Largest absolute value of a gradient element; 0 for no clipping. Default 0. Instead of clipNorm, not with it. */
  clipValue?: number;
  /** See StepOptions. Default "token". */
  reduction?: "token" | "sequence";
  /** Seed for dropout. Default 1. */
  seed?: number;
  /** Updates between validations; 0 for once an epoch. Default 0. */
  validateEvery?: number;
  /** Stop when so many validations in a row brought no lower loss; 0 for never. Default 0. */
  patience?: number;
  /** Where the model and what a resume needs are kept. Default: nowhere. */
  folder?: string;
  /** Seconds between checkpoints within an epoch. Default 120. */
  checkpointSeconds?: number;
  /** Writes a text that shows what the model has learnt; called every `every` updates. */
  samples?: { every: number; write: (signal?: AbortSignal) => Promise<string> };
  /** Continue the training that `folder` holds. Default false. */
  resume?: boolean;
  /** Replace the model and the training that `folder` holds. Default false: such a folder is refused. */
  overwrite?: boolean;
  /** How this training was called, to be kept in `folder` as training.json. Default: no such file. */
  record?: TrainingRecord;
}

type Optional = "validation" | "folder" | "samples" | "record";
type Named = "optimizer" | "schedule";

/** The options with their defaults. */
export type CompleteTrainerOptions<Form> = Required<Omit<TrainerOptions<Form>, Optional | Named>> &
  Pick<TrainerOptions<Form>, Optional> & { optimizer: Optimizer; schedule: Schedule };

/** What data that a Trainer reads must be; data of other kinds may come from the user's own program. */
const trainingData = value<TrainingData<never>>(
  "training data with at least one batch (WindowData, SentenceData, PairData ...)",
  (data) => ((data as TrainingData<never> | null)?.length ?? 0) > 0,
);

/** The rules of a Trainer's options. */
export const trainerRules = {
  data: trainingData,
  validation: optional(trainingData),
  optimizer: value<Optimizer | OptimizerName>("an optimizer: sgd(), adam() ..., or its name", isOptimizer, "adam"),
  schedule: value<Schedule | ScheduleName>("a schedule: constant(), cosine() ..., or its name", isSchedule, "constant"),
  epochs: whole({ minimum: 1, initial: 10 }),
  maximumSteps: optional(whole({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
  clipNorm: optional(real({ minimum: 0 })),
  clipValue: real({ minimum: 0, initial: 0 }),
  reduction: word(["token", "sequence"], "token"),
  seed: seed(),
  validateEvery: whole({ initial: 0 }),
  patience: whole({ initial: 0 }),
  folder: optional(text()),
  checkpointSeconds: real({ above: 0, initial: 120 }),
  samples: optional(value<NonNullable<TrainerOptions<never>["samples"]>>("{ every, write }", isSamples)),
  resume: flag(),
  overwrite: flag(),
  record: optional(value<TrainingRecord>("{ command, files, options }", isRecord)),
} satisfies TableFor<TrainerOptions<never>>;

/** @throws OptionError for an unknown option, one outside its range, or two that contradict each other. */
export function completeTrainerOptions<Form>(options: TrainerOptions<Form>): CompleteTrainerOptions<Form> {
  const {
    maximumSteps = Number.POSITIVE_INFINITY,
    validation,
    folder,
    samples,
    record,
    ...complete
  } = completeOptions("Trainer", options, trainerRules);
  const { clipValue, patience, optimizer, schedule } = complete;
  const { clipNorm = clipValue > 0 ? 0 : 5 } = complete;
  if (patience > 0 && !validation) {
    throw new OptionError("Trainer: patience (early stopping) needs validation data to look at.");
  }
  if (validation?.role === "train") {
    throw new OptionError('Trainer: the validation data was made to train on; pass role: "validate" where it is made.');
  }
  if (clipValue > 0 && clipNorm > 0) throw new OptionError("Trainer: pass clipNorm or clipValue, not both.");
  return {
    ...complete,
    maximumSteps,
    clipNorm,
    optimizer: typeof optimizer === "string" ? optimizerNamed(optimizer) : optimizer,
    schedule: typeof schedule === "string" ? scheduleNamed(schedule) : schedule,
    ...(validation ? { validation } : {}),
    ...(folder !== undefined ? { folder } : {}),
    ...(samples ? { samples } : {}),
    ...(record ? { record } : {}),
  } as CompleteTrainerOptions<Form>;
}

/** Names are looked up later, with a message that lists them. */
function isOptimizer(rule: unknown): boolean {
  const { name, record } = (rule ?? {}) as Partial<Optimizer>;
  return typeof rule === "string" || (typeof name === "string" && typeof record === "function");
}

function isSchedule(rule: unknown): boolean {
  const { name, factor } = (rule ?? {}) as Partial<Schedule>;
  return typeof rule === "string" || (typeof name === "string" && typeof factor === "function");
}

function isSamples(samples: unknown): boolean {
  const { every, write } = (samples ?? {}) as { every?: unknown; write?: unknown };
  return Number.isSafeInteger(every) && (every as number) > 0 && typeof write === "function";
}

function isRecord(record: unknown): boolean {
  const { command, files, options } = (record ?? {}) as Partial<TrainingRecord>;
  return typeof command === "string" && Array.isArray(files?.train) && typeof options === "object";
}
