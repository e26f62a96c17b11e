import type { Command } from "commander";
import type { PairReading } from "../data/index.js";
import { readParallelTexts, readTableOfPairs } from "../data/index.js";
import { OptionError } from "../errors.js";
import { given } from "./options.js";
import type { Printer } from "./print.js";
import { count, countOf, shortened } from "./print.js";
import type { Reading } from "./reading.js";
import { expectTable, readingLike, tableOptionsOf } from "./reading.js";
import { tableAmong, textColumnFor } from "./textFiles.js";

/** The pairs of files, read as the training of the model in a folder read its own unless the options say otherwise. */
export async function pairsLike(folder: string, files: readonly string[], command: Command): Promise<PairReading> {
  expectTable(command, files);
  const reading = await readingLike(folder, files, command);
  return reading.copies ? readCopies(files, reading, command.name()) : readPairs(files, reading, command.name());
}

/** Reads pairs: one file is a table, of several the first has the sources and each other one has targets. */
export async function readPairs(files: readonly string[], reading: Reading, owner: string): Promise<PairReading> {
  const [first, ...more] = files;
  if (first === undefined)
    throw new OptionError(`${owner}: expected a table, or files with as many lines, got no file.`);
  const { source, target, empty } = reading;
  const table = more.length > 0 ? tableAmong(files) : undefined;
  if (table !== undefined && !reading.plainText) {
    throw new OptionError(
      `${owner}: ${table} is a table by its name, and of several files each line is a text. Give one table, or --plain-text to ` +
        "read the files as they stand.",
    );
  }
  if (more.length > 0) return readParallelTexts(owner, files, given({ empty }));
  return readTableOfPairs(owner, first, { ...tableOptionsOf(reading), ...given({ source, target }) });
}

/** Pairs to learn from, or to measure while learning: one table, or two files. */
export async function readTrainingPairs(
  files: readonly string[],
  reading: Reading,
  owner: string,
): Promise<PairReading> {
  if (files.length <= 2) return reading.copies ? readCopies(files, reading, owner) : readPairs(files, reading, owner);
  throw new OptionError(
    `${owner}: expected one table with two columns, or two files with as many lines, got ${files.length} files.`,
  );
}

/** Lines, or the texts of a column, as pairs with themselves. */
async function readCopies(files: readonly string[], reading: Reading, owner: string): Promise<PairReading> {
  const [file, ...more] = files;
  if (file === undefined || more.length > 0) throw new OptionError(`${owner}: expected one file, got ${files.length}.`);
  const text = textColumnFor(files, reading, owner);
  if (text === undefined) return readParallelTexts(owner, [file, file], given({ empty: reading.empty }));
  return readTableOfPairs(owner, file, { ...tableOptionsOf(reading), source: text, target: text });
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
