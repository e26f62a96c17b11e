import type { Command } from "commander";
import type { Pair, TableOptions } from "../data/index.js";
import { readPairTable, readParallelText } from "../data/index.js";
import { OptionError } from "../errors.js";
import { given } from "./options.js";

/** Which columns of a table are source and target. */
export interface ColumnOptions {
  sourceColumn?: string;
  targetColumn?: string;
}

/** How a command reads pairs to measure or to show. */
export interface PairOptions extends ColumnOptions {
  copies?: boolean;
}

export function withPairOptions(command: Command): Command {
  return command
    .option("--source-column <name>", "of a table: number from 1, or name in its first line (default: 1)")
    .option("--target-column <name>", "of a table: number from 1, or name in its first line (default: 2)")
    .option("--copies", "one file whose lines are source and target: for autoencoders");
}

/** The pairs that such options mean. */
export function pairsOf(files: readonly string[], options: PairOptions, flag: string): Promise<Pair[]> {
  const { sourceColumn, targetColumn } = options;
  return options.copies ? readLinesAsPairs(files, flag) : readPairs(files, given({ sourceColumn, targetColumn }), flag);
}

/** Reads pairs: two files are parallel texts, one is a table (TSV, or CSV by its name). */
export async function readPairs(files: readonly string[], options: ColumnOptions, flag: string): Promise<Pair[]> {
  const [first, second, ...more] = files;
  if (first === undefined || more.length > 0) {
    throw new OptionError(
      `${flag}: expected one table with two columns, or two files with as many lines, got ${files.length} files.`,
    );
  }
  const { sourceColumn, targetColumn } = options;
  if (second === undefined) return readPairTable(first, tableOptions(options));
  if (sourceColumn !== undefined || targetColumn !== undefined) {
    throw new OptionError(`${flag}: columns belong to a table, and these are two files of lines.`);
  }
  return readParallelText(first, second);
}

function tableOptions({ sourceColumn, targetColumn }: ColumnOptions): TableOptions {
  return given({ source: column(sourceColumn), target: column(targetColumn) });
}

/** A number counts columns from 1; anything else is a name in the first line. */
function column(text: string | undefined): number | string | undefined {
  if (text === undefined || !/^[0-9]+$/.test(text)) return text;
  if (Number(text) === 0) throw new OptionError("Columns are counted from 1.");
  return Number(text) - 1;
}

/** Lines as pairs with themselves. */
export async function readLinesAsPairs(files: readonly string[], flag: string): Promise<Pair[]> {
  const [file, ...more] = files;
  if (file === undefined || more.length > 0) throw new OptionError(`${flag}: expected one file, got ${files.length}.`);
  return (await readParallelText(file, file)).map(({ source, target }, i) => ({
    source,
    target,
    place: `${file}, line ${i + 1}`,
  }));
}
