import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import type { Command, Option } from "commander";
import { FileError, OptionError } from "../errors.js";
import type { Communicator } from "../executor/communicator.js";
import type { RecordedValue, TrainingRecord } from "../formats/index.js";
import {
  expectFreeFolder,
  holdsModel,
  holdsTraining,
  modelFiles,
  readTrainingRecord,
  roundedWeights,
} from "../formats/index.js";
import type { Rule } from "../options.js";
import { lackedBy, misfitOf, misfitText, nearestName } from "../options.js";
import { communicatorFor } from "./distributed.js";
import { attributeOf } from "./flagNames.js";
import { folderNamedAfter } from "./folderName.js";
import { heldOut } from "./heldOut.js";
import { flagsOf, optionsIn, rulesOf } from "./options.js";
import type { TrainingOptions } from "./training.js";

/** How a training is called: for a resumed one, what its folder remembers and what was changed now. */
export interface TrainingCall<Options> {
  readonly command: Command;
  /** Files to learn from. */
  readonly files: readonly string[];
  readonly options: Options;
  /** Whether the folder has the name of the file, because nobody named it. */
  readonly named: boolean;
  /** The content of training.json. */
  readonly record: TrainingRecord;
  /** The processes that train together; absent where this one is alone. */
  readonly communicator?: Communicator;
}

/**
 * The files and options of a command that trains, those of the folder where it resumes a training.
 * @throws OptionError without a file to learn from, and for an option that contradicts the training that is resumed.
 * @throws FileError if `out` holds a model that is not to be resumed or replaced, or the other way round.
 */
export async function trainingCall<Options extends TrainingOptions>(
  command: Command,
  files: readonly string[],
): Promise<TrainingCall<Options>> {
  const communicator = await communicatorFor(command.opts<Options>().distributed);
  if (communicator && communicator.size > 1) expectNamedFolder(command);
  nameFolder(command, files);
  const { out, resume } = command.opts<Options>();
  // The folder is the first one's.
  if (keepsModel(command) && ((communicator?.rank ?? 0) === 0 || resume)) await expectFolder(command.opts<Options>());
  const before = resume ? await readTrainingRecord(out) : null;
  if (before) takeOptions(command, before, out);
  else if (resume) expectTokenizerLeftOut(command, out);
  const [known, options] = [before?.files.train.map(fromHere) ?? [], command.opts<Options>()];
  const own = files.length > 0 ? files : known;
  if (own.length === 0) {
    const forgotten = resume ? `: ${out} does not remember what its training read. Give the whole command` : "";
    throw new OptionError(`train ${command.name()}: expected a file to learn from${forgotten}.`);
  }
  if (files.length === 0) expectFiles(command, own, out);
  return {
    command,
    files: own,
    options,
    named: command.getOptionValueSource("out") === "file",
    record: recordOf(command, own),
    ...(communicator ? { communicator } : {}),
  };
}

/** Several processes would not find the same free name. */
function expectNamedFolder(command: Command): void {
  if (command.opts<Partial<TrainingOptions>>().out !== undefined) return;
  throw new OptionError(
    `train ${command.name()}: name the folder of the model where several processes train: --out FOLDER.`,
  );
}

/** Whether a model is written: a cross-validation only measures. */
function keepsModel(command: Command): boolean {
  return command.opts<{ folds?: number }>().folds === undefined;
}

/** The folder has the name of the file, unless --out says otherwise. */
function nameFolder(command: Command, [file]: readonly string[]): void {
  const { out, resume = false, overwrite = false } = command.opts<Partial<TrainingOptions>>();
  if (out !== undefined) return;
  if (file !== undefined) {
    const taken = resume || overwrite || !keepsModel(command);
    command.setOptionValueWithSource("out", folderNamedAfter(file, { taken }), "file");
    return;
  }
  throw new OptionError(
    resume
      ? `train ${command.name()}: --resume goes on with which training? Name its folder: ostinato train --resume FOLDER`
      : `train ${command.name()}: expected a file to learn from.`,
  );
}

/** A new training must not touch a model that is there already; a resumed one needs it. */
async function expectFolder({ out, resume, overwrite = false }: TrainingOptions): Promise<void> {
  if (!resume) return expectFreeFolder("train", out, { overwrite, training: true });
  await expectTraining(out);
}

/** @throws FileError unless a folder holds a training that can be resumed. */
export async function expectTraining(out: string): Promise<void> {
  const there = await holdsModel(out);
  if (there && (await holdsTraining(out))) return;
  const rounded = await roundedWeights(out);
  if (rounded !== null) {
    throw new FileError(
      `train: ${out} holds weights rounded to ${rounded}, which cannot be trained: resume the training of the original.`,
    );
  }
  throw new FileError(
    `train: ${out} holds no training to resume. ${there ? "Pass --overwrite instead of" : "Leave out"} --resume to begin one.`,
  );
}

/** Makes the options of a command those that its training began with. */
function takeOptions(command: Command, record: TrainingRecord, out: string): void {
  if (record.command !== command.name()) {
    throw new OptionError(
      `train: ${out} holds a training of \`train ${record.command}\`, not of \`train ${command.name()}\`. ` +
        `Go on with: ostinato train --resume ${out}`,
    );
  }
  const { validation, test } = record.files;
  const file = join(out, modelFiles.training);
  const remembered: Record<string, RecordedValue> = Object.assign(Object.create(null), record.options);
  for (const [name, paths] of Object.entries({ validation, test })) {
    const option = command.options.find((known) => known.attributeName() === name);
    if (paths && option) remembered[name] = option.variadic ? paths.map(fromHere) : fromHere(paths[0] as string);
  }
  for (const option of command.options) {
    // --no-header is the other value of --header; --no-bidirectional stands alone.
    if (option.negate && command.options.some(({ long }) => long === option.long?.replace("--no-", "--"))) continue;
    const name = option.attributeName();
    const before = remembered[name];
    delete remembered[name];
    const { onResume } = ruleOf(command, name);
    if (onResume === "once") continue;
    if (command.getOptionValueSource(name) === "cli") {
      const now = command.getOptionValue(name) as RecordedValue;
      if (onResume !== "changes" && !isSame(name, before, now)) throw contradiction(option, { before, now, out });
    } else if (before !== undefined) {
      command.setOptionValueWithSource(name, checked(command, name, { value: before, file }), "folder");
    }
  }
  leaveLackingOptions(command);
  const [unknown] = Object.keys(remembered);
  if (unknown === undefined) return;
  const nearest = nearestName(unknown, Object.keys(command.opts()));
  throw new FileError(
    `${file} has an option ${JSON.stringify(unknown)} that train ${command.name()} does not know: another version of Ostinato wrote ` +
      `it. Write its name of today into that file${nearest ? ` (${JSON.stringify(nearest)}?)` : ""}, or train again with --overwrite instead of --resume.`,
  );
}

/** A remembered option stays behind where one that it needs is another now: the share that "top-k" sends, with --compress none. */
function leaveLackingOptions(command: Command): void {
  const rules = rulesOf(command);
  const options = optionsIn(command, rules);
  for (const [name, rule] of Object.entries(rules)) {
    const attribute = attributeOf(name, rule);
    const lacked = lackedBy(name, options, rules);
    if (lacked === undefined || command.getOptionValueSource(attribute) !== "folder") continue;
    const isNew = command.getOptionValueSource(attributeOf(lacked, rules[lacked] as Rule<unknown>)) === "cli";
    if (isNew) command.setOptionValueWithSource(attribute, undefined, "default");
  }
}

/** A training that a program began has its vocabulary in the folder, and nothing that says how it was made. */
function expectTokenizerLeftOut(command: Command, out: string): void {
  for (const [name, { flag, rule }] of flagsOf(command)) {
    if (rule.onResume !== "settled" || command.getOptionValueSource(name) !== "cli") continue;
    throw new OptionError(`train: ${flag} is settled by the training in ${out}: leave it out with --resume.`);
  }
}

/** Files may have moved: what is in them is compared when they have been read. */
function isSame(name: string, before: RecordedValue | undefined, now: RecordedValue): boolean {
  const files = (value: RecordedValue | undefined) =>
    name === "validation" && "files" in heldOut([value].flat().map(String));
  if (files(before) && files(now)) return true;
  return JSON.stringify(before) === JSON.stringify(now);
}

function contradiction(
  option: Option,
  { before, now, out }: { before: RecordedValue | undefined; now: RecordedValue; out: string },
): OptionError {
  const flag = `--${option.name().replace(/^no-/, "")}`;
  const written = (value: RecordedValue) =>
    value === false
      ? flag.replace("--", "--no-")
      : [flag, ...(value === true ? [] : [value].flat().map(String))].join(" ");
  return new OptionError(
    `train: ${written(now)} contradicts the training in ${out}, which began ` +
      `${before === undefined ? `without ${option.long}` : `with ${written(before)}`}. ` +
      "Leave it out to go on, or train into another folder.",
  );
}

/** A remembered value, checked as one that is typed. */
function checked(command: Command, name: string, { value, file }: { value: RecordedValue; file: string }): unknown {
  const rule = ruleOf(command, name);
  const misfit = misfitOf(value, rule);
  if (!misfit) return value;
  throw new FileError(`${file}: the option ${name} is damaged: expected ${misfitText(misfit, rule)}`);
}

/** The rule of a flag. @param name under which commander keeps its value. */
function ruleOf(command: Command, name: string): Rule<unknown> {
  return flagsOf(command).get(name)?.rule as Rule<unknown>;
}

function recordOf(command: Command, files: readonly string[]): TrainingRecord {
  const { validation, test, ...all } = command.opts<Record<string, RecordedValue | undefined>>();
  const options: Record<string, RecordedValue> = {};
  for (const [name, value] of Object.entries(all)) {
    if (value !== undefined && ruleOf(command, name).onResume !== "once") options[name] = value;
  }
  const held = validation === undefined ? null : heldOut([validation].flat() as string[]);
  if (held && !("files" in held)) options.validation = validation as RecordedValue;
  return {
    command: command.name(),
    files: {
      train: files,
      ...(held && "files" in held ? { validation: held.files } : {}),
      ...(test === undefined ? {} : { test: [test].flat() as string[] }),
    },
    options,
  };
}

/** @throws FileError for a remembered file that is no longer where it was. */
function expectFiles(command: Command, files: readonly string[], out: string): void {
  const missing = files.find((file) => !existsSync(file));
  if (missing === undefined) return;
  throw new FileError(
    `There is no file ${missing}, which the training in ${out} reads. ` +
      `Say where it is now: ostinato train ${command.name()} FILE --resume --out ${out}`,
  );
}

function fromHere(path: string): string {
  return relative(process.cwd(), path);
}
