import type { Command } from "commander";
import type { PairReading } from "../data/index.js";
import { readParallelTexts, readTableOfPairs } from "../data/index.js";
import { OptionError } from "../errors.js";
import { given } from "./options.js";
import type { Printer } from "./print.js";
import { count, countOf, shortened } from "./print.js";
import type { ReadingFlags } from "./tableOptions.js";
import { columnOption, expectTable, readingFlags, tableOptionsFrom, withTableOptions } from "./tableOptions.js";
import { textColumnFor } from "./textFiles.js";

/** Adds the options that say which columns of a table are source and target. */
export function withColumnOptions(command: Command, standard: { source?: string; target?: string } = {}): Command {
  const [source, target] = [
    columnOption("--source-column <name>", "of a table"),
    columnOption("--target-column <name>", "of a table"),
  ];
  if (standard.source !== undefined) source.default(standard.source);
  else source.description += " (default: 1, or source)";
  if (standard.target !== undefined) target.default(standard.target);
  else target.description += " (default: 2, or target)";
  return withTableOptions(command.addOption(source).addOption(target));
}

/** Adds the options of commands that read pairs to measure or to show. */
export function withPairOptions(command: Command): Command {
  return withColumnOptions(command).option("--copies", "one file whose lines are source and target: for autoencoders");
}

/** The pairs of files, read as the training of the model in a folder read its own unless the options say otherwise. */
export async function pairsLike(
  folder: string,
  { files, command, options }: { files: readonly string[]; command: Command; options: ReadingFlags },
): Promise<PairReading> {
  expectTable(command, files);
  const flags = await readingFlags(folder, options);
  const copies = options.copies ?? (flags.copies && files.length === 1);
  const owner = command.name();
  return copies ? readCopies(files, flags, owner) : readPairs(files, flags, owner);
}

/** Reads pairs: one file is a table, of several the first has the sources and each other one has targets. */
export async function readPairs(files: readonly string[], flags: ReadingFlags, owner: string): Promise<PairReading> {
  const [first, ...more] = files;
  if (first === undefined)
    throw new OptionError(`${owner}: expected a table, or files with as many lines, got no file.`);
  const table = tableOptionsFrom(flags);
  if (more.length > 0) return readParallelTexts(owner, files, given({ empty: table.empty }));
  const { sourceColumn: source, targetColumn: target } = flags;
  return readTableOfPairs(owner, first, { ...table, ...given({ source, target }) });
}

/** Pairs to learn from, or to measure while learning: one table, or two files. */
export async function readTrainingPairs(
  files: readonly string[],
  flags: ReadingFlags,
  owner: string,
): Promise<PairReading> {
  if (files.length <= 2) return flags.copies ? readCopies(files, flags, owner) : readPairs(files, flags, owner);
  throw new OptionError(
    `${owner}: expected one table with two columns, or two files with as many lines, got ${files.length} files.`,
  );
}

/** Lines, or the texts of a column, as pairs with themselves. */
async function readCopies(files: readonly string[], flags: ReadingFlags, owner: string): Promise<PairReading> {
  const [file, ...more] = files;
  if (file === undefined || more.length > 0) throw new OptionError(`${owner}: expected one file, got ${files.length}.`);
  const text = textColumnFor(files, flags, owner);
  if (text !== undefined)
    return readTableOfPairs(owner, file, { ...tableOptionsFrom(flags), source: text, target: text });
  return readParallelTexts(owner, [file, file]);
}

/** Says what was read, and shows the first pair: whether columns and header are right is seen at once. */
export function noteReading(print: Printer, { pairs, skipped, description }: PairReading): void {
  const [first] = pairs;
  const left = skipped > 0 ? `; ${count(skipped)} left out for an empty text` : "";
  print.note(`${description}: ${countOf(pairs.length, "pair")}${left}.`);
  if (!first) return;
  print.note(`The first: ${shortened(first.source)} -> ${shortened(first.target)}`);
  print.object({ event: "pairs", description, pairs: pairs.length, skipped, first });
}
