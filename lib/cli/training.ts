import { resolve } from "node:path";
import type { Command } from "commander";
import { Option } from "commander";
import { OptionError } from "../errors.js";
import { lockFolder } from "../formats/index.js";
import type { EndEvent } from "../train/events.js";
import { optimizer, optimizerNames } from "../train/optimizers.js";
import { schedule, scheduleNames } from "../train/schedules.js";
import type { SavableModel } from "../train/trainer.js";
import { Trainer } from "../train/trainer.js";
import type { TrainerOptions } from "../train/trainerOptions.js";
import { trainerRules } from "../train/trainerOptions.js";
import type { ExecutorOptions } from "./executor.js";
import { withExecutorOptions } from "./executor.js";
import { exitCodeOf, interruptible } from "./interrupt.js";
import { given, number, whole } from "./options.js";
import type { Printer, ProgressLine } from "./print.js";
import { count, duration } from "./print.js";
import { reportTraining } from "./reportTraining.js";
import type { TrainingCall } from "./trainingCall.js";

/** The options that every training has. */
export interface TrainingOptions extends ExecutorOptions {
  out: string;
  batch: number;
  epochs: number;
  steps?: number;
  optimizer: string;
  learningRate?: number;
  momentum?: number;
  weightDecay?: number;
  beta2?: number;
  schedule: string;
  decay?: number;
  decayStart?: number;
  decayEvery?: number;
  warmup?: number;
  clip?: number;
  clipValue?: number;
  seed: number;
  patience: number;
  validateEvery: number;
  sampleEvery: number;
  checkpointSeconds?: number;
  resume?: boolean;
  overwrite?: boolean;
  json?: boolean;
  quiet?: boolean;
}

/** Adds the options that say how to train. */
export function withTrainingOptions(
  command: Command,
  defaults: { batch: number; batchText: string; epochs: number },
): Command {
  command
    .option("-o, --out <folder>", "where the model goes (default: a folder named after the file)")
    .option("--batch <n>", defaults.batchText, whole, defaults.batch)
    .option("--epochs <n>", "times to read the text", whole, defaults.epochs)
    .option("--steps <n>", "stop after so many updates", whole)
    .addOption(
      new Option("--optimizer <name>", "update rule").choices(optimizerNames).default(trainerRules.optimizer.initial),
    )
    .option("--learning-rate <x>", "(default: the optimizer's own)", number)
    .option("--momentum <x>", "sgd, rmsprop: momentum", number)
    .option("--weight-decay <x>", "pull of the weights towards 0", number)
    .option("--beta2 <x>", "adam, adamw: decay of squared gradients", number)
    .addOption(
      new Option("--schedule <name>", "of the learning rate")
        .choices(scheduleNames)
        .default(trainerRules.schedule.initial),
    )
    .option("--decay <x>", "step, plateau: factor; cosine: the share that is left at the end", number)
    .option("--decay-start <n>", "step: epochs before the first decay", number)
    .option("--decay-every <n>", "step: epochs between decays", number)
    .option("--warmup <n>", "updates over which the rate rises", whole)
    .option("--clip <x>", "largest norm of all gradients together; 0 for none (default: 5)", number)
    .option("--clip-value <x>", "largest gradient element, instead of --clip", number)
    .option(
      "--seed <n>",
      "of the first weights, of dropout, of the order, and of what is held out",
      whole,
      trainerRules.seed.initial,
    )
    .option(
      "--patience <n>",
      "stop after so many validations without a lower loss; 0 for never",
      whole,
      trainerRules.patience.initial,
    )
    .option(
      "--validate-every <n>",
      "updates between validations; 0 for once an epoch",
      whole,
      trainerRules.validateEvery.initial,
    )
    .option("--sample-every <n>", "updates between samples of what it has learnt; 0 for none", whole, 0)
    .option("--checkpoint-seconds <n>", "seconds between checkpoints (default: 120)", number)
    .option("--resume", "go on with the training in --out; what is not given is as its folder remembers")
    .option("--overwrite", "replace the model in --out")
    .option("--json", "print one JSON object for each event")
    .option("--quiet", "print nothing but errors");
  return withExecutorOptions(command);
}

/** An option that makes sense only with another one. */
export type Rule = readonly [name: string, flag: string, used: boolean, advice: string];

/** Refuses options that another option makes meaningless. */
export function expectUsed(command: Command, rules: readonly Rule[]): void {
  const { schedule } = command.opts<TrainingOptions>();
  const shared: readonly Rule[] = [
    ["decay", "--decay", schedule !== "constant", "needs --schedule step, plateau or cosine"],
    ["decayStart", "--decay-start", schedule === "step", "needs --schedule step"],
    ["decayEvery", "--decay-every", schedule === "step", "needs --schedule step"],
  ];
  for (const [name, flag, used, advice] of [...shared, ...rules]) {
    if (!used && command.getOptionValueSource(name) === "cli") throw new OptionError(`train: ${flag} ${advice}.`);
  }
}

/** The trainer that the options ask for. */
export function trainerFor<Form>(
  model: SavableModel<Form>,
  { options, record }: TrainingCall<TrainingOptions>,
  own: Pick<TrainerOptions<Form>, "data" | "validation" | "reduction"> & {
    /** Writes what --sample-every shows. */
    write: (signal?: AbortSignal) => Promise<string>;
  },
): Trainer<Form> {
  const { seed, sampleEvery, steps, learningRate, momentum, weightDecay, beta2, checkpointSeconds } = options;
  const { write, ...data } = own;
  return new Trainer(model, {
    ...data,
    optimizer: optimizer(options.optimizer, { learningRate, momentum, weightDecay, beta2 }),
    schedule: schedule(options.schedule, given(options)),
    epochs: options.epochs,
    ...given({ maximumSteps: steps, checkpointSeconds }),
    ...given({ clipNorm: options.clip, clipValue: options.clipValue }),
    seed,
    patience: options.patience,
    validateEvery: options.validateEvery,
    folder: options.out,
    resume: options.resume ?? false,
    overwrite: options.overwrite ?? false,
    record,
    ...(sampleEvery > 0 ? { samples: { every: sampleEvery, write } } : {}),
  });
}

/** Trains, prints how it goes, and says how to go on. @returns how it ended. */
async function runTrainer<Form>(
  trainer: Trainer<Form>,
  { options, print, signal }: { options: TrainingOptions; print: Printer; signal: AbortSignal },
): Promise<EndEvent> {
  const { out } = options;
  let line: ProgressLine | undefined;
  let updates = 0;
  trainer.on("step", () => updates++);
  try {
    line = reportTraining(trainer, print);
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
    else print.note(`${how} after ${count(end.step)} updates and ${duration(end.seconds)}. ${where}`);
    if (end.reason === "stopped" && end.saved) print.note(`Go on with: ostinato train --resume ${out}`);
    return end;
  } finally {
    line?.stop();
  }
}

/** Why a training that was resumed made no update, and what would let it. */
function nothingToDo({ reason, step, epoch }: EndEvent, { steps, epochs, patience }: TrainingOptions): string {
  const why =
    reason === "early"
      ? `the validation loss has not improved ${count(patience)} times: give a larger --patience`
      : steps !== undefined && step >= steps
        ? `${count(step)} updates are made, and --steps is ${count(steps)}: give a larger --steps`
        : `${count(epoch)} of ${count(epochs)} epochs are done: give a larger --epochs`;
  return `Nothing to do: ${why}.`;
}

/**
 * A command that trains: Ctrl-C saves and stops.
 * @param prepare makes the trainer, and what is to be done with the best model afterwards.
 */
export async function train<Form>(
  { options, named }: TrainingCall<TrainingOptions>,
  print: Printer,
  prepare: (signal: AbortSignal) => Promise<{ trainer: Trainer<Form>; conclude: () => Promise<void> }>,
): Promise<void> {
  const { signal, stoppedBy, done } = interruptible();
  if (named) print.note(`The model goes to ${options.out}.`);
  try {
    // Held from the start: reading and tokenizing the data can take minutes.
    await lockFolder(options.out, { owner: "train", purpose: "training" }, async () => {
      const { trainer, conclude } = await prepare(signal);
      const { reason } = await runTrainer(trainer, { options, print, signal });
      if (reason !== "stopped") await conclude();
    });
    const by = stoppedBy();
    if (by) process.exitCode = exitCodeOf(by);
  } catch (error) {
    const by = stoppedBy();
    if (!by || (error as Error).name !== "AbortError") throw error;
    process.exitCode = exitCodeOf(by);
  } finally {
    done();
  }
}
