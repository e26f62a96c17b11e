import { expectKnownOptions, expectNumber, expectOneOf, OptionError } from "../errors.js";
import type { TrainingData } from "./data.js";
import type { Optimizer } from "./optimizers.js";
import { adam } from "./optimizers.js";
import type { Schedule } from "./schedules.js";
import { constant } from "./schedules.js";

export interface TrainerOptions<Form> {
  data: TrainingData<Form>;
  /** Measured at the end of every epoch, or as `validateEvery` says. */
  validation?: TrainingData<Form>;
  /** Default adam(). */
  optimizer?: Optimizer;
  /** Default constant(). */
  schedule?: Schedule;
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
  /** Of dropout. Default 1. */
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
}

type Optional = "validation" | "folder" | "samples";

/** The options with their defaults. */
export type CompleteTrainerOptions<Form> = Required<Omit<TrainerOptions<Form>, Optional>> &
  Pick<TrainerOptions<Form>, Optional>;

const optionNames = [
  "data",
  "validation",
  "optimizer",
  "schedule",
  "epochs",
  "maximumSteps",
  "clipNorm",
  "clipValue",
  "reduction",
  "seed",
  "validateEvery",
  "patience",
  "folder",
  "checkpointSeconds",
  "samples",
  "resume",
  "overwrite",
] as const;

/** @throws OptionError for an unknown option, one outside its range, or two that contradict each other. */
export function completeTrainerOptions<Form>(options: TrainerOptions<Form>): CompleteTrainerOptions<Form> {
  const who = "Trainer";
  expectKnownOptions(who, options, optionNames);
  const whole = (name: string, value: number, minimum: number) =>
    expectNumber(who, name, value, { integer: true, minimum });
  if (!(options.data?.length > 0)) throw new OptionError("Trainer: data holds no batch.");
  if ((options.patience ?? 0) > 0 && !options.validation) {
    throw new OptionError("Trainer: patience (early stopping) needs validation data to look at.");
  }
  if (options.validation?.role === "train") {
    throw new OptionError('Trainer: the validation data was made to train on; pass role: "validate" where it is made.');
  }
  if (options.validation && !(options.validation.length > 0)) {
    throw new OptionError("Trainer: the validation data holds no batch.");
  }
  const clipValue = expectNumber(who, "clipValue", options.clipValue ?? 0, { minimum: 0 });
  const clipNorm = expectNumber(who, "clipNorm", options.clipNorm ?? (clipValue > 0 ? 0 : 5), { minimum: 0 });
  if (clipValue > 0 && clipNorm > 0) throw new OptionError("Trainer: pass clipNorm or clipValue, not both.");
  if (options.maximumSteps !== undefined) whole("maximumSteps", options.maximumSteps, 1);
  if (options.samples) whole("samples.every", options.samples.every, 1);
  return {
    data: options.data,
    optimizer: options.optimizer ?? adam(),
    schedule: options.schedule ?? constant(),
    epochs: whole("epochs", options.epochs ?? 10, 1),
    maximumSteps: options.maximumSteps ?? Number.POSITIVE_INFINITY,
    clipNorm,
    clipValue,
    reduction: expectOneOf(who, "reduction", options.reduction ?? "token", ["token", "sequence"]),
    seed: whole("seed", options.seed ?? 1, 0),
    validateEvery: whole("validateEvery", options.validateEvery ?? 0, 0),
    patience: whole("patience", options.patience ?? 0, 0),
    checkpointSeconds: expectNumber(who, "checkpointSeconds", options.checkpointSeconds ?? 120, { above: 0 }),
    resume: options.resume ?? false,
    overwrite: options.overwrite ?? false,
    ...(options.validation ? { validation: options.validation } : {}),
    ...(options.folder !== undefined ? { folder: options.folder } : {}),
    ...(options.samples ? { samples: options.samples } : {}),
  };
}
