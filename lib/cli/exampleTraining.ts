import type { Command } from "commander";
import type { Completed } from "../options.js";
import type { TrainingData } from "../train/data.js";
import type { SavableModel } from "../train/trainable.js";
import { crossValidate } from "./crossValidation.js";
import { given } from "./options.js";
import type { Printer } from "./print.js";
import { count, printer } from "./print.js";
import type { TrainingWords } from "./reportTraining.js";
import type { TrainingOptions } from "./training.js";
import { train, trainerFor } from "./training.js";
import type { TrainingCall } from "./trainingCall.js";
import type { partRules, SplitExamples, TrainingParts } from "./trainingParts.js";
import { readParts, validationOf } from "./trainingParts.js";

type Options = TrainingOptions & Completed<typeof partRules> & { folds?: number | undefined };

/** The call of a training, who hears of it, and what stops it. */
export interface TrainingContext<Own> {
  readonly options: Own;
  readonly command: Command;
  readonly print: Printer;
  readonly signal: AbortSignal;
}

/** A model and its batches. */
export interface PreparedTraining<Model, Data> {
  readonly model: Model;
  readonly data: Data;
  readonly measured?: Data | undefined;
}

/** Training on examples from files: what differs from one kind of model to another. */
export interface ExampleTraining<Own, Example, Model, Data, Result extends object> {
  /** Reads the examples of files, and says what was read. @param owner whoever wants them, for messages. */
  read(files: readonly string[], owner: string, context: TrainingContext<Own>): Promise<readonly Example[]>;
  readonly split: SplitExamples<Example>;
  /** Makes the model, or takes that of a training that goes on, and the batches of all parts. */
  prepare(parts: TrainingParts<Example>, context: TrainingContext<Own>): Promise<PreparedTraining<Model, Data>>;
  /** A line about what there is to learn from. */
  describe(prepared: PreparedTraining<Model, Data>): string;
  /** How many examples --sample-every shows. */
  readonly samples: number;
  /** The model's answers to some examples, as text. */
  sample(model: Model, examples: readonly Example[], signal?: AbortSignal): Promise<string>;
  evaluate(model: Model, examples: readonly Example[], signal: AbortSignal): Promise<Result>;
  printResult(print: Printer, result: Result): void;
  /** Measure the best model on what was held out where there is no --test. Default false. */
  readonly measuresHeldOut?: boolean;
  /** Words where they are not those of texts. */
  readonly words?: TrainingWords;
  /** Prints of --folds: of one fold, and of all. */
  readonly folds?: { say(result: Result): string; conclude(print: Printer, results: readonly Result[]): void };
}

/** A command that trains on examples: reads, trains or cross-validates, and measures the best model at the end. */
export async function trainExamples<
  Own extends Options,
  Example,
  Form,
  Model extends SavableModel<Form> & { readonly parameterCount: number },
  Data extends TrainingData<Form>,
  Result extends object,
>(kind: ExampleTraining<Own, Example, Model, Data, Result>, call: TrainingCall<Own>): Promise<void> {
  const { files, options, command } = call;
  const print = printer(options);
  const validation = validationOf(command, options);
  const contextOf = (signal: AbortSignal) => ({ options, command, print, signal });
  const { split, evaluate, folds } = kind;
  if (options.folds !== undefined && folds) {
    return crossValidate({
      ...{ call, print, folds: options.folds, validation, split, evaluate, say: folds.say },
      read: (signal) => kind.read(files, `train ${command.name()}`, contextOf(signal)),
      prepare: (parts, signal) => kind.prepare(parts, contextOf(signal)),
      conclude: (results) => folds.conclude(print, results),
    });
  }
  await train(call, print, async (signal) => {
    const context = contextOf(signal);
    const read = (paths: readonly string[], owner: string) => kind.read(paths, owner, context);
    const parts = await readParts(call, { validation, read, split });
    const prepared = await kind.prepare(parts, context);
    const { model, data, measured } = prepared;
    print.note(kind.describe(prepared));
    print.note(`${count(model.parameterCount)} parameters. Ctrl-C saves and stops.`);
    const shown = (parts.validation.length > 0 ? parts.validation : parts.train).slice(0, kind.samples);
    const trainer = trainerFor(model, call, {
      data,
      ...given({ validation: measured }),
      write: (sampled) => kind.sample(model, shown, sampled),
    });
    const conclude = async () => {
      const [event, examples] = parts.test
        ? ["test", parts.test]
        : ["held out", kind.measuresHeldOut ? parts.validation : []];
      if (examples.length === 0) return;
      const result = await evaluate(model, examples, signal);
      print.object({ event, ...result });
      print.line(`${event}:`);
      kind.printResult(print, result);
    };
    return { trainer, conclude, ...given({ words: kind.words }) };
  });
}

/**
 * Batches of each part of a training. Those for the end are made first, and thrown away: a label that is not known would otherwise be
 * found after hours.
 * @param options.shared options of all, `learnt` of what is learnt from alone, `test` of what is for the end.
 */
export async function batchesOf<Example, BatchOptions extends { role?: "train" | "validate" | undefined }, Data>(
  { train, validation, test }: TrainingParts<Example>,
  kind: { create(examples: readonly Example[], options: BatchOptions): Promise<Data> },
  {
    shared,
    learnt,
    test: tested,
  }: { shared: BatchOptions; learnt: Partial<BatchOptions>; test?: Partial<BatchOptions> },
): Promise<{ data: Data; measured: Data | undefined }> {
  const measuring = { ...shared, role: "validate" as const };
  if (test) await kind.create(test, { ...measuring, ...tested });
  const data = await kind.create(train, { ...shared, ...learnt });
  return { data, measured: validation.length > 0 ? await kind.create(validation, measuring) : undefined };
}

/** Words for how many examples were cut, split or left out as too long; empty for none. */
export function longText(
  ...data: readonly (Partial<Record<"cut" | "split" | "skipped", number>> | undefined)[]
): string {
  const words = { cut: "cut", split: "split", skipped: "left out" };
  return (["cut", "split", "skipped"] as const)
    .map((what) => [words[what], data.reduce((sum, own) => sum + (own?.[what] ?? 0), 0)] as const)
    .map(([word, n]) => (n > 0 ? `, ${count(n)} ${word} as too long` : ""))
    .join("");
}
