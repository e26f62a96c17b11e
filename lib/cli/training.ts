import { resolve } from "node:path";
import type { Command } from "commander";
import { lockFolder } from "../formats/index.js";
import type { Completed } from "../options.js";
import { flag, option, seed, table, whole, without, word } from "../options.js";
import type { EndEvent } from "../train/events.js";
import type { OptimizerName } from "../train/optimizers.js";
import { optimizer, optimizerTables } from "../train/optimizers.js";
import type { ScheduleName } from "../train/schedules.js";
import { schedule, scheduleTables } from "../train/schedules.js";
import type { SavableModel } from "../train/trainable.js";
import { Trainer } from "../train/trainer.js";
import type { TrainerOptions } from "../train/trainerOptions.js";
import { trainerRules } from "../train/trainerOptions.js";
import { distributions } from "./distributed.js";
import type { ExecutorOptions } from "./executor.js";
import { withExecutorOptions } from "./executor.js";
import { exitCodeOf, interruptible } from "./interrupt.js";
import { expectUsed, optionsIn, withOptions } from "./options.js";
import type { Printer, ProgressLine } from "./print.js";
import { count, countOf, duration } from "./print.js";
import type { TrainingWords } from "./reportTraining.js";
import { reportTraining } from "./reportTraining.js";
import type { TrainingCall } from "./trainingCall.js";
import { variantOptions, withVariants } from "./variants.js";

/** Options of trainings on the command line, besides the Trainer's. */
const trainingFlags = table("train", {
  /** Seed for the first weights, dropout, the order, and what is held out. Default 1. */
  seed: seed(),
  /** Updates between samples of what the model has learnt; 0 for none. Default 0. */
  sampleEvery: option(whole({ initial: 0 }), { onResume: "changes" }),
  /**
   * Train together with the other processes of an MPI job (mpirun, srun), each on its rows of every batch: "mpi"; "auto": where a launcher of MPI
   * has started several. Default auto.
   */
  distributed: option(word(distributions, "auto"), { onResume: "once" }),
  /** Print one JSON object for each event. */
  json: option(flag(), { onResume: "once" }),
  /** Print nothing but results and errors. */
  quiet: option(flag(), { onResume: "once" }),
});

const trainerFlags = without(trainerRules, "seed");

/** The options that every training has. */
export interface TrainingOptions extends ExecutorOptions, Completed<typeof trainingFlags> {
  out: string;
  epochs: number;
  maximumSteps?: number;
  optimizer: OptimizerName;
  schedule: ScheduleName;
  patience: number;
  resume?: boolean;
  overwrite?: boolean;
}

/** Adds the options that say how to train. */
export function withTrainingOptions(
  command: Command,
  defaults: { epochs?: number; optimizer?: OptimizerName; schedule?: ScheduleName } = {},
): Command {
  withOptions(command, trainingFlags);
  withOptions(command, trainerFlags, { group: "Training", defaults });
  withVariants(command, "Optimizer", optimizerTables);
  withVariants(command, "Schedule of the learning rate", scheduleTables);
  return withExecutorOptions(command);
}

/** Refuses options that were typed and have no effect. @param validation whether there is something to validate on. */
export function expectEffect(command: Command, validation: boolean): void {
  expectUsed(command, "train", { validation });
  rulesOf(command);
}

/** Optimizer and schedule. @throws OptionError for an option that is not theirs. */
function rulesOf(command: Command) {
  const { optimizer: rule, schedule: course } = command.opts<TrainingOptions>();
  return {
    optimizer: optimizer(rule, variantOptions(command, "--optimizer", { of: rule, variants: optimizerTables })),
    schedule: schedule(course, variantOptions(command, "--schedule", { of: course, variants: scheduleTables })),
  };
}

/** The trainer that the options ask for. */
export function trainerFor<Form>(
  model: SavableModel<Form>,
  { command, options, record, communicator }: TrainingCall<TrainingOptions>,
  {
    write,
    ...data
  }: Pick<TrainerOptions<Form>, "data" | "validation"> & {
    /** Writes what --sample-every shows. */
    write: (signal?: AbortSignal) => Promise<string>;
  },
): Trainer<Form> {
  const { seed, sampleEvery } = options;
  return new Trainer(model, {
    ...optionsIn(command, trainerFlags),
    ...rulesOf(command),
    ...data,
    seed,
    record,
    ...(communicator ? { communicator } : {}),
    ...(sampleEvery > 0 ? { samples: { every: sampleEvery, write } } : {}),
  });
}

/** The trainer that the options ask for, of a model that is measured and not kept. */
export function passingTrainerFor<Form>(
  model: SavableModel<Form>,
  { command, options: { seed }, communicator }: TrainingCall<TrainingOptions>,
  data: Pick<TrainerOptions<Form>, "data" | "validation">,
): Trainer<Form> {
  const { folder: _, ...options } = optionsIn(command, trainerFlags);
  return new Trainer(model, {
    ...options,
    ...rulesOf(command),
    ...data,
    seed,
    ...(communicator ? { communicator } : {}),
  });
}

/** Trains, prints how it goes, and says how to go on. @returns how it ended. */
async function runTrainer<Form>(
  trainer: Trainer<Form>,
  {
    options,
    print,
    signal,
    words,
  }: { options: TrainingOptions; print: Printer; signal: AbortSignal; words: TrainingWords | undefined },
): Promise<EndEvent> {
  const { out } = options;
  let line: ProgressLine | undefined;
  let updates = 0;
  trainer.on("step", () => updates++);
  try {
    line = reportTraining(trainer, print, words);
    const end = await trainer.run({ signal });
    print.object({ event: "end", ...end, folder: out });
    const how = {
      finished: "Done",
      early: "Stopped early: the validation loss no longer improves",
      stopped: "Stopped",
    }[end.reason];
    // "in .." would be another folder.
    const place = out.endsWith(".") ? resolve(out) : out;
    const where = end.saved ? `The model is in ${place}.` : `${place} holds what it held before.`;
    if (options.resume && updates === 0 && end.reason !== "stopped")
      print.note(`${nothingToDo(end, options)} ${where}`);
    else print.note(`${how} after ${countOf(end.step, "update")} and ${duration(end.seconds)}. ${where}`);
    if (end.reason === "stopped" && end.saved) print.note(`Go on with: ostinato train --resume ${out}`);
    return end;
  } finally {
    line?.stop();
  }
}

/** Why a training that was resumed made no update, and what would let it. */
function nothingToDo({ reason, step, epoch }: EndEvent, { maximumSteps, epochs, patience }: TrainingOptions): string {
  const why =
    reason === "early"
      ? `the validation loss has not improved in ${countOf(patience, "validation")}: give a larger --patience`
      : maximumSteps !== undefined && step >= maximumSteps
        ? `${countOf(step, "update")} ${step === 1 ? "is" : "are"} made, and --maximum-steps is ${count(maximumSteps)}: give a larger one`
        : `${count(epoch)} of ${countOf(epochs, "epoch")} ${epoch === 1 ? "is" : "are"} done: give a larger --epochs`;
  return `Nothing to do: ${why}.`;
}

/**
 * A command that trains: Ctrl-C saves and stops.
 * @param prepare makes the trainer, what is to be done with the best model afterwards, and words where they are not those of texts.
 */
export async function train<Form>(
  { options, named, communicator }: TrainingCall<TrainingOptions>,
  print: Printer,
  prepare: (
    signal: AbortSignal,
  ) => Promise<{ trainer: Trainer<Form>; conclude: () => Promise<void>; words?: TrainingWords }>,
): Promise<void> {
  const { signal, stoppedBy, done } = interruptible();
  let reads = true;
  if (named) print.note(`The model goes to ${options.out}.`);
  try {
    const isFirst = (communicator?.rank ?? 0) === 0;
    const run = async () => {
      const { trainer, conclude, words } = await prepare(signal);
      reads = false;
      const { reason } = await runTrainer(trainer, { options, print, signal, words });
      if (reason !== "stopped" && isFirst) await conclude();
    };
    // Held from the start: reading and tokenizing the data can take minutes.
    await (isFirst ? lockFolder(options.out, { owner: "train", purpose: "training" }, run) : run());
    const by = stoppedBy();
    if (by) process.exitCode = exitCodeOf(by);
  } catch (error) {
    const by = stoppedBy();
    if (!by || (error as Error).name !== "AbortError") throw error;
    process.exitCode = exitCodeOf(by);
    // The others would wait for this one at the beginning of the training.
    if (reads) await communicator?.abort(`rank ${communicator.rank} was stopped while it read`);
  } finally {
    done();
  }
}
